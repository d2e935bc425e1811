import type { z } from 'zod';
import type { ContractKind } from '@accord/events/contract';
import { add, equal, subtract, zero, type Money } from '@accord/money';
import { isInPart, payByOf, type Profile } from '@accord/profile';
import type { Bill } from '../bill/bill.ts';
import type { Order } from '../order-view.ts';

// A contract's orders: the split of an application, the amounts, the periods. Pure.

export type Kind = z.infer<typeof ContractKind>;

/** CTR-1: paid orders, pay-as-you-go among them, make a contract; unpaid ones a payment request. */
export const kindOf = (order: Pick<Order, 'status'>): Kind & ('order' | 'payment_request') =>
  order.status === 'unpaid' ? 'payment_request' : 'order';

/** CTR-16: what came back of it in money. */
export const cashReturned = ({ cashReturned: returned, payableAmount }: Order): Money =>
  returned ?? zero(payableAmount.currency);

/** CTR-16: payable − vouchers − returned; null for pay as you go, which counts as nothing. */
export const cashPayable = (order: Order): Money | null =>
  order.chargeType === 'pay_as_you_go'
    ? null
    : subtract(subtract(order.payableAmount, order.voucherPaid), cashReturned(order));

/**
 * CTR-16: null where none of the orders, which are of one currency, has an amount.
 */
export const amountOf = (orders: readonly Order[]): Money | null =>
  orders
    .map(cashPayable)
    .reduce((total, amount) => (total && amount ? add(total, amount) : (total ?? amount)), null);

/** One contract of an application. */
export interface Part {
  readonly kind: 'order' | 'payment_request' | 'bill';
  readonly invoicingEntity: string;
  /** Of a part over bills none, and the other way round. */
  readonly orders: readonly Order[];
  readonly bills: readonly Bill[];
  readonly amount: Money | null;
}

/**
 * CTR-1, CTR-2: one contract per kind and invoicing entity, and per currency where the profile gave an entity
 * another one since; parts and orders keep the order they were asked for in.
 */
export function splitOrders(orders: readonly Order[]): Part[] {
  const groups = Map.groupBy(
    orders,
    (order) => `${kindOf(order)} ${order.invoicingEntity} ${order.payableAmount.currency}`,
  );
  return [...groups.values()].map((group) => ({
    kind: kindOf(group[0]!),
    invoicingEntity: group[0]!.invoicingEntity,
    orders: group,
    bills: [],
    amount: amountOf(group),
  }));
}

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
      !equal(cashPayable(was), cashPayable(is))
    );
  };
  return decided.filter(differs).map(({ orderId }) => orderId);
}

/**
 * CTR-15, CTR-16, CTR-39: the orders as they were reserved, whose prices stand, with the periods, the places and the
 * returned cash that the order service told since: they may follow the draft.
 */
export function withLaterFacts(reserved: readonly Order[], known: readonly Order[]): Order[] {
  const latest = new Map(known.map((order) => [order.orderId, order]));
  return reserved.map((order) => {
    const later = latest.get(order.orderId);
    if (!later || later.version <= order.version) return order;
    const { fulfilment, servicePeriod, instances } = later;
    const returned = cashReturned(later);
    return { ...order, fulfilment, servicePeriod, cashReturned: returned, ...(instances && { instances }) };
  });
}

/** The part of a contract's row that may change until it is sealed. */
interface StatedOrder {
  readonly orderId: string;
  readonly cashPayable: Money | null;
}

/** CTR-16: ids of the orders of which cash came back since a sealed file, or one to be sealed, stated them. */
export function returnedSince(stated: readonly StatedOrder[], known: readonly Order[]): string[] {
  const now = new Map(known.map((order) => [order.orderId, order]));
  const isReturned = ({ orderId, cashPayable: was }: StatedOrder) => {
    const order = now.get(orderId);
    return order?.status === 'paid' && !equal(cashPayable(order), was);
  };
  return stated.filter(isReturned).map(({ orderId }) => orderId);
}

/** CTR-39, ORD-25: where an instance runs, as fulfilment and reports tell it, and since when that is known. */
export interface Place {
  readonly instanceId: string;
  readonly region: string | null;
  readonly ipAddress: string | null;
  readonly knownSince: string | null;
}

/** Of the instances whose place was told. */
export const placesOf = ({ instances = [] }: Order): Place[] =>
  instances
    .filter(({ region, ipAddress }) => region !== null || ipAddress !== null)
    .map(({ instanceId, region, ipAddress, knownSince = null }) => ({
      instanceId,
      region,
      ipAddress,
      knownSince,
    }));

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
 * ORD-8: the orders as their draft leaves them, which moves payBy, counted from the placement. The order service
 * tells it later, too late for a reader of the new draft.
 */
export const asDrafted = (
  orders: readonly Order[],
  { orders: { payWithinWhenContractedMs } }: Pick<Profile, 'orders'>,
): Order[] =>
  orders.map((order) =>
    order.status === 'unpaid'
      ? { ...order, payBy: payByOf(order, payWithinWhenContractedMs).toISOString() }
      : order,
  );

/** Null at an end: not known yet, or open (pay as you go). */
interface Validity {
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
