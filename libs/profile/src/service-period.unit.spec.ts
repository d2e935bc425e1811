import { isWithinMonths, monthsOf, restOf, usedOf } from './index.ts';

const shanghai = 'Asia/Shanghai';
const used = (start: string, end: string, at: string, unit: 'day' | 'hour', timeZone = shanghai) =>
  usedOf({ start, end }, new Date(at), { unit, timeZone });

describe('RFD-6 hours: both ends floored to the local hour, a last second is the end of its hour', () => {
  test.each([
    ['10:30 to the last second of a day', '2026-01-01T10:30:00+08:00', '2026-02-01T23:59:59+08:00', 758],
    ['with a fraction', '2026-01-01T10:30:00+08:00', '2026-02-01T23:59:59.999+08:00', 758],
    ['the last second of any hour', '2026-01-01T10:30:00+08:00', '2026-01-01T14:59:59+08:00', 5],
    ['a second before that is none', '2026-01-01T10:30:00+08:00', '2026-01-01T14:59:58+08:00', 4],
    ['full hours', '2026-01-10T11:00:00+08:00', '2026-02-10T11:00:00+08:00', 744],
    ['less than an hour', '2026-01-10T11:10:00+08:00', '2026-01-10T11:50:00+08:00', 1],
  ])('%s', (_, start, end, total) => {
    expect(used(start, end, start, 'hour')).toEqual({ used: 0, total });
    expect(used(start, end, end, 'hour')).toEqual({ used: total, total });
  });

  test('344 of 758', () => {
    const at = '2026-01-15T18:45:00+08:00';
    expect(used('2026-01-01T10:30:00+08:00', '2026-02-01T23:59:59+08:00', at, 'hour')).toEqual({
      used: 344,
      total: 758,
    });
  });

  test('the hour is that of the profile’s zone, half an hour off or not', () => {
    const period = ['2026-01-01T00:10:00Z', '2026-01-02T00:10:00Z'] as const;
    // 05:40 in Kolkata begins its hour at 05:00, half past in UTC.
    expect(used(...period, '2026-01-01T00:29:59Z', 'hour', 'Asia/Kolkata').used).toBe(0);
    expect(used(...period, '2026-01-01T00:30:00Z', 'hour', 'Asia/Kolkata').used).toBe(1);
    expect(used(...period, '2026-01-01T00:30:00Z', 'hour', 'UTC').used).toBe(0);
  });

  test.each([
    ['spring has 23', '2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00', 23],
    ['autumn has 25', '2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00', 25],
  ])('in a zone with summer time a day in %s', (_, start, end, total) => {
    expect(used(start, end, start, 'hour', 'Europe/Berlin').total).toBe(total);
  });
});

describe('RFD-6 days: from the period’s own local time of day, a started one counts whole', () => {
  test.each([
    [
      'the day that the clocks go forward is one',
      '2026-03-28T10:00:00+01:00',
      '2026-03-30T10:00:00+02:00',
      2,
    ],
    ['the day that they go back is one', '2026-10-24T10:00:00+02:00', '2026-10-26T10:00:00+01:00', 2],
    ['told as the last second', '2026-03-01T00:00:00+01:00', '2026-03-31T23:59:59+02:00', 31],
    ['a second more is another', '2026-03-28T10:00:00+01:00', '2026-03-30T10:00:01+02:00', 3],
  ])('in a zone with summer time %s', (_, start, end, total) => {
    expect(used(start, end, start, 'day', 'Europe/Berlin')).toEqual({ used: 0, total });
  });

  test('a year over both changes of the clocks has 365, and its months as many as the calendar says', () => {
    const year = ['2026-01-10T09:00:00Z', '2027-01-10T09:00:00Z'] as const;
    expect(used(...year, '2026-07-10T08:00:00Z', 'day', 'Europe/Berlin')).toEqual({ used: 181, total: 365 });
    expect(used(...year, '2026-07-10T08:00:00.001Z', 'day', 'Europe/Berlin').used).toBe(182);
  });

  test('bought 10 January 11:00, 16 January 15:00: 7 of 31', () => {
    const at = '2026-01-16T15:00:00+08:00';
    expect(used('2026-01-10T11:00:00+08:00', '2026-02-10T11:00:00+08:00', at, 'day')).toEqual({
      used: 7,
      total: 31,
    });
  });

  test('an end told a second short is reached when it says so', () => {
    expect(
      used('2026-01-01T00:00:00+08:00', '2026-01-31T23:59:59+08:00', '2026-01-31T23:59:59+08:00', 'day'),
    ).toEqual({ used: 31, total: 31 });
  });
});

describe('RFD-8 the months of a term', () => {
  const months = (duration: Parameters<typeof monthsOf>[0], start = '2026-01-10T00:00:00Z', end = start) =>
    monthsOf(duration, { start, end }, { timeZone: shanghai });

  test.each([
    [{ value: 1, unit: 'year' }, 12],
    [{ value: 3, unit: 'year' }, 36],
    [{ value: 1, unit: 'month' }, 1],
    [{ value: 12, unit: 'month' }, 12],
    [{ value: 31 * 24 * 60, unit: 'minute' }, 1],
    [{ value: 365 * 24 * 60, unit: 'minute' }, 12],
    [{ value: 30, unit: 'minute' }, 0],
  ] as const)('%j is %i', (duration, expected) => {
    expect(months(duration)).toBe(expected);
  });

  test.each([
    ['2026-01-10T00:00:00Z', '2026-02-10T00:00:00Z', 1],
    ['2026-01-10T00:00:00+08:00', '2026-02-09T23:59:59+08:00', 1],
    ['2024-02-29T00:00:00+08:00', '2025-02-28T00:00:00+08:00', 12],
    ['2026-01-31T00:00:00+08:00', '2026-02-28T00:00:00+08:00', 1],
    ['2026-01-10T00:00:00Z', '2026-02-09T00:00:00Z', 0],
  ])('without a duration, from %s to %s are %i', (start, end, expected) => {
    expect(months(null, start, end)).toBe(expected);
  });

  test('the last instant of a step still counts', () => {
    const within = (at: string) =>
      isWithinMonths({ start: '2026-01-31T10:00:00+08:00' }, new Date(at), { months: 1, timeZone: shanghai });
    expect(within('2026-02-28T10:00:00+08:00')).toBe(true);
    expect(within('2026-02-28T10:00:00.001+08:00')).toBe(false);
  });
});

describe('ORD-24 the rest of a period is exactly the units that remain', () => {
  const [start, end] = ['2026-01-10T11:00:00+08:00', '2026-02-10T11:00:00+08:00'];
  test.each([
    ['not begun', '2026-01-09T00:00:00+08:00', 'day', '2026-01-10T03:00:00.000Z', 31],
    ['a started day is over first', '2026-01-12T23:00:00+08:00', 'day', '2026-01-13T03:00:00.000Z', 28],
    ['at the end of a day', '2026-01-13T11:00:00+08:00', 'day', '2026-01-13T03:00:00.000Z', 28],
    ['hours from the local hour', '2026-01-12T23:40:00+08:00', 'hour', '2026-01-12T15:00:00.000Z', 684],
  ] as const)('%s', (_, at, unit, rest, remaining) => {
    const rules = { unit, timeZone: shanghai };
    const { used: over, total } = usedOf({ start, end }, new Date(at), rules);
    expect([total - over, restOf({ start, end }, new Date(at), rules).toISOString()]).toEqual([
      remaining,
      rest,
    ]);
    expect(usedOf({ start: rest, end }, new Date(rest), rules)).toEqual({ used: 0, total: remaining });
  });

  test('over a change of the clocks a day is a day', () => {
    const period = { start: '2026-03-28T00:30:00Z', end: '2026-04-28T00:30:00+02:00' };
    const rules = { unit: 'day' as const, timeZone: 'Europe/Berlin' };
    expect(restOf(period, new Date('2026-03-29T12:00:00Z'), rules).toISOString()).toBe(
      '2026-03-29T23:30:00.000Z',
    );
  });
});
