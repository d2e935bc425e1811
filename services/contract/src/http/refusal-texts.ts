import type { Locale, RefusalCode } from '@accord/core';
import type { RefusedOrder } from '../contract/contract.ts';
import type { Objection } from '../objections.ts';
import { problems } from './problems.ts';

/**
 * Why an order, or a whole application, is refused, in the reader's language (CTR-3, API-16): as its problem
 * says, short where not all is known that it names.
 */
export function textOf(refused: RefusedOrder | Objection, locale: Locale): string {
  const { title, detail } = (problems[refused.code as RefusalCode] ??
    problems['contract.application_refused']!)[locale];
  const facts: Record<string, unknown> = { ...refused, ...('unprintable' in refused && refused.unprintable) };
  const names = [...detail.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  if (!names.every((name) => facts[name])) return title;
  return detail.replaceAll(/\{(\w+)\}/g, (_, name: string) => [facts[name]].flat().join(', '));
}
