import type { Locale } from '@accord/core';

/**
 * Of an Accept-Language header (RFC 9110): the first of the best weighted that is spoken here; English where
 * none is (API-16).
 */
export function localeOf(header: string | undefined): Locale {
  if (!header) return 'en';
  const ranges = header
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
      const weight = parameters
        .map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1])
        .find((found) => found !== undefined);
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => weight > 0 && /^(en|zh)(-|$)/.test(tag))
    .sort((a, b) => b.weight - a.weight);
  return ranges[0]?.tag.startsWith('zh') ? 'zh-CN' : 'en';
}
