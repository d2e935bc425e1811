import type { Report } from './audit.ts';
import type { Difference } from './check.ts';

/** How often each rule is broken. */
export const countsOf = (differences: readonly Difference[]): Map<string, number> =>
  new Map([...Map.groupBy(differences, ({ rule }) => rule)].map(([rule, ofRule]) => [rule, ofRule.length]));

/** The report a person reads: a line for each difference that is broken, then a summary. */
export function asText(report: Report): string[] {
  const { broken, moving, aggregates, messages, unreadable, tookMs } = report;
  const counts = [...countsOf(broken)].map(([rule, count]) => `${rule}: ${count}`).join(', ');
  const strange = unreadable > 0 ? ` (${unreadable} of them no events)` : '';
  const seconds = (tookMs / 1_000).toFixed(1);
  const seen = `${aggregates} aggregates and ${messages} messages${strange} in ${seconds} s`;
  return [
    ...broken.map(
      ({ rule, id, found, mends, says }) =>
        `${rule.padEnd(6)}  ${id}  ${found}  [${says}; ${mends} mends it]`,
    ),
    broken.length === 0
      ? `Nothing is broken, ${moving.length} are moving; ${seen}.`
      : `${broken.length} are broken (${counts}), ${moving.length} are moving; ${seen}.`,
  ];
}

/** The report a program reads: a JSON line for each, the summary last. */
export function asJson({ broken, moving, ...summary }: Report): string[] {
  const lines = broken.map(({ mark: _mark, ...difference }) => JSON.stringify(difference));
  return [
    ...lines,
    JSON.stringify({
      broken: broken.length,
      moving: moving.length,
      byRule: Object.fromEntries(countsOf(broken)),
      ...summary,
    }),
  ];
}
