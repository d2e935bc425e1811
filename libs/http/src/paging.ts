import { hash } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@accord/core';
import { isText } from './validation.ts';

/** API-7, to spread into a query's strictObject. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(20).meta({ description: 'Rows on a page.' }),
  cursor: z.string().min(1).max(2_000).optional().meta({ description: '`nextCursor` of the page before.' }),
};

/** `{ data, nextCursor }`; `nextCursor` is null on the last page. */
export const paged = <S extends z.ZodType>(item: S) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

// The mark tells a cursor of ours from anything else before its values reach a statement; it is no secret.
const mark = (json: string) => hash('sha256', `accord cursor ${json}`, 'base64url').slice(0, 6);

/**
 * Of the last row's sort values, in the order of the sort: they identify the row, so pages stay stable under
 * inserts.
 */
export function encodeCursor(values: readonly string[]): string {
  const json = JSON.stringify(values);
  return mark(json) + Buffer.from(json).toString('base64url');
}

const bad = () => new Refusal('invalid', 'request.bad_cursor');

/** @throws Refusal `request.bad_cursor` where it is not one that `encodeCursor` made of `count` values. */
export function decodeCursor(cursor: string, count: number): string[] {
  const json = Buffer.from(cursor.slice(6), 'base64url').toString();
  if (mark(json) + Buffer.from(json).toString('base64url') !== cursor) throw bad();
  const values = valuesOf(json);
  if (values.length !== count) throw bad();
  return values;
}

/** Anybody can make the mark, so what stands behind it may be anything. */
function valuesOf(json: string): string[] {
  try {
    const values: unknown = JSON.parse(json);
    if (Array.isArray(values) && values.every((value) => typeof value === 'string' && isText(value)))
      return values as string[];
  } catch {
    // as bad as values of another kind
  }
  throw bad();
}

/** Of a year that Postgres has. */
const isInstant = z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/);

/** Of a list sorted by time: the last row's time and id. @throws Refusal as `decodeCursor` does. */
export function decodeTimeCursor(cursor: string): [string, string] {
  const [time = '', id = ''] = decodeCursor(cursor, 2);
  if (!isInstant.safeParse(time).success) throw bad();
  return [time, id];
}
