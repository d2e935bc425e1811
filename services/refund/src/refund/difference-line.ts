import Fraction from 'fraction.js';
import {
  countedPaid,
  exactText,
  roundedAmounts,
  shareOf,
  sharesOf,
  untouched,
  type AmountRules,
  type Line,
} from './amount.ts';
import type { Order } from './candidate.ts';
import { keptOf } from './plan-difference.ts';

/** A change to a cheaper plan, and the orders of its instances that the difference comes back from. */
export interface Returning {
  readonly downgrade: Order;
  readonly orders: readonly Order[];
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
  const { unit, remaining, total, priceBefore, priceAfter } = rest;
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
      downgrade: { orderId: downgrade.orderId, priceBefore, priceAfter },
      before,
    },
  };
}
