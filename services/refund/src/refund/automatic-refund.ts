import Fraction from 'fraction.js';
import { changed, Refusal, type Decision } from '@accord/core';
import { keptOf } from '@accord/profile';
import {
  afterLine,
  countedPaid,
  exactText,
  roundedAmounts,
  shareOf,
  sharesOf,
  total,
  untouched,
  wholeOrder,
  type AmountRules,
  type Line,
  type RefundedOrder,
} from './amount.ts';
import type { Order } from './candidate.ts';
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

/** A change to a cheaper plan, and the orders of its instances that the difference comes back from. */
interface Returning {
  readonly downgrade: Order;
  readonly orders: readonly Order[];
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

/**
 * ORD-24: the part of `order` that a downgrade gives back for an instance, from what was paid for it in money and is
 * still kept of it; null where the downgrade leaves the order as it is.
 */
export function differenceLine(
  order: Order,
  { instanceId, downgrade, orders }: Returning & { readonly instanceId: string },
  { timeZone }: Pick<AmountRules, 'timeZone'>,
  before = untouched(order),
): Line | null {
  const { orderId } = order;
  const rest = downgrade.planChange?.rest.find(
    (one) => one.orderId === orderId && one.instanceId === instanceId,
  );
  if (!rest) return null;
  const own = { order, instanceId, share: shareOf(order) };
  const earlier = orders.filter((one) => one.createdAt < downgrade.createdAt);
  const kept = keptOf(own, earlier);
  const difference = new Fraction(keptOf(own, [...earlier, downgrade]).returned).sub(kept.returned);
  if (difference.equals(0)) return null;
  const none = new Fraction(0);
  const exact = { paid: difference, refund: difference, fee: none, voucher: none };
  const period = order.instances?.find((one) => one.instanceId === instanceId);
  const { unit, remaining, total, priceBefore, priceAfter, returned, kept: left } = rest;
  return {
    orderId,
    instanceId,
    ...roundedAmounts(order, exact, before),
    exact: exactText(exact),
    calculation: {
      unit,
      used: total - remaining,
      total,
      period: period?.start && period.end ? { start: period.start, end: period.end } : null,
      asOf: downgrade.createdAt,
      timeZone,
      orderPaid: countedPaid(order),
      orderInstances: sharesOf(order),
      orderVoucher: null,
      feeBy: null,
      kept,
      downgrade: { orderId: downgrade.orderId, priceBefore, priceAfter, returned, kept: left },
      before,
    },
  };
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

declare module '@accord/core' {
  interface RefusalCodes {
    /** No caller gets it: an event is refused by it, and tried again. */
    'refund.orders_to_come': true;
  }
}
