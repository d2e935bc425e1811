import { Temporal } from 'temporal-polyfill';
import { Refusal, type Worker } from '@accord/core';
import { daysListed } from './order/asked-range.ts';
import { countDeltas, listUncounted } from './order/statistics-store.ts';

/** Adds what was counted since to the totals, so that statistics have few rows to sum up (ORD-23). */
export const counting: Worker = {
  name: 'statistics',
  everyMs: 1_000,
  due: listUncounted,
  run: (db) => db.transaction({ kind: 'system', id: 'statistics' }, countDeltas),
};

/**
 * The days of statistics, as those of a list: the last 7 where nothing is said, today included, and a year at
 * most.
 *
 * @throws Refusal `request.range_reversed`, `order.range_too_wide`.
 */
export function daysOf(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
  { now, timeZone }: { readonly now: Date; readonly timeZone: string },
): { from: string; to: string } {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate();
  const to = asked.to === undefined ? today : Temporal.PlainDate.from(asked.to);
  const from =
    asked.from === undefined ? to.subtract({ days: daysListed - 1 }) : Temporal.PlainDate.from(asked.from);
  const range = { from: from.toString(), to: to.toString() };
  if (Temporal.PlainDate.compare(from, to) > 0) throw new Refusal('invalid', 'request.range_reversed', range);
  if (Temporal.PlainDate.compare(to, from.add({ years: 1 })) >= 0)
    throw new Refusal('invalid', 'order.range_too_wide', range);
  return range;
}
