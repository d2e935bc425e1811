import type { Database, DueItem, Tx, Worker } from '@accord/core';
import { keptMs as keysMs } from '@accord/http/server';

const minute = 60_000;
const day = 24 * 60 * minute;
const someAtOnce = 5_000;

/** How long what has served its time is kept, and how often somebody looks, ms. */
export interface Retention {
  /** Longer than any topic is read again without a rebuild (EVT-8). */
  readonly inboxMs: number;
  /** API-6. */
  readonly keysMs: number;
  readonly everyMs: number;
}

const usual: Retention = { inboxMs: 14 * day, keysMs, everyMs: 10 * minute };

/** What is kept for a while, and since when. */
const since = { inbox: 'received_at', begun_events: 'begun_at', idempotency_keys: 'created_at' } as const;
type Table = keyof typeof since;

const tooOld = (table: Table, end: string) => `${since[table]} < ${end}::timestamptz`;
/** The oldest; looked at once more as they are deleted, for one may have been renewed meanwhile. */
const forgetSome = (table: Table) => `
  with gone as (
    delete from ${table}
     where ctid = any (array(select ctid from ${table} where ${tooOld(table, '$1')} order by ${since[table]} limit ${someAtOnce}))
       and ${tooOld(table, '$1')} returning 1)
  select count(*)::integer as n from gone`;

/** Removes what has served its time, in small batches until nothing is left of it. */
export const houseKeeping = ({ inboxMs, keysMs, everyMs }: Retention = usual): Worker => {
  const keptMs: Readonly<Record<Table, number>> = {
    inbox: inboxMs,
    begun_events: day,
    idempotency_keys: keysMs,
  };
  const tables = Object.keys(keptMs) as readonly Table[];
  const endOf = (tx: Tx) => (table: Table) => new Date(tx.now.getTime() - keptMs[table]);
  const due = tables
    .map(
      (table, at) =>
        `select '${table}' as id, '' as "accountId" where exists (select from ${table} where ${tooOld(table, `$${at + 1}`)})`,
    )
    .join(' union all ');
  /** True where there may be more. */
  const forget = async (tx: Tx, table: Table) =>
    (await tx.one<{ n: number }>(forgetSome(table), [endOf(tx)(table)]))!.n === someAtOnce;
  return {
    name: 'house-keeping',
    everyMs,
    due: (tx) => tx.many(due, tables.map(endOf(tx))),
    async run(db: Database, { id }: DueItem) {
      while (await db.transaction({ kind: 'system', id: 'house-keeping' }, (tx) => forget(tx, id as Table)));
    },
  };
};
