/** Milliseconds that clocks in `timeZone` are ahead of UTC at `at`. */
function offsetMs(timeZone: string, at: Date): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  return local - Math.trunc(at.getTime() / 1000) * 1000;
}

const localDate = (timeZone: string, at: Date) => new Date(at.getTime() + offsetMs(timeZone, at));

/** The instant when a month, counted from 0 and on into later years, begins in `timeZone`. */
function monthStart(timeZone: string, year: number, month: number): Date {
  const wanted = Date.UTC(year, month, 1);
  const guess = new Date(wanted - offsetMs(timeZone, new Date(wanted)));
  return new Date(wanted - offsetMs(timeZone, guess));
}

/** The calendar month that `at` is in, from its first instant to the first of the next. */
export function billingCycle(timeZone: string, at: Date): { start: Date; end: Date } {
  const local = localDate(timeZone, at);
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth()];
  return { start: monthStart(timeZone, year, month), end: monthStart(timeZone, year, month + 1) };
}

/** The year that a contract number carries (API-10). */
export const yearIn = (timeZone: string, at: Date): number => localDate(timeZone, at).getUTCFullYear();
