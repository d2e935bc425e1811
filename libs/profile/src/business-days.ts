import { Temporal } from 'temporal-polyfill';
import type { Profile } from './schema.ts';

/**
 * The end of the n-th business day after the day of `from`, both days taken in the time zone of the profile's
 * ticket hours. A ticket of Friday is due on Monday at 18:00, whatever the hour it came in (CTR-24).
 *
 * @throws RangeError where `businessDays` is no positive whole number.
 */
export function businessDayEnd(profile: Pick<Profile, 'tickets'>, from: Date, businessDays: number): Date {
  if (!Number.isSafeInteger(businessDays) || businessDays < 1)
    throw new RangeError(`profile: no ${String(businessDays)} business days`);
  const { days, to, timeZone, holidays, makeUpWorkdays } = profile.tickets;
  const isBusinessDay = (day: Temporal.PlainDate) =>
    (days.includes(day.dayOfWeek) && !holidays.includes(day.toString())) ||
    makeUpWorkdays.includes(day.toString());

  let day = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(timeZone).toPlainDate();
  for (let left = businessDays; left > 0;) {
    day = day.add({ days: 1 });
    if (isBusinessDay(day)) left -= 1;
  }
  return new Date(day.toZonedDateTime({ timeZone, plainTime: to }).epochMilliseconds);
}

/** The profile's list of holidays and make-up workdays ends within 90 days of `now`, or has ended. */
export function holidaysEndSoon(profile: Pick<Profile, 'tickets'>, now: Date): boolean {
  const { listedUntil, timeZone } = profile.tickets;
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate();
  return today.until(listedUntil).days <= 90;
}
