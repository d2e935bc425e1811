import type { DueItem, Tx } from '@accord/core';
import { selectOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';

/** Unpaid orders whose payBy has come, over all accounts, oldest first. */
export const listOverdue = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select order_id as id, account_id as "accountId" from orders
      where status = 'unpaid' and pay_by <= $1 order by pay_by limit $2`,
    [tx.now, limit],
  );

/** As `lockOrders`, of those that are unpaid, without those that others have locked: they may be paid just now. */
export const lockFreeOrders = (tx: Tx, orderIds: readonly OrderId[]): Promise<Order[]> =>
  selectOrders(
    tx,
    {
      where: `order_id = any ($1::text[]) and status = 'unpaid'`,
      tail: 'order by order_id for update skip locked',
    },
    [orderIds],
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

/** Of these orders, those whose payBy was not announced before. No new version: nothing of an order changed. */
export async function rememberExpiring(tx: Tx, orderIds: readonly OrderId[]): Promise<Set<OrderId>> {
  const rows = await tx.many<{ orderId: OrderId }>(
    `update orders set expiring_announced = pay_by
      where order_id = any ($1::text[]) and expiring_announced is distinct from pay_by
      returning order_id as "orderId"`,
    [orderIds],
  );
  return new Set(rows.map(({ orderId }) => orderId));
}
