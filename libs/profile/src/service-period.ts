import { Temporal } from 'temporal-polyfill';
import type { Profile } from './schema.ts';

// How much of a service period is used, and how long a term is, on the clock of the provider (RFD-6, RFD-8).

export interface Period {
  /** Instants, RFC 3339. */
  readonly start: string;
  readonly end: string;
}

/** Whole units of a period, of which `used` are used; `total` is at least 1. */
export interface Units {
  readonly used: number;
  readonly total: number;
}

interface Clock {
  readonly timeZone: string;
}
type Local = Temporal.ZonedDateTime;

/**
 * RFD-6: the part of a period that is used at `at`. A period not yet begun is unused, an ended one all used.
 * Days are counted from the period's own local time of day, and a started one counts whole; of hours, both ends
 * are floored to the local hour. An end told as the last second of its hour is the end of that hour.
 */
export function usedOf(
  period: Period,
  at: Date,
  { unit, timeZone }: Clock & { unit: Profile['refunds']['consumption'] },
): Units {
  const [start, told, now] = [period.start, period.end, at].map((instant) => localOf(instant, timeZone)) as [
    Local,
    Local,
    Local,
  ];
  const between = unit === 'day' ? startedDays : wholeHours;
  const total = Math.max(between(start, endOfUnit(told)), 1);
  if (!isBefore(now, told)) return { used: total, total };
  return { used: isBefore(start, now) ? Math.min(between(start, now), total) : 0, total };
}

/**
 * ORD-24: when the part of a period begins that is not used at `at`, which is exactly the units that remain: a
 * started day is over first. The period's own start where it has not begun.
 */
export function restOf(
  period: Period,
  at: Date,
  { unit, timeZone }: Clock & { unit: Profile['refunds']['consumption'] },
): Date {
  const { used } = usedOf(period, at, { unit, timeZone });
  const start = localOf(period.start, timeZone);
  if (used === 0) return new Date(period.start);
  const rest = unit === 'day' ? start.add({ days: used }) : floored(start).add({ hours: used });
  return new Date(rest.epochMilliseconds);
}

function startedDays(from: Local, to: Local): number {
  const { days } = from.until(to, { largestUnit: 'days' });
  return days + (isBefore(from.add({ days }), to) ? 1 : 0);
}

const wholeHours = (from: Local, to: Local): number =>
  Math.floor((floored(to).epochMilliseconds - floored(from).epochMilliseconds) / 3_600_000);

const floored = (local: Local): Local => local.round({ smallestUnit: 'hour', roundingMode: 'floor' });

const endOfUnit = (end: Local): Local =>
  end.minute === 59 && end.second === 59 ? floored(end).add({ hours: 1 }) : end;

export interface Duration {
  readonly value: number;
  readonly unit: 'minute' | 'month' | 'year';
}

/**
 * RFD-8: the whole months of a term. An order's own `duration` says them, whatever second its end was told for;
 * of minutes, and where an order has none, it is the months of the calendar that the period spans.
 */
export function monthsOf(duration: Duration | null, period: Period, { timeZone }: Clock): number {
  if (duration?.unit === 'year') return duration.value * 12;
  if (duration?.unit === 'month') return duration.value;
  const start = localOf(period.start, timeZone);
  const end = duration ? start.add({ minutes: duration.value }) : endOfUnit(localOf(period.end, timeZone));
  const { months } = start.until(end, { largestUnit: 'months' });
  return isBefore(end, start.add({ months: months + 1 })) ? months : months + 1; // 31 January to 28 February
}

/** Whether no more than `months` of a period were over at `at`; their last instant still counts. */
export const isWithinMonths = (
  { start }: Pick<Period, 'start'>,
  at: Date,
  { months, timeZone }: Clock & { months: number },
): boolean => !isBefore(localOf(start, timeZone).add({ months }), localOf(at, timeZone));

const localOf = (instant: string | Date, timeZone: string): Local =>
  Temporal.Instant.fromEpochMilliseconds(new Date(instant).getTime()).toZonedDateTimeISO(timeZone);

const isBefore = (a: Local, b: Local): boolean => a.epochMilliseconds < b.epochMilliseconds;
