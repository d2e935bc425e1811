import type { Tx } from '@accord/core';
import { lockOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';

// The instances that an order concerns, by which its orders are found.

/** An instance that the order names already stays. */
export const saveOrderInstances = (tx: Tx, { orderId, accountId, instanceIds }: Order): void =>
  tx.write(
    `insert into order_instances (instance_id, order_id, account_id) select unnest($3::text[]), $1, $2
     on conflict do nothing`,
    [orderId, accountId, instanceIds],
  );

/** As `lockOrders`. Lock the instances first: then no order can join them meanwhile (ORD-12). */
export async function lockOrdersOfInstances(tx: Tx, instanceIds: readonly string[]): Promise<Order[]> {
  const named = await tx.many<{ orderId: OrderId }>(
    `select distinct order_id as "orderId" from order_instances where instance_id = any ($1::text[])`,
    [instanceIds],
  );
  return lockOrders(
    tx,
    named.map(({ orderId }) => orderId),
  );
}

/**
 * Orders on these instances that are open or that a refund holds (ORD-3, ORD-12), read after the instances
 * were locked.
 */
export const listOrdersInTheWay = (tx: Tx, instanceIds: readonly string[]) =>
  tx.many<{ orderId: OrderId; instanceId: string; heldByRefund: boolean }>(
    `select o.order_id as "orderId", i.instance_id as "instanceId",
            o.hold_kind is not distinct from 'refund' as "heldByRefund"
       from order_instances i join orders o using (order_id)
      where i.instance_id = any ($1::text[])
        and (o.status = 'unpaid' or (o.status = 'paid' and o.fulfilment = 'creating') or o.hold_kind = 'refund')
      order by 1`,
    [instanceIds],
  );
