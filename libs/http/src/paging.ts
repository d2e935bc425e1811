import { hash } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@accord/core';
import { isStorable } from '@accord/core/runtime';

/** A number of a query is written in plain digits: `20`, and neither `2e1`, `0x14` nor ` 20`. */
const inDigits = (text: unknown) =>
  typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;

/** API-7, to spread into a query's strictObject. */
export const pageQuery = {
  limit: z.preprocess(inDigits, z.int().min(1).max(200).default(20)).meta({ description: 'Rows on a page.' }),
  cursor: z.string().min(1).max(2_000).optional().meta({ description: '`nextCursor` of the page before.' }),
};

/** `{ data, nextCursor }`; `nextCursor` is null on the last page. A page of `Order` is named `OrderPage`. */
export function paged<S extends z.ZodType>(item: S) {
  const page = z.object({ data: z.array(item), nextCursor: z.string().nullable() });
  const name = z.globalRegistry.get(item)?.id;
  return name ? page.meta({ id: `${name}Page` }) : page;
}

// The mark tells a cursor of ours from anything else before its values reach a statement; it is no secret.
const mark = (json: string) => hash('sha256', `accord cursor ${json}`, 'base64url').slice(0, 6);

/**
 * The cursor behind the row with these sort values, in the order of the sort. They identify the row, so pages stay
 * stable under inserts.
 */
export function encodeCursor(values: readonly string[]): string {
  const json = JSON.stringify(values);
  return mark(json) + Buffer.from(json).toString('base64url');
}

const bad = () => new Refusal('invalid', 'request.bad_cursor');

/** The values `encodeCursor` made it of. @throws Refusal `request.bad_cursor`. */
function decodeCursor(cursor: string): string[] {
  const json = Buffer.from(cursor.slice(6), 'base64url').toString();
  if (mark(json) + Buffer.from(json).toString('base64url') !== cursor) throw bad();
  return valuesOf(json);
}

/** The mark can be made by anybody, so the values behind it may be anything. */
function valuesOf(json: string): string[] {
  try {
    const values: unknown = JSON.parse(json);
    if (Array.isArray(values) && values.every((value) => typeof value === 'string' && isStorable(value)))
      return values as string[];
  } catch {
    // as bad as values of another kind
  }
  throw bad();
}

/** A moment of a year that Postgres has. */
const isInstant = z.iso.datetime({ precision: 3 }).regex(/^(?!0000)/);

/** Time and id of a row, of a list sorted by time. */
const TimePlace = z.tuple([isInstant, z.string()]);
/** The id of a row, of a list sorted by it. */
export const IdPlace = z.tuple([z.string()]).transform(([id]) => id);

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Which rows a store reads for a page: those behind `after`, or from the first where it is undefined. */
interface PageRange<Place> {
  readonly after: Place | undefined;
  /** One more than the page shows: it tells that there is a next page. */
  readonly limit: number;
}

/**
 * The rows that a request for a page (API-7) asks for.
 *
 * @param Place schema of the last row's sort values, as `key` of `pageOf` gives them; default: time and id.
 * @throws Refusal `request.bad_cursor`.
 */
export function pageRange(query: PageQuery): PageRange<readonly [string, string]>;
export function pageRange<Place>(query: PageQuery, Place: z.ZodType<Place>): PageRange<Place>;
export function pageRange({ limit, cursor }: PageQuery, Place: z.ZodType = TimePlace): PageRange<unknown> {
  if (cursor === undefined) return { after: undefined, limit: limit + 1 };
  const place = Place.safeParse(decodeCursor(cursor));
  if (!place.success) throw bad();
  return { after: place.data, limit: limit + 1 };
}

/**
 * A page (API-7) of `rows`, which were read by `pageRange`.
 *
 *
 * @param of `key` gives the sort values of a row, as `encodeCursor` takes them.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  of: { item: (row: Row) => Item; key: (row: Row) => readonly string[] },
): { data: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  return {
    data: shown.map(of.item),
    nextCursor: rows.length > limit ? encodeCursor(of.key(shown.at(-1)!)) : null,
  };
}
