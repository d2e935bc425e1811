import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Holder } from '@accord/events/fields';
import type { Subscriptions } from '@accord/messaging';
import { sum, type Money } from '@accord/money';
import { saveEnds } from './order/holder-store.ts';
import { linkDifference, refundFailedFulfilment, refundOrder } from './order/order-refund.ts';
import { lockOrders, lockOrdersHeldBy, saveOrders } from './order/order-store.ts';
import type { Order } from './order/order.ts';
import { settleSwitches } from './period-settlement.ts';
import { refundRows } from './reservation.ts';
import { lockResources, saveResource } from './resource/resource-store.ts';
import { releaseResource, shortenResource, type Resource } from './resource/resource.ts';

type Refund = Event<'refund.succeeded'>['data']['refund'];

/** ORD-14, RFD-17: the money went back, so the resources it paid for end here and the refund's holds with it. */
async function onRefundSucceeded(tx: Tx, { data: { refund } }: Event<'refund.succeeded'>) {
  const { refundId } = refund;
  if (refund.kind === 'failed_fulfilment') {
    saveOrders(
      tx,
      (await lockOrders(tx, refund.orderIds)).map((order) =>
        refundFailedFulfilment(order, { refundId, returned: returnedOf(refund, order) }),
      ),
    );
    return;
  }
  const holder: Holder = { kind: 'refund', id: refundId };
  const { accountId } = refund;
  saveEnds(tx, { kind: 'refund', ids: [refundId], accountId, succeeded: true });
  const resources = await lockResources(tx, refund.instanceIds);
  const held = await lockOrdersHeldBy(tx, holder);
  if (held.length === 0) return; // done before
  const parts = held.map((order) => ({ order, instanceIds: refundedInstances(refund, order) }));
  let orders = saveOrders(
    tx,
    parts.map(({ order, instanceIds }) =>
      refundOrder(order, { holder, instanceIds, returned: returnedOf(refund, order), at: tx.now }),
    ),
  );

  for (const resource of resources) {
    const { instanceId } = resource;
    if (refund.kind === 'renewal_only') orders = settleSwitches(tx, orders, { instanceId, at: tx.now });
    await saveResource(
      tx,
      refund.kind === 'renewal_only'
        ? shortenResource(resource, paidTime(parts, resource))
        : releaseResource(resource),
    );
  }
}

/** ORD-24: the downgrade and the orders that the difference came back of show it (ORD-17). */
async function onDifferenceReturned(
  tx: Tx,
  { data: { refund } }: Event<'refund.difference_returned'>,
): Promise<void> {
  const orders = await lockOrders(tx, refund.orderIds);
  saveOrders(
    tx,
    orders.map((order) =>
      linkDifference(order, { refundId: refund.refundId, returned: returnedOf(refund, order) }),
    ),
  );
}

/** CTR-16: the refund's part that is this order's, in money; vouchers come back beside it. */
const returnedOf = ({ lines }: Pick<Refund, 'lines'>, { orderId, cashPaid }: Order): Money =>
  sum(
    lines.filter((line) => line.orderId === orderId).map(({ refund }) => refund),
    cashPaid.currency,
  );

/** How long the refunded orders pay for the instance, ms. */
const paidTime = (
  parts: readonly { order: Order; instanceIds: readonly string[] }[],
  { instanceId }: Resource,
): number =>
  parts
    .filter(({ instanceIds }) => instanceIds.includes(instanceId))
    .flatMap(({ order }) => order.instances.filter((instance) => instance.instanceId === instanceId))
    .reduce((ms, { start, end }) => ms + (start && end ? end.getTime() - start.getTime() : 0), 0);

/**
 * An unsubscription refunds its instances in all orders held; a renewal-only refund just the renewals of its
 * lines, the rest comes free.
 */
function refundedInstances(refund: Refund, order: Order): string[] {
  if (refund.kind !== 'renewal_only') return refund.instanceIds;
  const lines = refund.lines.filter(
    ({ orderId }) => orderId === order.orderId && order.orderType === 'renewal',
  );
  return lines.flatMap(({ instanceId }) => instanceId ?? refund.instanceIds);
}

export const refundSettlementSubscriptions: Subscriptions = {
  'refund.succeeded': { on: onRefundSucceeded, locks: refundRows },
  'refund.difference_returned': { on: onDifferenceReturned, locks: refundRows },
};
