import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Holder } from '@accord/events/fields';
import { saveEnds } from './order/holder-store.ts';
import { listPaidTimes } from './order/order-instance-store.ts';
import { refundFailedFulfilment, refundOrder } from './order/order-refund.ts';
import { lockOrders, lockOrdersHeldBy, saveOrders } from './order/order-store.ts';
import type { Order } from './order/order.ts';
import { lockResources, saveResource } from './resource/resource-store.ts';
import { releaseResource, shortenResource } from './resource/resource.ts';

type Refund = Event<'refund.succeeded'>['data']['refund'];

/** ORD-14, RFD-17: the money went back, so the resources it paid for end here and the refund's holds with it. */
export async function onRefundSucceeded(tx: Tx, { data: { refund } }: Event<'refund.succeeded'>) {
  if (refund.kind === 'failed_fulfilment') {
    saveOrders(
      tx,
      (await lockOrders(tx, refund.orderIds)).map((order) => refundFailedFulfilment(order, refund.refundId)),
    );
    return;
  }
  const holder: Holder = { kind: 'refund', id: refund.refundId };
  saveEnds(tx, holder.kind, [holder.id], refund.accountId);
  const resources = await lockResources(tx, refund.instanceIds);
  const held = await lockOrdersHeldBy(tx, holder);
  if (held.length === 0) return; // done before
  const parts = held.map((order) => ({ order, instanceIds: refundedInstances(refund, order) }));
  saveOrders(
    tx,
    parts.map(({ order, instanceIds }) => refundOrder(order, { holder, instanceIds, at: tx.now })),
  );

  const renewals = parts
    .filter(({ instanceIds }) => instanceIds.length > 0)
    .map(({ order }) => order.orderId);
  const givenBack =
    refund.kind === 'renewal_only'
      ? await listPaidTimes(tx, { orderIds: renewals, instanceIds: refund.instanceIds })
      : [];
  for (const resource of resources) {
    const { ms = '0' } = givenBack.find(({ instanceId }) => instanceId === resource.instanceId) ?? {};
    await saveResource(
      tx,
      refund.kind === 'renewal_only' ? shortenResource(resource, Number(ms)) : releaseResource(resource),
    );
  }
}

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
