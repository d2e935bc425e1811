import type { DueItem, Tx } from '@accord/core';
import type { OrderId } from './order.ts';

/** Unpaid orders whose payBy has come, over all accounts, oldest first. */
export const listOverdue = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select order_id as id, account_id as "accountId" from orders
      where status = 'unpaid' and pay_by <= $1 order by pay_by limit $2`,
    [tx.now, limit],
  );

/**
 * Unpaid orders whose payBy comes within `noticeMs`, had that long from the start, and was not announced yet
 * (ORD-9).
 */
export const listExpiring = (tx: Tx, noticeMs: number, limit: number) =>
  tx.many<DueItem>(
    `select order_id as id, account_id as "accountId" from orders
      where status = 'unpaid' and pay_by > $1 and pay_by <= $2 and pay_by - created_at >= $2 - $1::timestamptz
        and expiring_announced is distinct from pay_by
      order by pay_by limit $3`,
    [tx.now, new Date(tx.now.getTime() + noticeMs), limit],
  );

/** False where this payBy was announced before. No new version: nothing of the order changed. */
export async function rememberExpiring(tx: Tx, orderId: OrderId): Promise<boolean> {
  const row = await tx.one(
    `update orders set expiring_announced = pay_by
      where order_id = $1 and expiring_announced is distinct from pay_by returning order_id`,
    [orderId],
  );
  return row !== undefined;
}
