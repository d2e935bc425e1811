import { expectVersion, Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import { addInstance } from './fulfilment.ts';
import { lockOrder, saveOrder } from './order/order-store.ts';
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
  }: { orderId: OrderId; ifMatch: readonly number[] | undefined; invoiced?: boolean; supportRightsUsed?: boolean },
): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  expectVersion(ifMatch, order.version);
  return saveOrder(tx, changeFacts(order, facts));
}

/**
 * ORD-11: an older report changes nothing; an unknown instance is created where the report names the order it
 * belongs to.
 *
 * @throws Refusal `resource.order_required`, `order.not_found`, `order.not_fulfillable`, `resource.taken`,
 * `request.version_mismatch`.
 */
export async function report(
  tx: Tx,
  ask: { instanceId: string; orderId: OrderId | undefined; report: Report; ifMatch?: readonly number[] | undefined },
): Promise<Resource> {
  const { instanceId, orderId } = ask;
  const [known] = await lockResources(tx, [instanceId]);
  expectVersion(ask.ifMatch, known?.version);
  if (known && (orderId === undefined || known.orderIds.includes(orderId)))
    return saveResource(tx, applyReport(known, ask.report, undefined));
  if (orderId === undefined) throw new Refusal('not_found', 'resource.order_required', { instanceId });
  if (known && known.reportVersion >= ask.report.reportVersion) return known;
  const given = { instanceId, ...ask.report };
  const order = await addInstance(tx, { orderId, given, known });
  return saveResource(
    tx,
    known ? applyReport(known, ask.report, orderId) : createResource(order, given, tx.now, ask.report),
  );
}

const time = (text: string | null) => (text === null ? null : new Date(text));

/**
 * As `report`. A report that overtakes its order, or the order's payment, waits for it.
 *
 * @throws Refusal as `report` does.
 */
export async function onResourceReported(tx: Tx, { data }: Event<'resource.reported'>): Promise<void> {
  const { instanceId, orderId, accountId: _account, nextRenewalPeriod: next, ...facts } = data;
  const times = { start: time(facts.start), end: time(facts.end), scaledAt: time(facts.scaledAt) };
  const nextRenewalPeriod = next && { start: new Date(next.start), end: new Date(next.end) };
  await report(tx, { instanceId, orderId, report: { ...facts, ...times, nextRenewalPeriod } });
}
