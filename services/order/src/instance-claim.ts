import { Refusal, type Tx } from '@accord/core';
import { listOrdersInTheWay, listPaidOrders } from './order/order-instance-store.ts';
import type { Order } from './order/order.ts';
import { expectEachBilled, expectNothingPaid, type Named } from './order/plan-change.ts';
import { findResources, lockResources } from './resource/resource-store.ts';
import type { Resource } from './resource/resource.ts';

interface Ask extends Pick<
  Order,
  'accountId' | 'productCode' | 'orderType' | 'billType' | 'chargeType' | 'instanceIds' | 'count'
> {
  readonly plan: string | null;
}

const none: Named = { resources: [], orders: [] };

/**
 * ORD-2, ORD-3: locks the instances, so that of two orders on one of them that race the second sees the first. A
 * renewal is for time, so not for an instance that is billed by use; a switch to prepay starts a period now, so
 * not for one whose time is paid already.
 *
 * @throws Refusal `order.instance_unknown`, `order.instance_busy`, `order.held_by_refund`,
 * `order.instance_billed_otherwise`, `order.instance_paid`.
 */
export async function claimInstances(tx: Tx, ask: Ask): Promise<Named> {
  const { instanceIds } = ask;
  if (instanceIds.length === 0) return none;
  // A lock is given to one after the other. An order that cannot be does not queue for it: behind the one that is
  // placed, many would wait longer than a request may.
  const [seen, inTheWay] = await Promise.all([
    findResources(tx, instanceIds),
    listOrdersInTheWay(tx, instanceIds),
  ]);
  expectFree(ask, seen, inTheWay);
  const resources = await lockResources(tx, instanceIds);
  const [still, orders] = await Promise.all([
    listOrdersInTheWay(tx, instanceIds),
    listPaidOrders(tx, instanceIds),
  ]);
  expectFree(ask, resources, still);
  if (ask.orderType === 'renewal') expectEachBilled(ask, orders);
  if (ask.orderType === 'configuration_change') expectNothingPaid(ask, orders, tx.now);
  return { resources, orders };
}

function expectFree(
  { accountId, productCode, instanceIds }: Ask,
  resources: readonly Resource[],
  [first]: Awaited<ReturnType<typeof listOrdersInTheWay>>,
): void {
  const usable = resources.filter(
    (resource) =>
      resource.accountId === accountId &&
      resource.productCode === productCode &&
      !resource.released &&
      !resource.archived,
  );
  const unknown = instanceIds.filter((id) => !usable.some(({ instanceId }) => instanceId === id));
  if (unknown.length > 0) throw new Refusal('not_found', 'order.instance_unknown', { instanceIds: unknown });
  if (!first) return;
  const { instanceId, orderId, refundId } = first;
  if (refundId) throw new Refusal('conflict', 'order.held_by_refund', { instanceId, orderId, refundId });
  throw new Refusal('conflict', 'order.instance_busy', { instanceId, orderId });
}
