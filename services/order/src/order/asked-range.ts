import { Temporal } from 'temporal-polyfill';
import { Refusal } from '@accord/core';
import type { OrderFilter, Range } from './order-list.ts';

interface AskedRange extends Pick<OrderFilter, 'orderId' | 'instanceIds' | 'from' | 'before'> {
  readonly timeZone: string;
}

/**
 * The time range of a list (ORD-15): the last 7 days where nothing is said, as those of statistics, and a year at
 * most, both by the calendar of `timeZone`. An order id or instance ids ignore it, for they name the orders.
 *
 * @throws Refusal `order.range_too_wide`.
 */
export function rangeOf(asked: AskedRange, now: Date): Range {
  if (asked.orderId || asked.instanceIds) return { from: undefined, before: undefined };
  const before = asked.before ?? new Date(now.getTime() + 1);
  const last = new Date(before.getTime() - 1);
  const from = asked.from ?? dayBefore(last, daysListed - 1, asked.timeZone);
  if (last > moved(from, { years: 1 }, asked.timeZone))
    throw new Refusal('invalid', 'order.range_too_wide', {
      from: from.toISOString(),
      to: last.toISOString(),
    });
  return { from, before };
}

/** ORD-15, ORD-23: so many days where nothing is said, today and those before it, each of them whole. */
export const daysListed = 7;

const zoned = (moment: Date, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone);

/** The first moment of the day that was so many days before. */
const dayBefore = (moment: Date, days: number, timeZone: string) =>
  new Date(zoned(moment, timeZone).subtract({ days }).startOfDay().epochMilliseconds);

const moved = (moment: Date, by: Temporal.DurationLike, timeZone: string) =>
  new Date(zoned(moment, timeZone).add(by).epochMilliseconds);
