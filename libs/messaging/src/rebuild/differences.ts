import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@accord/postgres';
import type { Pair } from './shadow.ts';

/** The rows of a table that a rebuild changes. */
export interface Differences {
  readonly table: string;
  /** Of the rebuilt table. */
  readonly rows: number;
  /** Rows that the live table lacked. */
  readonly missing: number;
  /** Rows of the live table that no event tells of. */
  readonly surplus: number;
  /** Rows that were other than the events say. */
  readonly other: number;
}

type Kind = 'missing' | 'surplus' | 'other';
interface Differing {
  readonly key: readonly string[];
  readonly kind: Kind;
}

const pageSize = 5_000;
/** So many rows are compared a second time. A table that differs in more rows is not late but damaged. */
const maxComparedAgain = 10_000;

/**
 * Compares the tables page by page, each in a short transaction. Both are being written to, so a row that
 * differs is compared again after `settleMs`, and counted if it differs both times.
 */
export async function differencesOf(
  connection: Connection,
  pair: Pair,
  { settleMs, signal }: { settleMs: number; signal?: AbortSignal | undefined },
): Promise<Differences> {
  const counts = { missing: 0, surplus: 0, other: 0 };
  const differing: Differing[] = [];
  let rows = 0;
  for (let from: readonly string[] | undefined, last = false; !last;) {
    signal?.throwIfAborted();
    const to = await endOfPage(connection, pair, from);
    const page = await comparePage(connection, pair, { from, to });
    rows += page.rows;
    for (const found of page.differing) {
      if (differing.length < maxComparedAgain) differing.push(found);
      else counts[found.kind] += 1;
    }
    from = to;
    last = to === undefined;
  }
  if (differing.length > 0) await sleep(settleMs);
  for (const { kind } of await compareAgain(connection, pair, differing)) counts[kind] += 1;
  return { table: pair.table, rows, ...counts };
}

const names = ({ key }: Pair, of = '') => key.map(({ name }) => `${of}"${name}"`).join(', ');
const keyAsText = ({ key }: Pair, of: string) =>
  `array[${key.map(({ name }) => `${of}"${name}"::text`).join(', ')}]`;
const given = ({ key }: Pair, first: number) =>
  `(${key.map(({ type }, i) => `$${first + i}::text::${type}`).join(', ')})`;

async function endOfPage(
  connection: Connection,
  pair: Pair,
  from: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const after = from ? `where (${names(pair)}) > ${given(pair, 1)}` : '';
  const of = (table: string) =>
    `(select ${names(pair)} from ${table} ${after} order by ${names(pair)} offset ${pageSize - 1} limit 1)`;
  const sql = `select ${keyAsText(pair, '')} as key
    from (${of(pair.live)} union all ${of(pair.shadow)}) ends order by ${names(pair)} limit 1`;
  const { rows } = await connection.query<{ key: string[] }>(sql, [...(from ?? [])]);
  return rows[0]?.key;
}

const kindOf = (key: string) =>
  `case when l.${key} is null then 'missing' when s.${key} is null then 'surplus' else 'other' end`;

async function comparePage(
  connection: Connection,
  pair: Pair,
  { from, to }: { from: readonly string[] | undefined; to: readonly string[] | undefined },
) {
  const bounds = [
    from && `(${names(pair)}) > ${given(pair, 1)}`,
    to && `(${names(pair)}) <= ${given(pair, 1 + (from?.length ?? 0))}`,
  ].filter(Boolean);
  const where = bounds.length > 0 ? `where ${bounds.join(' and ')}` : '';
  const first = `"${pair.key[0]!.name}"`;
  const found = `jsonb_build_object('key', ${keyAsText(pair, '')}, 'kind', ${kindOf(first)})`;
  const sql = `
    select count(s.${first})::int as rows,
           coalesce(jsonb_agg(${found}) filter (where l::text is distinct from s::text), '[]') as differing
      from (select * from ${pair.live} ${where}) l
           full join (select * from ${pair.shadow} ${where}) s using (${names(pair)})`;
  const { rows } = await connection.query<{ rows: number; differing: Differing[] }>(sql, [
    ...(from ?? []),
    ...(to ?? []),
  ]);
  return rows[0]!;
}

async function compareAgain(
  connection: Connection,
  pair: Pair,
  differing: readonly Differing[],
): Promise<Differing[]> {
  const { key } = pair;
  const first = `"${key[0]!.name}"`;
  const columns = key.map((_, i) => `k${i}`).join(', ');
  const asked = `unnest(${key.map((_, i) => `$${i + 1}::text[]`).join(', ')}) as asked (${columns})`;
  const match = (of: string) =>
    key.map(({ name, type }, i) => `${of}."${name}" = asked.k${i}::${type}`).join(' and ');
  const sql = `
    select array[${columns}] as key, ${kindOf(first)} as kind
      from ${asked}
           left join ${pair.live} l on ${match('l')}
           left join ${pair.shadow} s on ${match('s')}
     where l::text is distinct from s::text`;
  const still: Differing[] = [];
  for (let from = 0; from < differing.length; from += pageSize) {
    const some = differing.slice(from, from + pageSize);
    const { rows } = await connection.query<Differing>(
      sql,
      key.map((_, i) => some.map((one) => one.key[i])),
    );
    still.push(...rows);
  }
  return still;
}
