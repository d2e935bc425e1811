import type { z } from 'zod';
import type { ContractKind } from '@accord/events/contract';
import { add, equal, subtract, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import type { Order } from '../order-view.ts';

// A contract's orders: the split of an application, the amounts, the periods. Pure.

export type Kind = z.infer<typeof ContractKind>;

/** CTR-1: paid orders, pay-as-you-go among them, make a contract; unpaid ones a payment request. */
export const kindOf = (order: Pick<Order, 'status'>): Kind & ('order' | 'payment_request') =>
  order.status === 'unpaid' ? 'payment_request' : 'order';

/** CTR-16: payable − vouchers; null for pay as you go, which counts as nothing. */
export const cashPayable = (order: Order): Money | null =>
  order.chargeType === 'pay_as_you_go' ? null : subtract(order.payableAmount, order.voucherPaid);

/**
 * CTR-16: null where none of the orders has an amount.
 *
 * @throws Error where currencies differ; an invoicing entity has one (ORD-1).
 */
export const amountOf = (orders: readonly Order[]): Money | null =>
  orders
    .map(cashPayable)
    .reduce((total, amount) => (total && amount ? add(total, amount) : (total ?? amount)), null);

/** One contract of an application. */
export interface Part {
  readonly kind: 'order' | 'payment_request';
  readonly invoicingEntity: string;
  readonly orders: readonly Order[];
  readonly amount: Money | null;
}

/**
 * CTR-1, CTR-2: one contract per kind and invoicing entity; parts and orders keep the order they were asked
 * for in.
 */
export function splitOrders(orders: readonly Order[]): Part[] {
  const groups = Map.groupBy(orders, (order) => `${kindOf(order)} ${order.invoicingEntity}`);
  return [...groups.values()].map((group) => ({
    kind: kindOf(group[0]!),
    invoicingEntity: group[0]!.invoicingEntity,
    orders: group,
    amount: amountOf(group),
  }));
}

const sameMoney = (a: Money | null, b: Money | null) => (a && b ? equal(a, b) : a === b);

/**
 * CTR-4: ids of the orders whose kind, entity or amount differs, as reserved, from the decision on them; of
 * those not reserved, too.
 */
export function changedOrders(decided: readonly Order[], reserved: readonly Order[]): string[] {
  const now = new Map(reserved.map((order) => [order.orderId, order]));
  const differs = (was: Order) => {
    const is = now.get(was.orderId);
    return (
      !is ||
      kindOf(was) !== kindOf(is) ||
      was.invoicingEntity !== is.invoicingEntity ||
      !sameMoney(cashPayable(was), cashPayable(is))
    );
  };
  return decided.filter(differs).map(({ orderId }) => orderId);
}

/**
 * CTR-15: the orders as they were reserved, whose amounts stand, with the periods that the order service told
 * since: fulfilment may follow the draft.
 */
export function withLaterPeriods(reserved: readonly Order[], known: readonly Order[]): Order[] {
  const latest = new Map(known.map((order) => [order.orderId, order]));
  return reserved.map((order) => {
    const later = latest.get(order.orderId);
    if (!later || later.version <= order.version) return order;
    const { fulfilment, servicePeriod, instances } = later;
    return { ...order, fulfilment, servicePeriod, ...(instances && { instances }) };
  });
}

/** ORD-26: some of its instances are there, others still to come; it gets no contract before the last. */
export const isInPart = ({ fulfilment, instances = [] }: Order): boolean =>
  fulfilment === 'creating' && instances.length > 0;

/**
 * CTR-15: ids of the paid subscriptions without a known period: not fulfilled yet, or fulfilled at a time when
 * periods were not told. ORD-26: an order of which some instances were told is not fulfilled either, whatever it
 * is charged by.
 */
export function withoutPeriod(orders: readonly Order[]): { unfulfilled: string[]; fulfilled: string[] } {
  const subscriptions = orders.filter(
    ({ status, chargeType }) => status === 'paid' && chargeType === 'subscription',
  );
  const isUnfulfilled = (order: Order) =>
    isInPart(order) || (subscriptions.includes(order) && order.fulfilment !== 'created');
  const ids = (of: readonly Order[]) => of.map(({ orderId }) => orderId);
  return {
    unfulfilled: ids(orders.filter(isUnfulfilled)),
    fulfilled: ids(
      subscriptions.filter(({ fulfilment, servicePeriod }) => fulfilment === 'created' && !servicePeriod),
    ),
  };
}

/** CTR-29: ids of a payment request's orders that need none any more. */
export const paidMeanwhile = ({ kind }: { readonly kind: Kind }, known: readonly Order[]): string[] =>
  kind === 'payment_request'
    ? known
        .filter(({ status }) => status === 'paid')
        .map(({ orderId }) => orderId)
        .sort()
    : [];

/** CTR-7, ORD-20: ids of the orders whose domain name is not reserved until they are paid. */
export const unpaidDomains = (orders: readonly Order[]): string[] =>
  orders
    .filter(({ status, productForm }) => status === 'unpaid' && productForm === 'domain')
    .map(({ orderId }) => orderId)
    .sort();

export const earliestPayBy = (orders: readonly Order[]): string | null =>
  orders.flatMap(({ payBy }) => payBy ?? []).sort()[0] ?? null;

/**
 * ORD-8: the orders as their draft leaves them, which moves payBy, counted from the placement; a change of plan is
 * paid before the rest is over that it is for (ORD-24). The order service tells it later, too late for a reader of
 * the new draft.
 */
export const asDrafted = (
  orders: readonly Order[],
  { orders: { payWithinWhenContractedMs } }: Pick<Profile, 'orders'>,
): Order[] =>
  orders.map((order) => {
    if (order.status !== 'unpaid') return order;
    const { createdAt, planChange, servicePeriod } = order;
    const latest = Date.parse(createdAt) + payWithinWhenContractedMs;
    const payBy = planChange && servicePeriod ? Math.min(latest, Date.parse(servicePeriod.end)) : latest;
    return { ...order, payBy: new Date(payBy).toISOString() };
  });

/** Null at an end: not known yet, or open (pay as you go). */
export interface Validity {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * CTR-29, CTR-33: earliest start to latest end of the service periods, open with pay as you go; a payment
 * request until the earliest payBy of the orders that are not `paid` yet.
 */
export function validityOf(kind: Kind, orders: readonly Order[], paid: readonly string[] = []): Validity {
  if (kind === 'payment_request')
    return { from: null, to: earliestPayBy(orders.filter(({ orderId }) => !paid.includes(orderId))) };
  const periods = orders.flatMap(({ servicePeriod }) => servicePeriod ?? []);
  const starts = periods.map(({ start }) => start).sort();
  const ends = periods.map(({ end }) => end).sort();
  const open = orders.some(({ chargeType }) => chargeType === 'pay_as_you_go');
  return { from: starts[0] ?? null, to: open ? null : (ends.at(-1) ?? null) };
}
