import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Pair } from './shadow.ts';

/**
 * What a rebuild changes in a table: rows that were missing, that no event tells of, that were other than the
 * events say.
 */
export interface Differences {
  readonly table: string;
  /** Of the rebuilt table. */
  readonly rows: number;
  readonly missing: number;
  readonly surplus: number;
  readonly other: number;
}

type Kind = 'missing' | 'surplus' | 'other';
interface Differing {
  readonly key: readonly string[];
  readonly kind: Kind;
}

const pageSize = 5_000;
/** So many are looked at twice. A table that differs in more rows is not late but damaged. */
const lookedAtTwice = 10_000;

/**
 * Compares the tables page by page, each in a short transaction. Both are being written to, so what differs
 * is looked at once more after `settleMs`; counted is what differs in both looks.
 */
export async function differencesOf(
  client: pg.ClientBase,
  pair: Pair,
  { settleMs, signal }: { settleMs: number; signal?: AbortSignal | undefined },
): Promise<Differences> {
  const counts = { missing: 0, surplus: 0, other: 0 };
  const suspects: Differing[] = [];
  let rows = 0;
  for (let from: readonly string[] | undefined, last = false; !last;) {
    signal?.throwIfAborted();
    const to = await endOfPage(client, pair, from);
    const page = await comparePage(client, pair, { from, to });
    rows += page.rows;
    for (const found of page.differing) {
      if (suspects.length < lookedAtTwice) suspects.push(found);
      else counts[found.kind] += 1;
    }
    from = to;
    last = to === undefined;
  }
  if (suspects.length > 0) await sleep(settleMs);
  for (const { kind } of await lookAgain(client, pair, suspects)) counts[kind] += 1;
  return { table: pair.table, rows, ...counts };
}

const names = ({ key }: Pair, of = '') => key.map(({ name }) => `${of}"${name}"`).join(', ');
const keyAsText = ({ key }: Pair, of: string) =>
  `array[${key.map(({ name }) => `${of}"${name}"::text`).join(', ')}]`;
const given = ({ key }: Pair, first: number) =>
  `(${key.map(({ type }, i) => `$${first + i}::text::${type}`).join(', ')})`;

async function endOfPage(
  client: pg.ClientBase,
  pair: Pair,
  from: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const after = from ? `where (${names(pair)}) > ${given(pair, 1)}` : '';
  const of = (table: string) =>
    `(select ${names(pair)} from ${table} ${after} order by ${names(pair)} offset ${pageSize - 1} limit 1)`;
  const sql = `select ${keyAsText(pair, '')} as key from (${of(pair.live)} union all ${of(pair.shadow)}) ends order by ${names(pair)} limit 1`;
  const { rows } = await client.query<{ key: string[] }>(sql, [...(from ?? [])]);
  return rows[0]?.key;
}

const kindOf = (key: string) =>
  `case when l.${key} is null then 'missing' when s.${key} is null then 'surplus' else 'other' end`;

async function comparePage(
  client: pg.ClientBase,
  pair: Pair,
  { from, to }: { from: readonly string[] | undefined; to: readonly string[] | undefined },
) {
  const bounds = [
    from && `(${names(pair)}) > ${given(pair, 1)}`,
    to && `(${names(pair)}) <= ${given(pair, 1 + (from?.length ?? 0))}`,
  ].filter(Boolean);
  const where = bounds.length > 0 ? `where ${bounds.join(' and ')}` : '';
  const first = `"${pair.key[0]!.name}"`;
  const sql = `
    select count(s.${first})::int as rows, coalesce(jsonb_agg(jsonb_build_object('key', ${keyAsText(pair, '')}, 'kind', ${kindOf(first)}))
        filter (where l::text is distinct from s::text), '[]') as differing
      from (select * from ${pair.live} ${where}) l full join (select * from ${pair.shadow} ${where}) s using (${names(pair)})`;
  const { rows } = await client.query<{ rows: number; differing: Differing[] }>(sql, [
    ...(from ?? []),
    ...(to ?? []),
  ]);
  return rows[0]!;
}

async function lookAgain(
  client: pg.ClientBase,
  pair: Pair,
  suspects: readonly Differing[],
): Promise<Differing[]> {
  const { key } = pair;
  const first = `"${key[0]!.name}"`;
  const asked = `unnest(${key.map((_, i) => `$${i + 1}::text[]`).join(', ')}) as asked (${key.map((_, i) => `k${i}`).join(', ')})`;
  const match = (of: string) =>
    key.map(({ name, type }, i) => `${of}."${name}" = asked.k${i}::${type}`).join(' and ');
  const sql = `
    select array[${key.map((_, i) => `k${i}`).join(', ')}] as key, ${kindOf(first)} as kind
      from ${asked} left join ${pair.live} l on ${match('l')} left join ${pair.shadow} s on ${match('s')} where l::text is distinct from s::text`;
  const still: Differing[] = [];
  for (let from = 0; from < suspects.length; from += pageSize) {
    const some = suspects.slice(from, from + pageSize);
    const { rows } = await client.query<Differing>(
      sql,
      key.map((_, i) => some.map((one) => one.key[i])),
    );
    still.push(...rows);
  }
  return still;
}
