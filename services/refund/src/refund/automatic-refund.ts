import { changed, Refusal, type Decision } from '@accord/core';
import { afterLine, total, untouched, wholeOrder, type Line, type RefundedOrder } from './amount.ts';
import type { Order } from './candidate.ts';
import { differenceLine, type Returning } from './difference-line.ts';
import { begin, refundSnapshot, snapshotOf, type Refund } from './refund.ts';

// Refunds that come by themselves, without quote or review: over as soon as they are known, the money going back in
// the same transaction.

type Automatic = 'failed_fulfilment' | 'downgrade_difference';

/** RFD-14. */
export function refundFailedFulfilment(order: Order, { at }: { readonly at: Date }): Decision<Refund> {
  const refund = succeeded(order, [wholeOrder(order)], {
    kind: 'failed_fulfilment' as const,
    reason: 'fulfilment_failed' as const,
    requestedBy: 'system:failed fulfilment',
    at,
  });
  return changed(refund, { type: 'refund.succeeded', data: { refund: refundSnapshot(refund) } });
}

/**
 * ORD-24: like a failed fulfilment, from all orders that paid for the rest; `before`: what each of them gave back.
 *
 * @throws Refusal `refund.orders_to_come` where one of them, as it is paid and fulfilled, is not known yet: it will be.
 */
export function returnDifference(
  { downgrade, orders }: Returning,
  before: readonly RefundedOrder[],
  { at, timeZone }: { readonly at: Date; readonly timeZone: string },
): Decision<Refund> {
  const soFar = new Map(before.map((order) => [order.orderId, order]));
  const lines = (downgrade.planChange?.rest ?? []).flatMap(({ orderId, instanceId }) => {
    const order = orders.find((one) => one.orderId === orderId);
    if (!order || order.paidAt === null || order.fulfilment !== 'created')
      throw new Refusal('not_found', 'refund.orders_to_come', { orderId });
    const known = soFar.get(orderId) ?? untouched(order);
    const line = differenceLine(order, { instanceId, downgrade, orders }, { timeZone }, known);
    if (line) soFar.set(orderId, afterLine(known, line));
    return line ?? [];
  });
  const refund = succeeded(downgrade, lines, {
    kind: 'downgrade_difference' as const,
    reason: 'downgraded' as const,
    requestedBy: 'system:downgrade',
    at,
  });
  return changed(refund, { type: 'refund.difference_returned', data: { refund: snapshotOf(refund) } });
}

const succeeded = <K extends Automatic, R extends Refund['reason']>(
  order: Order,
  lines: readonly Line[],
  { kind, reason, requestedBy, at }: { kind: K; reason: R; requestedBy: string; at: Date },
) => {
  const { refund: amount, split } = total(lines, order.cashPaid.currency);
  const begun = begin({
    accountId: order.accountId,
    kind,
    quoteId: null,
    asOf: at,
    instanceIds: order.instanceIds,
    orderIds: [...new Set([order.orderId, ...lines.map(({ orderId }) => orderId)])],
    amount,
    split,
    lines,
    reason,
    text: null,
    requestedBy,
    createdAt: at,
  });
  return { ...begun, kind, reason, status: 'succeeded' as const, endedAt: at };
};
