import type { DueItem, Tx, Worker } from '@accord/core';
import { keptMs as keysMs } from '@accord/http/server';

const minute = 60_000;
const day = 24 * 60 * minute;
const deletedAtOnce = 5_000;

/** Rows of one table that are deleted once they have served their time. */
export interface Retention {
  /** Of the service's own schema. */
  readonly table: string;
  /** The column from whose time on a row is kept. */
  readonly since: string;
  readonly keptMs: number;
  /** SQL: only rows for which this is true; default: every row. */
  readonly where?: string;
}

/** Times of the platform's own tables, ms. */
export interface RetentionTimes {
  /** Longer than any topic is read again without a rebuild (EVT-8). */
  readonly inboxMs: number;
  /** API-6. */
  readonly keysMs: number;
  /** How often rows are looked for. */
  readonly everyMs: number;
}

const usualTimes: RetentionTimes = { inboxMs: 14 * day, keysMs, everyMs: 10 * minute };

const platformTables = ({ inboxMs, keysMs: keptMs }: RetentionTimes): readonly Retention[] => [
  { table: 'inbox', since: 'received_at', keptMs: inboxMs },
  { table: 'begun_events', since: 'begun_at', keptMs: day },
  { table: 'idempotency_keys', since: 'created_at', keptMs },
];

const isOver = ({ since, where }: Retention, end: string) =>
  `${since} < ${end}::timestamptz${where === undefined ? '' : ` and (${where})`}`;
const endOf = ({ now }: Tx, { keptMs }: Retention) => new Date(now.getTime() - keptMs);

/** One item for each table that has rows to delete. */
const listTables = (tx: Tx, tables: readonly Retention[]) =>
  tx.many<DueItem>(
    tables
      .map((row, at) => {
        const over = isOver(row, `$${at + 1}`);
        return `select '${row.table}' as id, '' as "accountId" where exists (select from ${row.table} where ${over})`;
      })
      .join(' union all '),
    tables.map((row) => endOf(tx, row)),
  );

/** The oldest rows; looked at again as they are deleted, because one may have been renewed meanwhile. */
const deleteText = (row: Retention) => {
  const { table, since } = row;
  const over = isOver(row, '$1');
  return `
  with gone as (
    delete from ${table}
     where ctid = any (array(select ctid from ${table} where ${over} order by ${since} limit ${deletedAtOnce}))
       and ${over} returning 1)
  select count(*)::integer as n from gone`;
};

/** Deletes one batch. True where there may be more. */
const deleteSome = async (tx: Tx, row: Retention) =>
  (await tx.one<{ n: number }>(deleteText(row), [endOf(tx, row)]))!.n === deletedAtOnce;

/** Deletes rows of the platform's and the service's tables that have served their time, in short transactions. */
export function retentionWorker(
  ofService: readonly Retention[] = [],
  times: RetentionTimes = usualTimes,
): Worker {
  const name = 'retention';
  const tables = [...platformTables(times), ...ofService];
  const byTable = new Map(tables.map((row) => [row.table, row]));
  if (byTable.size < tables.length) throw new Error('retention: a table is named twice');
  return {
    name,
    everyMs: times.everyMs,
    due: (tx) => listTables(tx, tables),
    async run(db, { id: table }) {
      const row = byTable.get(table)!;
      while (await db.transaction({ kind: 'system', id: name }, (tx) => deleteSome(tx, row)));
    },
  };
}
