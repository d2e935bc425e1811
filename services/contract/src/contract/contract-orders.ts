import { Refusal } from '@accord/core';
import { add, equal, subtract, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import { billingCycle } from '../bill/billing-cycle.ts';
import type { DocumentContent } from '../document/content.ts';
import type { Order } from '../order-view.ts';
import type { Contract, Kind } from './contract.ts';

export const templateVersion = '1.0';

type Row = DocumentContent['rows'][number];

/** CTR-1: paid orders, pay-as-you-go among them, make a contract; unpaid ones a payment request. */
export const kindOf = (order: Pick<Order, 'status'>): Kind & ('order' | 'payment_request') =>
  order.status === 'unpaid' ? 'payment_request' : 'order';

/** CTR-16: payable − vouchers; null for pay as you go, which counts as nothing. */
export const cashPayable = (order: Order): Money | null =>
  order.chargeType === 'pay_as_you_go' ? null : subtract(order.payableAmount, order.voucherPaid);

/**
 * CTR-16: null where none of the orders has an amount. @throws Error where currencies differ; an invoicing
 * entity has one (ORD-1).
 */
export const amountOf = (orders: readonly Order[]): Money | null =>
  orders
    .map(cashPayable)
    .reduce((total, amount) => (total && amount ? add(total, amount) : (total ?? amount)), null);

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
 * CTR-4: ids of the orders whose kind, entity or amount is, as reserved, not what was decided on; of those
 * not reserved, too.
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
 * The orders as they were reserved, whose amounts stand, with what the order service said since of their
 * periods: fulfilment may follow the draft (CTR-15).
 */
export function withLaterPeriods(reserved: readonly Order[], known: readonly Order[]): Order[] {
  const latest = new Map(known.map((order) => [order.orderId, order]));
  return reserved.map((order) => {
    const later = latest.get(order.orderId);
    if (!later || later.version <= order.version) return order;
    return { ...order, fulfilment: later.fulfilment, servicePeriod: later.servicePeriod };
  });
}

/**
 * CTR-15: ids of the paid subscriptions whose period is not known: yet, or though they are fulfilled, as
 * orders from before periods were told.
 */
export function withoutPeriod(orders: readonly Order[]): { unfulfilled: string[]; fulfilled: string[] } {
  const subscriptions = orders.filter(
    ({ status, chargeType }) => status === 'paid' && chargeType === 'subscription',
  );
  const ids = (of: readonly Order[]) => of.map(({ orderId }) => orderId);
  return {
    unfulfilled: ids(subscriptions.filter(({ fulfilment }) => fulfilment !== 'created')),
    fulfilled: ids(
      subscriptions.filter(({ fulfilment, servicePeriod }) => fulfilment === 'created' && !servicePeriod),
    ),
  };
}

/** CTR-15. `at` is the time of the application; its month is the billing cycle. */
function periodOf(order: Order, at: Date, profile: Profile): Row['period'] {
  if (order.chargeType === 'pay_as_you_go') {
    const { start, end } = billingCycle(profile.timeZone, at);
    return { kind: 'cycle', start: start.toISOString(), end: end.toISOString() };
  }
  if (order.status === 'paid' && order.servicePeriod) return { kind: 'period', ...order.servicePeriod };
  const unpaidHichina =
    order.status === 'unpaid' &&
    order.brand === profile.contracts.hichinaBrand &&
    order.productForm !== 'domain';
  return order.duration && !unpaidHichina ? { kind: 'duration', ...order.duration } : { kind: 'none' };
}

/**
 * Everything a contract's document says (CTR-14 to CTR-16). `orders` in the contract's order; amounts are
 * those reserved.
 *
 * @throws Refusal `contract.entity_unknown`
 */
export function contentOf(
  contract: Contract,
  orders: readonly Order[],
  { profile, mark, testSeal }: { profile: Profile; mark: DocumentContent['mark']; testSeal: boolean },
): DocumentContent {
  const entity = profile.invoicingEntities.find(({ code }) => code === contract.invoicingEntity);
  const { contractId, invoicingEntity } = contract;
  if (!entity) throw new Refusal('conflict', 'contract.entity_unknown', { contractId, invoicingEntity });
  if (!contract.number) throw new Error(`contract ${contractId} has no number`);
  return {
    number: contract.number,
    kind: kindOf(orders[0]!),
    language: contract.language,
    mark,
    testSeal,
    partyA: contract.partyA,
    partyB: entity[contract.language],
    createdAt: contract.createdAt.toISOString(),
    timeZone: profile.timeZone,
    rows: orders.map((order) => ({
      orderId: order.orderId,
      serviceName: order.productName[contract.language],
      configuration: order.configuration,
      count: order.count,
      period: periodOf(order, contract.createdAt, profile),
      duration: order.duration,
      cashPayable: cashPayable(order),
    })),
    total: amountOf(orders),
    payBy: contract.kind === 'payment_request' ? earliestPayBy(orders) : null,
    templateVersion,
    termsUrl: profile.contracts.termsUrl,
  };
}

const earliestPayBy = (orders: readonly Order[]): string | null =>
  orders.flatMap(({ payBy }) => payBy ?? []).sort()[0] ?? null;

/**
 * ORD-8: orders as their draft leaves them, which moves payBy, counted from the placement. The order service
 * says so later, too late for who reads the draft at once.
 */
export const asDrafted = (
  orders: readonly Order[],
  { orders: { payWithinWhenContractedMs } }: Pick<Profile, 'orders'>,
): Order[] =>
  orders.map((order) =>
    order.status === 'unpaid'
      ? { ...order, payBy: new Date(Date.parse(order.createdAt) + payWithinWhenContractedMs).toISOString() }
      : order,
  );

/** Null at an end: not known yet, or open (pay as you go). */
export interface Validity {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * CTR-33: earliest start to latest end of the service periods, open with pay as you go; a payment request
 * until its earliest payBy.
 */
export function validityOf(kind: Kind, orders: readonly Order[]): Validity {
  if (kind === 'payment_request') return { from: null, to: earliestPayBy(orders) };
  const periods = orders.flatMap(({ servicePeriod }) => servicePeriod ?? []);
  const open = orders.some(({ chargeType }) => chargeType === 'pay_as_you_go');
  return {
    from: periods.map(({ start }) => start).sort()[0] ?? null,
    to: open
      ? null
      : (periods
          .map(({ end }) => end)
          .sort()
          .at(-1) ?? null),
  };
}
