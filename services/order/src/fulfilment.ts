import { actorId, expectVersion, Refusal, type Tx } from '@accord/core';
import { expectFit, withRest, type FitRules } from './order/fulfilment-fit.ts';
import { expectFulfillable, failFulfilment, fulfilOrder, giveInstances } from './order/order-fulfilment.ts';
import { lockOrdersOfInstances, saveOrderInstances } from './order/order-instance-store.ts';
import type { Given, OrderInstance } from './order/order-instance.ts';
import { correctPeriods, withSaved } from './order/order-period.ts';
import { getOrder, lockOrder, saveOrder, saveOrders } from './order/order-store.ts';
import type { Order, OrderId } from './order/order.ts';
import { isReportNewer, settleFailed, settleFulfilled } from './period-settlement.ts';
import { lockResources, saveResource } from './resource/resource-store.ts';
import {
  createResource,
  extendResource,
  placeResource,
  releaseResource,
  type Resource,
} from './resource/resource.ts';

// ORD-10. The platform's provisioner hears `order.paid` (or an `order.placed` that owes nothing) and reports
// the outcome. A failure voids the order here at once; the refund service hears `order.fulfilment_failed`
// and gives the money back (EVT-24).

/**
 * All or some of the order's instances were created; with the last one it is fulfilled (ORD-26). A purchase's are
 * there at once. An order for instances that are there takes effect on all of them with the last one, so that one
 * that fails leaves them as they were. Instances that were told before, with the same times, change nothing.
 *
 * @throws Refusal `order.not_found`, `order.not_fulfillable`, `order.fulfilment_misfit`, `resource.taken`,
 * `request.version_mismatch`.
 */
export async function reportCreated(
  tx: Tx,
  rules: FitRules,
  { orderId, instances, ifMatch }: FulfilmentReport & { instances: readonly Given[] },
): Promise<Order> {
  const placed = await getOrder(tx, orderId);
  const told = instances.map(({ instanceId }) => instanceId);
  const concerned = concernedBy(placed, told);
  const resources = await lockResources(tx, concerned); // instances before orders, as everywhere
  const orders = resources.length > 0 ? await lockOrdersOfInstances(tx, concerned) : [];
  const order = orders.find((one) => one.orderId === orderId) ?? (await lockOrder(tx, orderId));
  if (isRepeat(order, instances)) return order;
  expectVersion(ifMatch, order.version);
  expectFulfillable(order);
  const known = new Map(resources.map((resource) => [resource.instanceId, resource]));
  const ends = new Map(resources.map(({ instanceId, end }) => [instanceId, end]));
  expectFit(order, instances, { ...rules, ends, others: orders });
  const needed = concernedBy(order, told);
  if (order.instanceIds.some((id) => needed.includes(id) && !known.has(id)))
    throw serialisationFailure(orderId);
  for (const resource of resources)
    if (!mayHave(order, resource))
      throw new Refusal('conflict', 'resource.taken', { instanceId: resource.instanceId });

  const given = instances.map((one) => ({
    ...withRest(order, withPlace(one, order, known.get(one.instanceId)), orders),
    told: {
      start: one.start,
      end: one.end,
      afterReport: known.get(one.instanceId)?.reportVersion ?? 0,
    },
    knownSince: tx.now,
  }));
  const saved = saveOrder(tx, fulfilOrder(order, given));
  saveOrderInstances(tx, saved);
  return giveToResources(tx, rules, { order: saved, given, known, others: orders });
}

/** The instances to lock: of a purchase those that are told, with the last ones all that it has. */
function concernedBy({ orderType, instanceIds, count }: Order, told: readonly string[]): readonly string[] {
  const all = [...new Set([...instanceIds, ...told])];
  if (orderType !== 'purchase') return instanceIds;
  return all.length < count ? told : all;
}

/** ORD-25: the instance with its place; one that is not told again is as it was told before. */
function withPlace(one: Given, { instances }: Order, resource: Resource | undefined): Given {
  const before = instances.find(({ instanceId }) => instanceId === one.instanceId);
  return {
    ...one,
    region: one.region ?? before?.region ?? resource?.region ?? null,
    ipAddress: one.ipAddress ?? before?.ipAddress ?? resource?.ipAddress ?? null,
  };
}

interface Gift {
  readonly order: Order;
  /** The part of its instances that was told now. */
  readonly given: readonly OrderInstance[];
  /** By instance id, as they were before. */
  readonly known: ReadonlyMap<string, Resource>;
  /** All orders of these, locked. */
  readonly others: readonly Order[];
}

/**
 * The place of an instance is known at once; an order for instances that are there waits for its last one.
 *
 * @returns the order as it is then.
 */
async function giveToResources(tx: Tx, rules: FitRules, gift: Gift): Promise<Order> {
  const { order, given, known, others } = gift;
  let before = others.filter(({ orderId }) => orderId !== order.orderId);
  for (const one of given)
    before = placeOthers(tx, rules, { before, resource: known.get(one.instanceId), one });
  if (order.fulfilment === 'created') return takeEffect(tx, rules, { ...gift, others: before });
  for (const one of given) {
    const resource = known.get(one.instanceId);
    await saveResource(
      tx,
      order.orderType === 'purchase'
        ? giveTo(resource, order, one, tx.now)
        : placeResource(resource!, one, tx.now),
    );
  }
  return order;
}

const giveTo = (resource: Resource | undefined, order: Order, one: Given, now: Date) =>
  resource ? extendResource(resource, order, one, now) : createResource(order, one, now);

/** On all instances of the order; a report of one that came since it was told stays. */
async function takeEffect(tx: Tx, rules: FitRules, { order, given, known, others }: Gift): Promise<Order> {
  let orders = [...others, order];
  for (const one of order.instances) {
    const resource = known.get(one.instanceId);
    if (resource) orders = settleFulfilled(tx, rules, { order, one, resource, orders });
    const isNewer = resource !== undefined && isReportNewer(one, resource);
    const isThere = order.orderType === 'purchase' && !given.includes(one);
    if (!isThere)
      await saveResource(tx, giveTo(resource, order, isNewer ? { ...one, end: null } : one, tx.now));
  }
  return orders.find(({ orderId }) => orderId === order.orderId)!;
}

/**
 * The order could not be created. Instances that were reported for it alone are released, for nothing pays for
 * them any more; all others are as they were before it. Reporting it again changes nothing.
 *
 * @throws Refusal `order.not_found`, `order.not_fulfillable`, `request.version_mismatch`.
 */
export async function reportFailed(
  tx: Tx,
  rules: FitRules,
  { orderId, reason, ifMatch }: FulfilmentReport & { reason: string | null },
): Promise<Order> {
  const { instanceIds } = await getOrder(tx, orderId);
  const resources = await lockResources(tx, instanceIds);
  const orders = resources.length > 0 ? await lockOrdersOfInstances(tx, instanceIds) : [];
  const order = orders.find((one) => one.orderId === orderId) ?? (await lockOrder(tx, orderId));
  if (order.fulfilment === 'failed') return order;
  expectVersion(ifMatch, order.version);
  if (order.instanceIds.length > instanceIds.length) throw serialisationFailure(orderId);
  const [failed] = await failOrder(tx, rules, { order, reason, resources, orders });
  return failed;
}

interface Failure {
  readonly order: Order;
  readonly reason: string | null;
  /** All instances of the order that are there, and all orders of these, locked. */
  readonly resources: readonly Resource[];
  readonly orders: readonly Order[];
}

/**
 * Voids the order, which gives its money back (EVT-24). An end that was reported while it was open is its
 * predecessors' (ORD-26).
 *
 * @returns the order, and all of `orders`, as they are then.
 * @throws Refusal `order.not_fulfillable`.
 */
export async function failOrder(
  tx: Tx,
  rules: FitRules,
  { order, reason, resources, orders }: Failure,
): Promise<[Order, Order[]]> {
  const failed = saveOrder(tx, failFulfilment(order, { reason, at: tx.now }));
  let left = withSaved(orders, [failed]);
  for (const resource of resources) {
    if (resource.orderIds.every((id) => id === order.orderId))
      await saveResource(tx, releaseResource(resource));
    else left = settleFailed(tx, rules, resource, left);
  }
  return [failed, left];
}

type FulfilmentReport = { readonly orderId: OrderId; readonly ifMatch?: readonly number[] | undefined };

/**
 * An instance came to the order after its instances were looked for: the transaction begins anew, for
 * instances are locked before orders.
 */
export const serialisationFailure = (orderId: OrderId) =>
  Object.assign(new Error(`the instances of ${orderId} have changed`), { code: '40001' });

/** ORD-25: the other orders of an instance with its place, where this one tells another. */
function placeOthers(
  tx: Tx,
  rules: FitRules,
  { before, resource, one }: { before: Order[]; resource: Resource | undefined; one: Given },
): Order[] {
  if (!resource || (one.region === resource.region && one.ipAddress === resource.ipAddress)) return before;
  const { reportVersion } = resource;
  const reported = { ...one, start: null, end: null, reportVersion, by: actorId(tx.actor), at: tx.now };
  return withSaved(before, saveOrders(tx, correctPeriods(before, reported, rules)));
}

/** All that is told was told before, with the same times; other instances may have been told since. */
function isRepeat(order: Order, told: readonly Given[]): boolean {
  if (told.length === 0) return order.fulfilment === 'created' && order.instances.length === 0;
  return told.every(({ instanceId, start, end }) => {
    const before = order.instances.find((instance) => instance.instanceId === instanceId)?.told;
    return before && Number(before.start) === Number(start) && Number(before.end) === Number(end);
  });
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
 * ORD-11: an instance that the platform reports for an order which may not list it yet.
 *
 * @throws Refusal `order.not_fulfillable`, `order.fulfilment_misfit`; `resource.taken` where it is another
 * account's, product's or purchase's.
 */
export async function addInstance(
  tx: Tx,
  rules: FitRules,
  { orderId, given, known }: { orderId: OrderId; given: Given; known: Resource | undefined },
): Promise<Order> {
  const { instanceId } = given;
  const order = await lockOrder(tx, orderId);
  if (known && !mayHave(order, known)) throw new Refusal('conflict', 'resource.taken', { instanceId });
  const isListed = order.instanceIds.includes(instanceId);
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
  expectFit(order, [given], { ...rules, ends: new Map(), periodsMayFollow: true });
  const saved = saveOrder(tx, giveInstances(order, [{ ...given, told: null, knownSince: tx.now }]));
  saveOrderInstances(tx, saved);
  return saved;
}
