import type { z } from 'zod';
import { encodeCursor } from '@accord/http';

/** Texts that a field may mistake for a number, a word of an enum, or SQL. */
const texts = [
  '',
  'x'.repeat(3_000),
  'nonsense',
  'PAID',
  `' or 1=1 --`,
  '%',
  '订单',
  '😀',
  '-1',
  '1e999',
  'NaN',
  'null',
  '\\',
  'infinity',
  'now',
  '[]',
  ',',
  'a,,b',
];

/** Times at and past the edges of the calendar and of RFC 3339. */
const times = [
  '0000-01-01',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+15:59',
  '9999-12-31',
  '9999-12-31T23:59:59.999999999Z',
  '+275760-09-13T00:00:00Z',
  '2026-02-30',
  '2026-02-30T00:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T24:00:00Z',
  '2026-12-31T23:59:60Z',
  '2026-01-01T00:00Z',
  '2026-01-01T00:00:00+23:59',
  '2026-01-01T00:00:00-23:59',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00.000000000000000000001Z',
];

interface QueryValueCase {
  readonly title: string;
  /** The query, with its question mark. */
  readonly search: string;
  readonly statuses: readonly number[];
  readonly code?: string;
  readonly pointer?: string;
}

/**
 * Odd values of one field of a query. A value that the field's schema refuses is 400 `request.invalid` naming
 * the field; one that it takes is found, not found or refused by meaning, and never breaks anything on its way
 * to the database.
 */
export function queryValueCases(
  name: string,
  schema: z.ZodType,
  searchOf: (value: string) => string,
): QueryValueCase[] {
  const refused = { statuses: [400], code: 'request.invalid', pointer: `/${name}` };
  const isTime = schema.safeParse('2026-01-01T00:00:00Z').success && !schema.safeParse('nonsense').success;
  const odd = (isTime ? [...texts, ...times] : texts).map((value) => ({
    title: `${name}=${value.slice(0, 40)}`,
    search: searchOf(value),
    ...(schema.safeParse(value).success ? { statuses: [200, 404, 422] } : refused),
  }));
  return [
    ...odd,
    { ...refused, title: `${name} with U+0000`, search: `?${name}=a%00b` },
    { ...refused, title: `${name} with a line feed`, search: `?${name}=a%0Ab` },
    { ...refused, title: `${name} twice`, search: `?${name}=a&${name}=a` },
    { title: `${name} that cannot be decoded`, search: `?${name}=%E0%A4%A`, statuses: [200, 400, 404, 422] },
    {
      title: `${name} with half a surrogate pair`,
      search: `?${name}=%ED%A0%80`,
      statuses: [200, 400, 404, 422],
    },
  ];
}

const forged = [
  'nonsense',
  '',
  'true',
  '-1',
  '99999999999999999999',
  '2026-01-01T00:00:00.000Z',
  '0000-01-01T00:00:00.000Z',
  '2026-02-30T00:00:00.000Z',
];

/**
 * Cursors of the right form that no answer contained: callers can make them. One that fits by chance is a place
 * like any other.
 */
export function forgedCursorCases(searchOf: (value: string) => string): QueryValueCase[] {
  const rows = forged.flatMap((value) => [[value], [value, 'x'], ['true', value, 'x']]);
  return rows.map((values) => ({
    title: `cursor of ${JSON.stringify(values)}`,
    search: searchOf(encodeCursor(values)),
    statuses: [200, 422],
  }));
}
