import type { Tx } from '@accord/core';

/** Until the end of the transaction the account's refunds are asked for one after the other. */
export const lockQuota = (tx: Tx, accountId: string): void =>
  tx.write(`select pg_advisory_xact_lock(hashtextextended('refund quota ' || $1, 0))`, [accountId]);

/**
 * RFD-3: in the provider's year, those that run included; what was refused, rejected or withdrawn, or came by itself,
 * does not count.
 */
export async function countRefundsOfYear(
  tx: Tx,
  { accountId, timeZone }: { accountId: string; timeZone: string },
): Promise<number> {
  const row = await tx.one<{ count: number }>(
    `select count(*)::integer as count from refunds where account_id = $1
       and kind not in ('failed_fulfilment', 'downgrade_difference')
       and status not in ('refused', 'rejected', 'withdrawn')
       and created_at >= date_trunc('year', $2::timestamptz at time zone $3) at time zone $3`,
    [accountId, tx.now, timeZone],
  );
  return row!.count;
}
