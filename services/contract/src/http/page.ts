import { decodeTimeCursor, encodeCursor } from '@accord/http';

/** createdAt and id of the last row of the page before. @throws Refusal `request.bad_cursor` */
export const afterOf = (cursor: string | undefined): { after?: readonly [string, string] } =>
  cursor === undefined ? {} : { after: decodeTimeCursor(cursor) };

/** Of one row more than the page shows, where there are more (API-7). */
export const pageOf = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  { item, key }: { item: (row: Row) => Item; key: (row: Row) => readonly string[] },
) => {
  const shown = rows.slice(0, limit);
  return { data: shown.map(item), nextCursor: rows.length > limit ? encodeCursor(key(shown.at(-1)!)) : null };
};
