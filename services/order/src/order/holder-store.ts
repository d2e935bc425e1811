import type { Tx } from '@accord/core';
import type { Holder } from '@accord/events/fields';

// A holder is answered once, and one that has ended gets no hold any more, whatever the order in which its
// events arrive (ORD-13).

/**
 * Whether `holder` is to be answered now: as one that lives or one that has ended already. Its row stays
 * locked until the transaction ends.
 */
export async function answerHolder(
  tx: Tx,
  { kind, id }: Holder,
  accountId: string,
): Promise<'live' | 'ended' | 'answered'> {
  const row = await tx.one<{ endedAt: Date | null }>(
    `insert into holders (holder_id, kind, account_id, answered_at) values ($1, $2, $3, $4)
     on conflict (holder_id) do update set answered_at = excluded.answered_at where holders.answered_at is null
     returning ended_at as "endedAt"`,
    [id, kind, accountId, tx.now],
  );
  if (!row) return 'answered';
  return row.endedAt ? 'ended' : 'live';
}

/** Remembers that these holders, all of one account, have ended, also where one has never asked. */
export const saveEnds = (tx: Tx, kind: Holder['kind'], ids: readonly string[], accountId: string): void =>
  tx.write(
    `insert into holders (holder_id, kind, account_id, ended_at)
     select distinct unnest($1::text[]), $2::text, $3::text, $4::timestamptz order by 1
     on conflict (holder_id) do update set ended_at = excluded.ended_at where holders.ended_at is null`,
    [ids, kind, accountId, tx.now],
  );
