import type { Tx } from '@accord/core';
import { postpayStarts, switchesToPostpay, type PostpayStart } from './instance-life.ts';
import { lockOrders, selectOrders } from './order-store.ts';
import { isOpen, type Order, type OrderId } from './order.ts';

// The instances that an order concerns, by which its orders are found. The database holds that an instance has
// one open order at most (ORD-3).

/** An instance that the order names already stays. */
export const saveOrderInstances = (tx: Tx, order: Order): void =>
  tx.write(
    `insert into order_instances (instance_id, order_id, account_id, open) select unnest($3::text[]), $1, $2, $4
     on conflict (instance_id, order_id) do nothing`,
    [order.orderId, order.accountId, order.instanceIds, isOpen(order)],
  );

/** The paid orders on these instances, in no order; nothing changes them while the instances are locked. */
export const listPaidOrders = (tx: Tx, instanceIds: readonly string[]): Promise<Order[]> =>
  selectOrders(
    tx,
    {
      where: `status = 'paid' and order_id = any (array(
        select order_id from order_instances where instance_id = any ($1::text[])))`,
      tail: '',
    },
    [instanceIds],
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

/** The order that is open on an instance, with all its instances (ORD-3); not locked. */
export const findOpenOrder = (tx: Tx, instanceId: string) =>
  tx.one<Pick<Order, 'orderId' | 'instanceIds'>>(
    `select o.order_id as "orderId", o.instance_ids as "instanceIds"
       from order_instances i join orders o using (order_id) where i.instance_id = $1 and i.open`,
    [instanceId],
  );

/**
 * Orders on these instances that are open or that a refund holds (ORD-3, ORD-12), read after the instances
 * were locked.
 */
export const listOrdersInTheWay = (tx: Tx, instanceIds: readonly string[]) =>
  tx.many<{ orderId: OrderId; instanceId: string; refundId: string | null }>(
    `select o.order_id as "orderId", i.instance_id as "instanceId",
            case o.hold_kind when 'refund' then o.hold_id end as "refundId"
       from order_instances i join orders o using (order_id)
      where i.instance_id = any ($1::text[]) and (i.open or o.hold_kind = 'refund')
      order by 1`,
    [instanceIds],
  );

/** As `postpayStarts`; none for any order but a switch to postpay. */
export const postpayStartsOf = async (tx: Tx, order: Order): Promise<PostpayStart[]> =>
  switchesToPostpay(order) ? postpayStarts(order, await listPaidOrders(tx, order.instanceIds)) : [];
