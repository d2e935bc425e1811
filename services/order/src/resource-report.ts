import { expectVersion, Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import { addInstance } from './fulfilment.ts';
import type { FitRules } from './order/fulfilment-fit.ts';
import { lockOrdersOfInstances } from './order/order-instance-store.ts';
import { correctPeriods } from './order/order-period.ts';
import { lockOrder, saveOrder, saveOrders } from './order/order-store.ts';
import { changeFacts, type Order, type OrderId } from './order/order.ts';
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
  /** The actor that said so: `platform:cmdb`. */
  readonly by: string;
  readonly ifMatch?: readonly number[] | undefined;
}

/**
 * ORD-11: an older report changes nothing; an unknown instance is created where the report names the order it
 * belongs to. Times and place that differ from what was told before correct its orders (ORD-26).
 *
 * @throws Refusal `resource.order_required`, `order.not_found`, `order.not_fulfillable`,
 * `order.fulfilment_misfit`, `resource.taken`, `request.version_mismatch`.
 */
export async function report(tx: Tx, rules: FitRules, ask: Ask): Promise<Resource> {
  const { instanceId, orderId, report: told } = ask;
  const [known] = await lockResources(tx, [instanceId]);
  expectVersion(ask.ifMatch, known?.version);
  const joins = orderId !== undefined && !known?.orderIds.includes(orderId);
  if (!known && !joins) throw new Refusal('not_found', 'resource.order_required', { instanceId });
  if (known && known.reportVersion >= told.reportVersion) return known;

  const { start, end, region, ipAddress, reportVersion } = told;
  const given = { instanceId, start, end, region, ipAddress };
  const orders = known && isMoved(known, told) ? await lockOrdersOfInstances(tx, [instanceId]) : [];
  const order = joins ? await addInstance(tx, rules, { orderId, given, known }) : undefined;
  if (!known) return saveResource(tx, createResource(order!, given, tx.now, told));
  saveOrders(tx, correctPeriods(orders, { ...given, reportVersion, by: ask.by, at: tx.now }, rules));
  return saveResource(tx, applyReport(known, told, { orderId: joins ? orderId : undefined, at: tx.now }));
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
  async (tx: Tx, { data, actor: by }: Event<'resource.reported'>): Promise<void> => {
    const { instanceId, orderId, accountId: _account, nextRenewalPeriod: next, ...facts } = data;
    const times = { start: time(facts.start), end: time(facts.end), scaledAt: time(facts.scaledAt) };
    const nextRenewalPeriod = next && { start: new Date(next.start), end: new Date(next.end) };
    const told = { ...facts, ...times, nextRenewalPeriod };
    await report(tx, rules, { instanceId, orderId, report: told, by });
  };

const reportRows = ({ data: { instanceId, orderId } }: Event<'resource.reported'>) => [
  instanceId,
  ...(orderId ? [orderId] : []),
];

export const resourceReportSubscriptions = (rules: FitRules): Subscriptions => ({
  'resource.reported': { on: onResourceReported(rules), locks: reportRows },
});
