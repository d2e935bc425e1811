import { forgetOldKeys } from './http/idempotency.ts';
import type { Worker } from './tx.ts';

const hour = 3_600_000;
const someAtOnce = 5_000;

const forgetInbox = `delete from inbox where event_id in (
  select event_id from inbox where received_at < now() - interval '14 days' limit ${someAtOnce})`;

/**
 * Removes what has served its time, in small batches: inbox rows after 14 days, longer than any topic is read again without a rebuild, and
 * idempotency keys after 24 h (API-6).
 */
export const houseKeeping: Worker = {
  name: 'house-keeping',
  everyMs: hour,
  due: (tx) =>
    tx.many(`select 'inbox' as id, '' as "accountId" where exists (select from inbox where received_at < now() - interval '14 days')
      union all select 'notes', '' where exists (select from started_events where started_at < now() - interval '1 day')
      union all select 'keys', '' where exists (select from idempotency_keys where created_at < now() - interval '24 hours')`),
  run: (db, { id }) =>
    db.transaction({ kind: 'system', id: 'house-keeping' }, async (tx) => {
      if (id === 'keys') await forgetOldKeys(tx, someAtOnce);
      else if (id === 'notes') await tx.one(`delete from started_events where started_at < now() - interval '1 day'`);
      else await tx.one(forgetInbox);
    }),
};
