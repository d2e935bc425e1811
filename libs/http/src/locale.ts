import type { Locale } from '@accord/core';

interface Range {
  readonly tag: string;
  readonly weight: number;
}

/** `zh-TW;q=0.8`; a weight that is no number of RFC 9110 is none. */
function rangeOf(range: string): Range {
  const [tag = '', ...parameters] = range.toLowerCase().split(';');
  const weight = parameters.flatMap((one) => /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(one)?.[1] ?? [])[0];
  return { tag: tag.trim(), weight: weight === undefined ? 1 : Math.min(Number(weight), 1) };
}

/** A language that nobody named, nor `*` for all others, is still better than one that is not wanted. */
const unnamed = 0.000_1;

/**
 * Of an Accept-Language header (RFC 9110): the best weighted language that is spoken here, of two alike the one
 * that is named first; English where that says nothing (API-16). `*` is any language that is not named.
 */
export function localeOf(header: string | undefined): Locale {
  if (!header) return 'en';
  const ranges = header.slice(0, 500).split(',').map(rangeOf);
  const any = ranges.find(({ tag }) => tag === '*')?.weight;
  const of = (language: string) => {
    const named = ranges.filter(({ tag }) => tag === language || tag.startsWith(`${language}-`));
    const weight = named.length > 0 ? Math.max(...named.map((range) => range.weight)) : (any ?? unnamed);
    const place = ranges.findIndex((range) => named.includes(range));
    return { weight, place: place < 0 ? ranges.length : place };
  };
  const [english, chinese] = [of('en'), of('zh')];
  if (chinese.weight !== english.weight) return chinese.weight > english.weight ? 'zh-CN' : 'en';
  return chinese.place < english.place ? 'zh-CN' : 'en';
}
