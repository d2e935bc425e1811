import { z } from 'zod';
import * as locales from 'zod/locales';
import type { Locale } from '@accord/core';
import { Problem, type Fault } from './problem.ts';

/** An example of each format, the same in any language. */
const examples: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  datetime: '2026-01-31T09:00:00Z',
  guid: '019b76da-a800-7000-8000-000000000001',
};

/** By their form alone, whether or not the calendar, or `GivenDayText`, has such a day. */
const dated: Readonly<Record<string, RegExp>> = {
  date: /^(\d{4})-\d{2}-\d{2}$/,
  datetime: /^(\d{4})-\d{2}-\d{2}T\d{2}:\d{2}/,
};
const isOutOfYears = (year: string) => !/^(19|20|21)/.test(year);

interface Between {
  readonly example: string;
  readonly alternatives: string;
  readonly years: string;
  readonly calendar: string;
}

/** Of a value that has the form of a date: what is wrong with it. */
function whyNoDate(format: string, input: unknown, { years, calendar }: Between): string | undefined {
  const year = typeof input === 'string' ? dated[format]?.exec(input)?.[1] : undefined;
  return year === undefined ? undefined : isOutOfYears(year) ? years : calendar;
}

const textOf = (said: ReturnType<z.core.$ZodErrorMap>) =>
  (typeof said === 'object' ? said?.message : said) ?? '';

/**
 * zod's words, and more where those help nobody: what a value may be where there are several kinds of it, and
 * an example of a format.
 */
const inWords =
  (zods: z.core.$ZodErrorMap, between: Between): z.core.$ZodErrorMap =>
  (issue) => {
    if (issue.code === 'invalid_format' && examples[issue.format]) {
      const why = whyNoDate(issue.format, issue.input, between);
      return (why ?? textOf(zods(issue))) + between.example + examples[issue.format];
    }
    if (issue.code !== 'invalid_union') return zods(issue);
    const { options, errors = [] } = issue as {
      options?: z.core.util.Primitive[];
      errors?: z.core.$ZodIssue[][];
    };
    if (options?.length) return zods({ ...issue, code: 'invalid_value', values: options });
    const alternatives = new Set(errors.flatMap(([first]) => first?.message ?? []));
    return alternatives.size > 0 ? [...alternatives].join(between.alternatives) : zods(issue);
  };

const settings = {
  en: {
    error: inWords(locales.en().localeError, {
      example: ', for example ',
      alternatives: '; or: ',
      years: 'Out of the years 1900 to 2199',
      calendar: 'No such day or time, or no offset',
    }),
  },
  'zh-CN': {
    error: inWords(locales.zhCN().localeError, {
      example: '，例如 ',
      alternatives: '；或：',
      years: '超出 1900 至 2199 年的范围',
      calendar: '不存在的日期或时间，或缺少时区偏移',
    }),
  },
};
const nothing = z.strictObject({});

const escaped = (segment: PropertyKey) => String(segment).replaceAll('~', '~0').replaceAll('/', '~1');
export const pointer = (path: readonly PropertyKey[]) =>
  path.map((segment) => `/${escaped(segment)}`).join('');

/**
 * A rule of ours says itself in Chinese, too: `.refine(…, { message: 'names each once', params: { 'zh-CN':
 * '…' } })`. One that no schema can say, such as which of two times is the later, adds `beyondSchema: true`: the
 * request fits its description all the same, and its refusal has the status of the domain's.
 */
const detailOf = (issue: z.core.$ZodIssue, locale: Locale): string =>
  (issue.code === 'custom' && (issue.params?.[locale] as string | undefined)) || issue.message;

const isBeyondSchema = (issue: z.core.$ZodIssue): boolean =>
  issue.code === 'custom' && issue.params?.['beyondSchema'] === true;

const mostFaults = 50;
const longestPointer = 200;
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most)}…` : text);
const unknownField = { en: 'Nobody knows this field.', 'zh-CN': '无法识别的字段。' };

/** The answer stays small whatever was asked: of many faults the first, and what is named in them cut. */
const faultsOf = (error: z.ZodError, part: Fault['in'], locale: Locale): Fault[] =>
  error.issues
    .slice(0, mostFaults)
    .flatMap((issue): Fault[] => {
      const at = (path: readonly PropertyKey[], detail: string) => ({
        in: part,
        pointer: cut(pointer(path), longestPointer),
        detail: cut(detail, 2 * longestPointer),
      });
      if (issue.code !== 'unrecognized_keys') return [at(issue.path, detailOf(issue, locale))];
      return issue.keys.slice(0, mostFaults).map((key) => at([...issue.path, key], unknownField[locale]));
    })
    .slice(0, mostFaults);

export const noText = {
  en: 'U+0000, control characters in a path, and halves of a surrogate pair are no text.',
  'zh-CN': 'U+0000、路径中的控制字符以及不成对的代理项不是文本。',
};

/** The refusal of a request for a fault at one place (API-2). */
export const invalid = (part: Fault['in'], at: string, detail: Fault['detail'], cause?: unknown) =>
  new Problem(400, 'request.invalid', {}, { cause, faults: [{ in: part, pointer: at, detail }] });

type Parse = (value: unknown, locale: Locale) => unknown;

/**
 * @returns a function that gives what the schema makes of a value, and throws Problem `request.invalid` naming
 * every fault (API-2): 400, or 422 where all of them are beyond what a schema says.
 */
export function parserOf(schema: z.ZodType | undefined, part: Fault['in']): Parse {
  const strict = schema ?? nothing;
  return (value, locale) => {
    let parsed: ReturnType<typeof strict.safeParse>;
    try {
      parsed = strict.safeParse(value, settings[locale]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalid(part, '', { en: 'Nested too deeply.', 'zh-CN': '嵌套过深。' }, error);
    }
    if (parsed.success) return schema && parsed.data;
    const status = parsed.error.issues.every(isBeyondSchema) ? 422 : 400;
    throw new Problem(status, 'request.invalid', {}, { faults: faultsOf(parsed.error, part, locale) });
  };
}

const isControl = /[\p{Cc}]/u;

/** @throws Problem 400 where a value of the path or the query holds a control character. */
export function checkPlain(values: Readonly<Record<string, unknown>>, part: 'path' | 'query'): void {
  for (const [name, value] of Object.entries(values)) {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    if (texts.some((text) => typeof text === 'string' && isControl.test(text)) || isControl.test(name))
      throw invalid(part, pointer([name]), noText);
  }
}

const undecodable = { en: 'No percent-encoding of UTF-8.', 'zh-CN': '不是 UTF-8 的百分号编码。' };

/** Undefined where a text is no percent-encoding of UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * A parser that takes what it can of a broken encoding would answer something else than was asked.
 *
 * @param target path and query, as they came.
 * @throws Problem 400 where one of them is no percent-encoding of UTF-8.
 */
export function checkEncoding(target: string): void {
  if (!target.includes('%')) return;
  const [path, ...queries] = target.split('?') as [string, ...string[]];
  if (decoded(path) === undefined) throw invalid('path', '', undecodable);
  const query = queries.join('?');
  if (decoded(query) !== undefined) return;
  const broken = query.split('&').find((pair) => decoded(pair) === undefined)!;
  throw invalid('query', pointer([decoded(broken.split('=')[0]!) ?? '']), undecodable);
}
