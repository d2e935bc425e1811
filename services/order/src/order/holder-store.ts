import type { Tx } from '@accord/core';
import type { Holder } from '@accord/events/fields';
import type { Profile } from '@accord/profile';

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

/**
 * Remembers that these holders, all of one account, have ended, also where one has never asked; `succeeded` of a
 * refund whose money went back.
 */
export const saveEnds = (tx: Tx, { kind, ids, accountId, succeeded = false }: Ends): void =>
  tx.write(
    `insert into holders (holder_id, kind, account_id, ended_at, succeeded)
     select distinct unnest($1::text[]), $2::text, $3::text, $4::timestamptz, $5::boolean order by 1
     on conflict (holder_id) do update set ended_at = excluded.ended_at, succeeded = excluded.succeeded
      where holders.ended_at is null`,
    [ids, kind, accountId, tx.now, succeeded],
  );

interface Ends {
  readonly kind: Holder['kind'];
  readonly ids: readonly string[];
  readonly accountId: string;
  readonly succeeded?: boolean;
}

/**
 * QUOTA_EXHAUSTED (RFD-3): by account, the refunds that it asked for this year on the provider's calendar, but for
 * those that came to nothing. An account that asked for none is not there.
 */
export async function countRefundsOfYear(
  tx: Tx,
  accountIds: readonly string[],
  { timeZone }: Pick<Profile, 'timeZone'>,
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.many<{ accountId: string; count: number }>(
    `select account_id as "accountId", count(*)::integer as count from holders
      where kind = 'refund' and account_id = any ($1::text[]) and (ended_at is null or succeeded)
        and answered_at >= date_trunc('year', $2::timestamptz at time zone $3) at time zone $3
      group by 1`,
    [[...new Set(accountIds)], tx.now, timeZone],
  );
  return new Map(rows.map(({ accountId, count }) => [accountId, count]));
}
