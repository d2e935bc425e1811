import { Refusal, type Tx } from '@accord/core';
import { billedFromNowOn } from './order/instance-life.ts';
import { listOrdersInTheWay, listPaidOrders } from './order/order-instance-store.ts';
import type { Order } from './order/order.ts';
import { expectEachBilled, expectNothingPaid, type Named } from './order/plan-change.ts';
import { findResources, lockResources } from './resource/resource-store.ts';
import type { Resource } from './resource/resource.ts';

interface Ask extends Pick<
  Order,
  | 'accountId'
  | 'productCode'
  | 'orderType'
  | 'billType'
  | 'chargeType'
  | 'configuration'
  | 'instanceIds'
  | 'count'
> {
  readonly plan: string | null;
}

const none: Named = { resources: [], orders: [] };

/**
 * ORD-2, ORD-3: locks the instances, so that of two orders on one of them that race the second sees the first. A
 * renewal is for time, so not for an instance that is billed by use; a configuration change changes something, and
 * one to prepay starts a period now, so it is not for an instance whose time is paid already.
 *
 * @throws Refusal `order.instance_unknown`, `order.instance_busy`, `order.held_by_refund`,
 * `order.instance_billed_otherwise`, `order.configuration_unchanged`, `order.instance_paid`.
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
  if (ask.orderType === 'configuration_change') {
    expectChange(ask, orders);
    expectNothingPaid(ask, orders, tx.now);
  }
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

/** ORD-2: it may switch how an instance is billed; else it names a configuration that the instance has not. */
function expectChange({ billType, configuration, instanceIds }: Ask, orders: readonly Order[]): void {
  for (const instanceId of instanceIds) {
    const own = orders
      .filter((order) => order.instanceIds.includes(instanceId))
      .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
    const has = new Map(own.flatMap((order) => order.configuration.map(({ name, value }) => [name, value])));
    const isBilledSo = billedFromNowOn(own) === billType;
    if (isBilledSo && configuration.every(({ name, value }) => has.get(name) === value))
      throw new Refusal('conflict', 'order.configuration_unchanged', { instanceId, billType });
  }
}
