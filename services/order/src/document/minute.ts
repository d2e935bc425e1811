/** `2026-03-01 10:00` on the clock of a time zone, as paper shows times (ORD-18). */
export function minuteWriter(timeZone: string): (moment: Date) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (moment) => format.format(moment);
}
