import { Refusal, type Tx } from '@accord/platform';
import { changeFacts, expectFulfillable, failFulfilment, fulfilOrder, type Order, type OrderId } from './order.ts';
import { lockOrder, saveOrder, saveOrderInstances } from './order-store.ts';
import { createResource, extendResource, type Given } from './resource.ts';
import { lockResources, saveResource } from './resource-store.ts';

// ORD-10. The platform's provisioner hears `order.paid` (or an `order.placed` that owes nothing) and reports what came of it. A failure voids
// the order here at once; the refund service hears `order.fulfilment_failed` and gives the money back (EVT-24).

/**
 * The order was created. Reporting the same instances again changes nothing.
 *
 * @throws Refusal `order.not_found`, `order.not_fulfillable`, `order.fulfilment_misfit`, `resource.taken`.
 */
export async function onCreated(tx: Tx, { orderId, instances }: { orderId: OrderId; instances: readonly Given[] }): Promise<Order> {
  const instanceIds = instances.map(({ instanceId }) => instanceId);
  const resources = await lockResources(tx, instanceIds); // instances before orders, as everywhere
  const order = await lockOrder(tx, orderId);
  if (order.fulfilment === 'created' && sameIds(order.instanceIds, instanceIds)) return order;
  expectFulfillable(order);
  checkInstances(order, instances);

  const saved = saveOrder(tx, fulfilOrder(order, { instanceIds, servicePeriod: servicePeriodOf(instances) }));
  await saveOrderInstances(tx, saved, instances);
  for (const given of instances) {
    const known = resources.find(({ instanceId }) => instanceId === given.instanceId);
    if (known && (known.accountId !== order.accountId || known.productCode !== order.productCode)) {
      throw new Refusal('conflict', 'resource.taken', { instanceId: given.instanceId });
    }
    await saveResource(tx, known ? extendResource(known, saved, given) : createResource(saved, given, tx.now));
  }
  return saved;
}

/** The order could not be created. Reporting it again changes nothing. @throws Refusal `order.not_found`, `order.not_fulfillable`. */
export async function onFailed(tx: Tx, { orderId, reason }: { orderId: OrderId; reason: string | null }): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  return order.fulfilment === 'failed' ? order : saveOrder(tx, failFulfilment(order, { reason, at: tx.now }));
}

/** A purchase gets new instances, or those that were reported for it before; every other order concerns the ones it names. */
function checkInstances(order: Order, instances: readonly Given[]) {
  const ids = instances.map(({ instanceId }) => instanceId);
  const enough = ids.length > 0 || order.productForm === 'one_time';
  const named = order.orderType === 'purchase' ? order.instanceIds.every((id) => ids.includes(id)) : sameIds(order.instanceIds, ids);
  const periods = instances.every(({ start, end }) => !end || (start && start < end));
  if (enough && named && periods) return;
  throw new Refusal('invalid', 'order.fulfilment_misfit', { orderId: order.orderId, instanceIds: order.instanceIds });
}

const sameIds = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((id) => b.includes(id));

/** From the first start to the last end; none where an instance runs until it is released. */
function servicePeriodOf(instances: readonly Given[]): Order['servicePeriod'] {
  const starts = instances.flatMap(({ start }) => start ?? []).map(Number);
  const ends = instances.flatMap(({ end }) => end ?? []).map(Number);
  const bounded = ends.length > 0 && ends.length === instances.length;
  return bounded ? { start: new Date(Math.min(...starts)), end: new Date(Math.max(...ends)) } : null;
}

/** ORD-11: an instance that the platform reports for an order which does not list it yet. @throws Refusal `order.not_fulfillable`. */
export async function addInstance(tx: Tx, { orderId, given }: { orderId: OrderId; given: Given }): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  if (order.instanceIds.includes(given.instanceId)) return order;
  if (order.orderType !== 'purchase' || order.status !== 'paid' || order.refundState !== 'none') {
    throw new Refusal('conflict', 'order.not_fulfillable', { orderId, status: order.status, fulfilment: order.fulfilment });
  }
  const saved = saveOrder(tx, changeFacts(order, { instanceIds: [...order.instanceIds, given.instanceId] }));
  await saveOrderInstances(tx, saved, [given]);
  return saved;
}

