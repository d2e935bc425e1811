import { expectVersion, Refusal, type Tx } from '@accord/core';
import { expectFulfillable, failFulfilment, fulfilOrder } from './order/order-fulfilment.ts';
import { listOrderInstances, saveOrderInstances } from './order/order-instance-store.ts';
import { getOrder, lockOrder, saveOrder } from './order/order-store.ts';
import { changeFacts, type Order, type OrderId } from './order/order.ts';
import { lockResources, saveResource } from './resource/resource-store.ts';
import {
  createResource,
  extendResource,
  releaseResource,
  type Given,
  type Resource,
} from './resource/resource.ts';

// ORD-10. The platform's provisioner hears `order.paid` (or an `order.placed` that owes nothing) and reports
// the outcome. A failure voids the order here at once; the refund service hears `order.fulfilment_failed`
// and gives the money back (EVT-24).

/**
 * The order was created. A repeated report of the same instances changes nothing.
 *
 * @throws Refusal `order.not_found`, `order.not_fulfillable`, `order.fulfilment_misfit`, `resource.taken`,
 * `request.version_mismatch`.
 */
export async function reportCreated(
  tx: Tx,
  { orderId, instances, ifMatch }: Told & { instances: readonly Given[] },
): Promise<Order> {
  const instanceIds = instances.map(({ instanceId }) => instanceId);
  const resources = await lockResources(tx, instanceIds); // instances before orders, as everywhere
  const order = await lockOrder(tx, orderId);
  if (order.fulfilment === 'created' && (await isRepeat(tx, order, instances))) return order;
  expectVersion(ifMatch, order.version);
  expectFulfillable(order);
  checkInstances(order, instances);
  if (
    order.instanceIds.some(
      (id) => instanceIds.includes(id) && !resources.some(({ instanceId }) => instanceId === id),
    )
  )
    throw serialisationFailure(orderId);
  for (const known of resources)
    if (!mayHave(order, known))
      throw new Refusal('conflict', 'resource.taken', { instanceId: known.instanceId });

  const saved = saveOrder(tx, fulfilOrder(order, { instanceIds, servicePeriod: servicePeriodOf(instances) }));
  saveOrderInstances(tx, saved, instances);
  for (const given of instances) {
    const known = resources.find(({ instanceId }) => instanceId === given.instanceId);
    await saveResource(
      tx,
      known ? extendResource(known, saved, given) : createResource(saved, given, tx.now),
    );
  }
  return saved;
}

/**
 * The order could not be created. Instances that were reported for it alone are released, for nothing pays for
 * them any more. Reporting it again changes nothing.
 *
 * @throws Refusal `order.not_found`, `order.not_fulfillable`, `request.version_mismatch`.
 */
export async function reportFailed(
  tx: Tx,
  { orderId, reason, ifMatch }: Told & { reason: string | null },
): Promise<Order> {
  const { instanceIds } = await getOrder(tx, orderId);
  const resources = await lockResources(tx, instanceIds);
  const order = await lockOrder(tx, orderId);
  if (order.fulfilment === 'failed') return order;
  expectVersion(ifMatch, order.version);
  if (order.instanceIds.length > instanceIds.length) throw serialisationFailure(orderId);

  const saved = saveOrder(tx, failFulfilment(order, { reason, at: tx.now }));
  for (const resource of resources) {
    if (resource.orderIds.every((id) => id === orderId)) await saveResource(tx, releaseResource(resource));
  }
  return saved;
}

type Told = { readonly orderId: OrderId; readonly ifMatch?: readonly number[] | undefined };

/**
 * An instance came to the order after its instances were looked for: the transaction begins anew, for
 * instances are locked before orders.
 */
const serialisationFailure = (orderId: OrderId) =>
  Object.assign(new Error(`the instances of ${orderId} have changed`), { code: '40001' });

/** The same instances with the same times were reported before; more may have been reported since. */
async function isRepeat(
  tx: Tx,
  { orderId, instanceIds }: Order,
  instances: readonly Given[],
): Promise<boolean> {
  if (instances.length === 0) return instanceIds.length === 0;
  const told = new Map((await listOrderInstances(tx, orderId)).map((one) => [one.instanceId, one]));
  const isSame = ({ instanceId, start, end }: Given) => {
    const before = told.get(instanceId);
    return (
      before !== undefined &&
      before.start?.getTime() === start?.getTime() &&
      before.end?.getTime() === end?.getTime()
    );
  };
  return instances.every(isSame);
}

/**
 * ORD-2: an instance that is there is of the order's account and product, and a purchase takes none over from
 * another order.
 */
const mayHave = (order: Order, { accountId, productCode, orderIds }: Resource) =>
  accountId === order.accountId &&
  productCode === order.productCode &&
  (order.orderType !== 'purchase' || orderIds.includes(order.orderId));

/**
 * A purchase gets new instances, or those that were reported for it before; every other order concerns the
 * ones it names.
 */
function checkInstances(order: Order, instances: readonly Given[]) {
  const ids = instances.map(({ instanceId }) => instanceId);
  const enough = ids.length > 0 || order.productForm === 'one_time';
  const named =
    order.orderType === 'purchase'
      ? order.instanceIds.every((id) => ids.includes(id))
      : sameIds(order.instanceIds, ids);
  // The refund of a subscription and its contract go by its period (RFD-6, CTR-15).
  const needed = order.chargeType === 'subscription';
  const periods = instances.every(({ start, end }) => (end ? start !== null && start < end : !needed));
  if (enough && named && periods) return;
  throw new Refusal('invalid', 'order.fulfilment_misfit', {
    orderId: order.orderId,
    instanceIds: order.instanceIds,
  });
}

const sameIds = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((id) => b.includes(id));

/** From the first start to the last end; none where an instance runs until it is released. */
function servicePeriodOf(instances: readonly Given[]): Order['servicePeriod'] {
  const starts = instances.flatMap(({ start }) => start ?? []).map(Number);
  const ends = instances.flatMap(({ end }) => end ?? []).map(Number);
  const bounded = ends.length > 0 && ends.length === instances.length;
  return bounded ? { start: new Date(Math.min(...starts)), end: new Date(Math.max(...ends)) } : null;
}

/**
 * ORD-11: an instance that the platform reports for an order which may not list it yet.
 *
 * @throws Refusal `order.not_fulfillable`; `resource.taken` where it is another account's, product's or
 * purchase's.
 */
export async function addInstance(
  tx: Tx,
  { orderId, given, known }: { orderId: OrderId; given: Given; known: Resource | undefined },
): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  if (known && !mayHave(order, known))
    throw new Refusal('conflict', 'resource.taken', { instanceId: given.instanceId });
  const isListed = order.instanceIds.includes(given.instanceId);
  if (
    order.status !== 'paid' ||
    (!isListed && (order.orderType !== 'purchase' || order.refundState !== 'none'))
  ) {
    throw new Refusal('conflict', 'order.not_fulfillable', {
      orderId,
      status: order.status,
      fulfilment: order.fulfilment,
    });
  }
  if (isListed && !known) throw serialisationFailure(orderId);
  if (isListed) return order;
  const saved = saveOrder(tx, changeFacts(order, { instanceIds: [...order.instanceIds, given.instanceId] }));
  saveOrderInstances(tx, saved, [given]);
  return saved;
}
