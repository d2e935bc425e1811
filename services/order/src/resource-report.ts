import { actorId, expectVersion, Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import { addInstance, failOrder, serialisationFailure } from './fulfilment.ts';
import type { FitRules } from './order/fulfilment-fit.ts';
import { findOpenOrder, lockOrdersOfInstances } from './order/order-instance-store.ts';
import { withSaved } from './order/order-period.ts';
import { lockOrder, saveOrder } from './order/order-store.ts';
import { cancelOrder, changeFacts, isOpen, type Order, type OrderId } from './order/order.ts';
import { settle } from './period-settlement.ts';
import { lockResources, saveResource } from './resource/resource-store.ts';
import { applyReport, createResource, type Report, type Resource } from './resource/resource.ts';

// Facts of orders and instances that the platform tells us, over REST or by topic (EVT-14), and that we only
// keep (ORD-11, ORD-22).

/** @throws Refusal `order.not_found`, `request.version_mismatch`. Equal facts change nothing. */
export async function reportFacts(
  tx: Tx,
  {
    orderId,
    ifMatch,
    ...facts
  }: {
    orderId: OrderId;
    ifMatch: readonly number[] | undefined;
    invoiced?: boolean;
    supportRightsUsed?: boolean;
  },
): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  expectVersion(ifMatch, order.version);
  return saveOrder(tx, changeFacts(order, facts));
}

interface Ask {
  readonly instanceId: string;
  readonly orderId: OrderId | undefined;
  readonly report: Report;
  readonly ifMatch?: readonly number[] | undefined;
}

/**
 * ORD-11: an older report changes nothing; an unknown instance is created where the report names the order it
 * belongs to. Times and place that differ from what was told before correct its orders (ORD-26). An order that is
 * open on an instance which was released ends.
 *
 * @throws Refusal `resource.order_required`, `order.not_found`, `order.not_fulfillable`,
 * `order.fulfilment_misfit`, `resource.taken`, `request.version_mismatch`.
 */
export async function report(tx: Tx, rules: FitRules, ask: Ask): Promise<Resource> {
  const { instanceId, orderId, report: told } = ask;
  const open = told.released ? await findOpenOrder(tx, instanceId) : undefined;
  const resources = await lockResources(tx, [instanceId, ...(open?.instanceIds ?? [])]);
  const known = resources.find((resource) => resource.instanceId === instanceId);
  expectVersion(ask.ifMatch, known?.version);
  const joins = orderId !== undefined && !known?.orderIds.includes(orderId);
  if (!known && !joins) throw new Refusal('not_found', 'resource.order_required', { instanceId });
  if (known && known.reportVersion >= told.reportVersion) return known;

  const { start, end, region, ipAddress, reportVersion } = told;
  const given = { instanceId, start, end, region, ipAddress };
  const concerned = resources.map((resource) => resource.instanceId);
  let orders =
    known && (isMoved(known, told) || told.released) ? await lockOrdersOfInstances(tx, concerned) : [];
  const order = joins ? await addInstance(tx, rules, { orderId, given, known }) : undefined;
  if (!known) return saveResource(tx, createResource(order!, given, tx.now, told));
  const others = resources.filter((resource) => resource !== known);
  if (told.released) orders = await endOpenOrder(tx, rules, { instanceId, orders, others });
  const by = told.reportedBy ?? actorId(tx.actor);
  settle(tx, rules, { orders, reported: { ...given, reportVersion, by, at: tx.now } });
  return saveResource(tx, applyReport(known, told, { orderId: joins ? orderId : undefined, at: tx.now }));
}

interface Release {
  readonly instanceId: string;
  /** All of its orders, and of the others that its open order names, locked. */
  readonly orders: readonly Order[];
  /** The other instances of its open order, locked. */
  readonly others: readonly Resource[];
}

/**
 * Nothing can be done any more to an instance that was released: an order for it that is not paid yet is cancelled;
 * one that is not fulfilled yet has failed, on all of its instances, and gives its money back (ORD-10). A purchase
 * goes on, whose instance is released before the last is there.
 *
 * @returns all of `orders`, as they are then.
 */
async function endOpenOrder(
  tx: Tx,
  rules: FitRules,
  { instanceId, orders, others }: Release,
): Promise<Order[]> {
  const order = orders.find(
    (one) => isOpen(one) && one.orderType !== 'purchase' && one.instanceIds.includes(instanceId),
  );
  if (!order) return [...orders];
  const isThere = (id: string) => id === instanceId || others.some((resource) => resource.instanceId === id);
  if (!order.instanceIds.every(isThere)) throw serialisationFailure(order.orderId);
  if (order.status === 'unpaid') {
    const why = { reason: 'by_operator', text: null, releasedInstanceId: instanceId, at: tx.now } as const;
    return withSaved(orders, [saveOrder(tx, cancelOrder(order, why))]);
  }
  const reason = `instance ${instanceId} was released`;
  const [, left] = await failOrder(tx, rules, { order, reason, resources: others, orders });
  return left;
}

const isMoved = (known: Resource, told: Report): boolean =>
  Number(known.start) !== Number(told.start) ||
  Number(known.end) !== Number(told.end) ||
  known.region !== told.region ||
  known.ipAddress !== told.ipAddress;

const time = (text: string | null) => (text === null ? null : new Date(text));

/**
 * As `report`. A report that overtakes its order, or the order's payment, waits for it.
 *
 * @throws Refusal as `report` does.
 */
const onResourceReported =
  (rules: FitRules) =>
  async (tx: Tx, { data, actor: reportedBy }: Event<'resource.reported'>): Promise<void> => {
    const { instanceId, orderId, accountId: _account, nextRenewalPeriod: next, ...facts } = data;
    const times = { start: time(facts.start), end: time(facts.end), scaledAt: time(facts.scaledAt) };
    const nextRenewalPeriod = next && { start: new Date(next.start), end: new Date(next.end) };
    const told = { ...facts, ...times, nextRenewalPeriod, reportedBy };
    await report(tx, rules, { instanceId, orderId, report: told });
  };

const reportRows = ({ data: { instanceId, orderId } }: Event<'resource.reported'>) => [
  instanceId,
  ...(orderId ? [orderId] : []),
];

export const resourceReportSubscriptions = (rules: FitRules): Subscriptions => ({
  'resource.reported': { on: onResourceReported(rules), locks: reportRows },
});
