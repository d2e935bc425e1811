import { Temporal } from 'temporal-polyfill';
import { zoneOr } from '../notice/filters.ts';

/**
 * Times of the reader's own clock, `22:00`, between which messages that may wait do so; over midnight where `to` is
 * earlier.
 */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
}

/**
 * The end of the quiet hours that `now` lies in; undefined outside of them. It is later than `now` also where the clock
 * of the zone is put forward over it, or shows it twice.
 *
 * @param timeZone IANA name; one that does not exist is read as UTC.
 */
export function quietUntil(now: Date, { from, to }: QuietHours, timeZone: string): Date | undefined {
  const local = Temporal.Instant.fromEpochMilliseconds(+now).toZonedDateTimeISO(zoneOr(timeZone));
  const [time, start, end] = [
    local.toPlainTime(),
    Temporal.PlainTime.from(from),
    Temporal.PlainTime.from(to),
  ];
  const isFrom = (at: Temporal.PlainTime) => Temporal.PlainTime.compare(time, at) >= 0;
  const isOverMidnight = Temporal.PlainTime.compare(start, end) > 0;
  const isQuiet = isOverMidnight ? isFrom(start) || !isFrom(end) : isFrom(start) && !isFrom(end);
  if (!isQuiet) return undefined;
  const day = local.toPlainDate().add({ days: isOverMidnight && isFrom(start) ? 1 : 0 });
  const endAs = (disambiguation: 'compatible' | 'later') =>
    day.toPlainDateTime(end).toZonedDateTime(local.timeZoneId, { disambiguation }).epochMilliseconds;
  const first = endAs('compatible');
  return new Date(first > +now ? first : endAs('later'));
}
