import { forgetOldKeys, keptMs } from './http/idempotency.ts';
import type { Database, DueItem, Tx, Worker } from './tx.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const someAtOnce = 5_000;

/** How long what has served its time is kept, and how often somebody looks, ms. */
export interface Keeping {
  /** Longer than any topic is read again without a rebuild (EVT-8). */
  readonly inboxMs: number;
  /** API-6. */
  readonly keysMs: number;
  readonly everyMs: number;
}

const usual: Keeping = { inboxMs: 14 * day, keysMs: keptMs, everyMs: 10 * minute };

const tooOld = (column: string) => `${column} < now() - make_interval(secs => $1)`;
const forgetInbox = `
  with gone as (
    delete from inbox where ctid = any (array(select ctid from inbox where ${tooOld('received_at')} order by received_at limit ${someAtOnce})) returning 1)
  select count(*)::integer as n from gone`;
const forgetNotes = `
  with gone as (
    delete from started_events where event_id = any (array(select event_id from started_events where started_at < now() - interval '1 day' limit ${someAtOnce})) returning 1)
  select count(*)::integer as n from gone`;
const due = `
  select 'inbox' as id, '' as "accountId" where exists (select from inbox where ${tooOld('received_at')})
  union all select 'notes', '' where exists (select from started_events where started_at < now() - interval '1 day')
  union all select 'keys', '' where exists (select from idempotency_keys where created_at < now() - make_interval(secs => $2))`;

/** Removes what has served its time, in small batches until nothing is left of it. */
export const houseKeeping = ({ inboxMs, keysMs, everyMs }: Keeping = usual): Worker => {
  /** True where there may be more. */
  const forget = async (tx: Tx, { id }: DueItem): Promise<boolean> => {
    if (id === 'keys') return forgetOldKeys(tx, { olderThanMs: keysMs, limit: someAtOnce });
    if (id === 'inbox') return (await tx.one<{ n: number }>(forgetInbox, [inboxMs / 1_000]))!.n === someAtOnce;
    return (await tx.one<{ n: number }>(forgetNotes))!.n === someAtOnce;
  };
  return {
    name: 'house-keeping',
    everyMs,
    due: (tx) => tx.many(due, [inboxMs / 1_000, keysMs / 1_000]),
    async run(db: Database, item: DueItem) {
      while (await db.transaction({ kind: 'system', id: 'house-keeping' }, (tx) => forget(tx, item)));
    },
  };
};
