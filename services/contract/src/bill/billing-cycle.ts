import { Temporal } from 'temporal-polyfill';

const localDate = (timeZone: string, at: Date): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate();

/** The first moment of the day, also where midnight comes twice or never. */
const startOf = (day: Temporal.PlainDate, timeZone: string) =>
  new Date(day.toZonedDateTime(timeZone).epochMilliseconds);

/** The calendar month that `at` is in, from its first instant to the first of the next. */
export function billingCycle(timeZone: string, at: Date): { start: Date; end: Date } {
  return monthSpan(timeZone, localDate(timeZone, at).toPlainYearMonth().toString());
}

/** A calendar month, `2026-01`, from its first instant to the first of the next. */
export function monthSpan(timeZone: string, month: string): { start: Date; end: Date } {
  const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  return { start: startOf(first, timeZone), end: startOf(first.add({ months: 1 }), timeZone) };
}

/** The year that a contract number carries (API-10). */
export const yearIn = (timeZone: string, at: Date): number => localDate(timeZone, at).year;
