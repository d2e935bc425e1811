import { Temporal } from 'temporal-polyfill';

/** A time as it is ordered: so many minutes, or calendar months or years. */
interface CalendarDuration {
  readonly value: number;
  readonly unit: 'minute' | 'month' | 'year';
}

/**
 * When a time that begins at `start` is over by the calendar and the clocks of `timeZone`: a month from
 * 31 January is over on the last day of February, at the same time of day.
 */
export function calendarEnd(start: Date, { value, unit }: CalendarDuration, timeZone: string): Date {
  const begin = Temporal.Instant.fromEpochMilliseconds(start.getTime()).toZonedDateTimeISO(timeZone);
  return new Date(begin.add({ [`${unit}s`]: value }).epochMilliseconds);
}
