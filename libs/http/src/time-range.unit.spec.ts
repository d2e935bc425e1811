import { z } from 'zod';
import { rangeQuery, timeRange } from './time-range.ts';

const day = (date: string, timeZone: string) => timeRange({ from: date, to: date }, timeZone);
const range = (from: string, before: string) => ({ from: new Date(from), before: new Date(before) });

describe('ORD-15 a date alone is that whole local day', () => {
  test.each([
    ['Asia/Shanghai', '2026-01-01', '2025-12-31T16:00:00Z', '2026-01-01T16:00:00Z'],
    ['UTC', '2028-02-29', '2028-02-29T00:00:00Z', '2028-03-01T00:00:00Z'],
    // Summer time ends at 01:00: midnight comes twice, and the day before ends at the first.
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['America/Havana', '2026-10-31', '2026-10-31T04:00:00Z', '2026-11-01T04:00:00Z'],
    ['Atlantic/Azores', '2026-10-25', '2026-10-25T00:00:00Z', '2026-10-26T01:00:00Z'],
    // Summer time begins at 00:00: midnight never comes.
    ['America/Havana', '2026-03-08', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00Z', '2026-03-29T21:00:00Z'],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', '2018-11-05T02:00:00Z'],
    ['America/Sao_Paulo', '2018-11-03', '2018-11-03T03:00:00Z', '2018-11-04T03:00:00Z'],
    ['America/Toronto', '1919-03-31', '1919-03-31T04:30:00Z', '1919-04-01T04:00:00Z'],
    // Summer time ends at 00:00: the last hour of the day comes twice.
    ['Asia/Beirut', '2026-10-24', '2026-10-23T21:00:00Z', '2026-10-24T22:00:00Z'],
    // At 00:01, so that a day that had begun ends, the one before comes back, and it begins anew.
    ['America/St_Johns', '2010-11-06', '2010-11-06T02:30:00Z', '2010-11-07T03:30:00Z'],
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30:00Z', '2010-11-08T03:30:00Z'],
    // The zone moved over the date line.
    ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00Z', '2011-12-31T10:00:00Z'],
    ['Pacific/Kwajalein', '1993-08-21', '1993-08-21T12:00:00Z', '1993-08-21T12:00:00Z'],
  ])('%s %s', (timeZone, date, from, before) => {
    expect(day(date, timeZone)).toEqual(range(from, before));
    const inside = `from its first to its last minute that clocks there show as ${date}`;
    expect([inside, ...edges(timeZone, date, Date.parse(from))]).toEqual([
      inside,
      ...(from === before ? [] : [Date.parse(from), Date.parse(before) - 60_000]),
    ]);
  });
});

/** The first and the last minute around `near` that clocks in the zone show as `date`. */
function edges(timeZone: string, date: string, near: number): number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone });
  const minutes = Array.from({ length: 80 * 60 }, (_, i) => near + (i - 24 * 60) * 60_000);
  const shown = minutes.filter((minute) => clock.format(minute) === date);
  return shown.length === 0 ? [] : [shown[0]!, shown.at(-1)!];
}

test('ORD-15 a moment is included to its millisecond, whatever its offset; an end that is open stays open', () => {
  expect(timeRange({}, 'UTC')).toEqual({ from: undefined, before: undefined });
  expect(timeRange({ from: '2026-01-01' }, 'UTC')).toEqual({
    from: new Date('2026-01-01T00:00:00Z'),
    before: undefined,
  });
  const moment = '2026-01-01T08:00:00.250+08:00';
  expect(timeRange({ from: moment, to: moment }, 'UTC')).toEqual(
    range('2026-01-01T00:00:00.250Z', '2026-01-01T00:00:00.251Z'),
  );
  expect(timeRange({ from: moment, to: '2026-01-01' }, 'Asia/Shanghai')).toEqual(
    range('2026-01-01T00:00:00.250Z', '2026-01-01T16:00:00Z'),
  );
});

test.each([
  ['2026-01-02', '2026-01-01'],
  ['2010-11-07', '2010-11-06'],
  ['2026-01-01T00:00:00.001Z', '2026-01-01T00:00:00.000Z'],
  ['2026-01-02T03:30:00Z', '2026-01-01'],
])('ORD-15 a range from %s to %s ends before it begins', (from, to) => {
  expect(() => timeRange({ from, to }, 'America/St_Johns')).toThrow('request.range_reversed');
});

test('ORD-15 every list takes dates and moments of this era, and nothing else', () => {
  const Query = z.strictObject(rangeQuery);
  for (const from of ['2026-01-31', '2026-01-31T09:00:00Z', '2026-01-31T09:00:00.5+08:00', '2199-12-31'])
    expect(Query.safeParse({ from }).success).toBe(true);
  for (const from of [
    '2026-02-30',
    '2026-01-31T09:00:00',
    '2026-01-31T09:00Z',
    '2026-1-31',
    '0001-01-01',
    '2200-01-01',
    'now',
    '',
  ])
    expect(Query.safeParse({ from }).success).toBe(false);
});
