import { calendarEnd } from './calendar.ts';

describe('calendarEnd', () => {
  test.each([
    ['2026-01-10T03:00:00Z', { value: 1, unit: 'month' }, 'Asia/Shanghai', '2026-02-10T03:00:00.000Z'],
    ['2026-01-31T03:00:00Z', { value: 1, unit: 'month' }, 'Asia/Shanghai', '2026-02-28T03:00:00.000Z'],
    // 31 January in Shanghai is the 30th in UTC.
    ['2026-01-30T20:00:00Z', { value: 1, unit: 'month' }, 'Asia/Shanghai', '2026-02-27T20:00:00.000Z'],
    ['2028-02-29T00:00:00Z', { value: 1, unit: 'year' }, 'UTC', '2029-02-28T00:00:00.000Z'],
    ['2026-03-20T12:00:00Z', { value: 1, unit: 'month' }, 'Europe/Berlin', '2026-04-20T11:00:00.000Z'],
    ['2026-03-28T12:00:00Z', { value: 1440, unit: 'minute' }, 'Europe/Berlin', '2026-03-29T12:00:00.000Z'],
  ] as const)('ORD-26 %s and %j in %s end at %s', (start, duration, timeZone, end) => {
    expect(calendarEnd(new Date(start), duration, timeZone).toISOString()).toBe(end);
  });
});
