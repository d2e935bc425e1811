import { decodeCursor, encodeCursor, Refusal } from '@accord/platform';
import { Instant } from '@accord/events';

/** createdAt and id of the last row of the page before. @throws Refusal `request.bad_cursor` */
export function afterOf(cursor: string | undefined): { after?: readonly [string, string] } {
  if (cursor === undefined) return {};
  const [createdAt = '', id = ''] = decodeCursor(cursor, 2);
  if (!Instant.safeParse(createdAt).success) throw new Refusal('invalid', 'request.bad_cursor');
  return { after: [createdAt, id] };
}

/** Of one row more than the page shows, where there are more (API-7). */
export const pageOf = <Row, Item>(rows: readonly Row[], limit: number, { item, key }: { item: (row: Row) => Item; key: (row: Row) => readonly string[] }) => {
  const shown = rows.slice(0, limit);
  return { data: shown.map(item), nextCursor: rows.length > limit ? encodeCursor(key(shown.at(-1)!)) : null };
};
