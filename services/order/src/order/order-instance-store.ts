import type { Tx } from '@accord/core';
import { lockOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';

// The instances that an order concerns, each with the period it pays for there.

type OrderInstance = { instanceId: string; start: Date | null; end: Date | null };

/** An instance that the order names already gets the new period. */
export const saveOrderInstances = (tx: Tx, order: Order, instances: readonly OrderInstance[]): void =>
  tx.write(
    `insert into order_instances (instance_id, order_id, account_id, period_start, period_end)
     select i."instanceId", $1, $2, i.start, i."end"
       from jsonb_to_recordset($3::jsonb) as i ("instanceId" text, start timestamptz, "end" timestamptz)
     on conflict (instance_id, order_id) do update
       set period_start = excluded.period_start, period_end = excluded.period_end`,
    [order.orderId, order.accountId, JSON.stringify(instances)],
  );

/** As `saveOrderInstances` saved them. */
export const listOrderInstances = (tx: Tx, orderId: OrderId) =>
  tx.many<OrderInstance>(
    `select instance_id as "instanceId", period_start as start, period_end as "end"
       from order_instances where order_id = $1`,
    [orderId],
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

/** How long these orders pay for each of the instances, ms, summed. */
export const listPaidTimes = (
  tx: Tx,
  { orderIds, instanceIds }: { orderIds: readonly OrderId[]; instanceIds: readonly string[] },
) =>
  tx.many<{ instanceId: string; ms: string }>(
    `select instance_id as "instanceId",
            (sum(extract(epoch from period_end - period_start)) * 1000)::bigint as ms
       from order_instances
      where order_id = any ($1::text[]) and instance_id = any ($2::text[]) and period_end > period_start
      group by 1`,
    [orderIds, instanceIds],
  );
