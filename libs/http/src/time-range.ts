import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { Refusal } from '@accord/core';
import { GivenDayText, GivenMomentText } from '@accord/events/given-time';

const Bound = z.union([GivenMomentText, GivenDayText]);

/** ORD-15, to spread into a query's strictObject; `timeRange` reads it. */
export const rangeQuery = {
  from: Bound.optional().meta({
    description: 'The first moment, with its offset, or the first day where the provider is.',
  }),
  to: Bound.optional().meta({
    description: 'The last moment, with its offset, or the last day where the provider is. It is included.',
  }),
};

/** From its first moment to before its end; undefined where it is open. */
interface TimeRange {
  readonly from: Date | undefined;
  readonly before: Date | undefined;
}

/**
 * A moment is in milliseconds, and included; a date is that whole day in `timeZone`, however long it was: from
 * its first moment to behind its last, also where midnight came twice or never. A day that a zone left out has
 * no moment.
 *
 * @throws Refusal `request.range_reversed`.
 */
export function timeRange(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  timeZone: string,
): TimeRange {
  const range = {
    from: from === undefined ? undefined : isDate(from) ? startOfDay(from, timeZone) : new Date(from),
    before: to === undefined ? undefined : isDate(to) ? endOfDay(to, timeZone) : after(new Date(to)),
  };
  if (from !== undefined && to !== undefined && isReversed(from, to, range))
    throw new Refusal('invalid', 'request.range_reversed', { from, to });
  return range;
}

const isDate = (text: string) => !text.includes('T');
const after = (moment: Date) => new Date(moment.getTime() + 1);

const isReversed = (from: string, to: string, range: TimeRange) =>
  isDate(from) && isDate(to) ? from > to : range.from! >= range.before!;

const asDate = ({ epochMilliseconds }: Temporal.ZonedDateTime) => new Date(epochMilliseconds);

const startOfDay = (date: string, timeZone: string) =>
  asDate(Temporal.PlainDate.from(date).toZonedDateTime(timeZone));

/** Clocks that are set back over midnight bring a day back that had ended: its last moment is the later one. */
function endOfDay(date: string, timeZone: string): Date {
  const day = Temporal.PlainDate.from(date);
  const next = day.add({ days: 1 });
  const midnight = next.toPlainDateTime().toZonedDateTime(timeZone, { disambiguation: 'later' });
  const isBehind = midnight.subtract({ milliseconds: 1 }).toPlainDate().equals(day);
  return asDate(isBehind ? midnight : next.toZonedDateTime(timeZone));
}
