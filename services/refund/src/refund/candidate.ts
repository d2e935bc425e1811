import type { z } from 'zod';
import type { OrderSnapshot } from '@accord/events/order';
import type { ResourceSnapshot } from '@accord/events/resource';
import { isZero } from '@accord/money';
import type { Profile } from '@accord/profile';

// An instance that may be refunded: all that is known of it, and what follows from that.

export type Order = z.output<typeof OrderSnapshot>;
export type Resource = z.output<typeof ResourceSnapshot>;
export type RefundKind = 'unsubscribe' | 'renewal_only' | 'failed_fulfilment' | 'downgrade_difference';

export interface LinkedContract {
  readonly contractId: string;
  /** Null where its draft is not known here yet. */
  readonly number: string | null;
  readonly status: string;
}

/**
 * `members`: the instances that are there of each living order of the bundle; none yet where it is not fulfilled.
 */
export interface Bundle {
  readonly bundleId: string;
  readonly members: readonly (readonly string[])[];
}

/** The refund that has an instance, or gave it back already. */
export interface Claim {
  readonly instanceId: string;
  readonly refundId: string;
  readonly refunded: boolean;
}

export interface ReturnedRenewal {
  readonly orderId: string;
  readonly instanceId: string;
}

/** All that is known of the instances asked for; only the account's own. */
export interface Facts {
  readonly orders: readonly Order[];
  readonly resources: readonly Resource[];
  readonly contracts: readonly LinkedContract[];
  readonly claims: readonly Claim[];
  /** Renewals that were given back by themselves; their instances live on (RFD-9). */
  readonly returnedRenewals: readonly ReturnedRenewal[];
  readonly bundles: readonly Bundle[];
  readonly refundsThisYear: number;
}

/** One instance, as it would be refunded at `at` by the refund `self`, if there is one already. */
export interface Candidate extends Pick<Facts, 'contracts' | 'bundles' | 'refundsThisYear'> {
  readonly instanceId: string;
  readonly kind: RefundKind;
  readonly at: Date;
  /** Living orders of the instance, oldest first: neither cancelled nor voided. */
  readonly orders: readonly Order[];
  /** The ones that the refund is about: all of them, or the renewals that have not begun (RFD-9). */
  readonly returning: readonly Order[];
  readonly resource: Resource | undefined;
  /** Undefined also where it is `self`'s own. */
  readonly claim: Claim | undefined;
  readonly self: string | undefined;
  /** All instances asked for together. */
  readonly together: ReadonlySet<string>;
}

/** A question about instances; `self` is the refund that asks again (RFD-12). */
export interface CandidateAsk {
  readonly at: Date;
  readonly kind: RefundKind;
  readonly self?: string;
}

export function candidateOf(
  instanceId: string,
  together: ReadonlySet<string>,
  { orders, resources, claims, returnedRenewals, contracts, bundles, refundsThisYear }: Facts,
  { at, kind, self }: CandidateAsk,
): Candidate {
  const isReturned = ({ orderId }: Order) =>
    returnedRenewals.some((one) => one.orderId === orderId && one.instanceId === instanceId);
  const living = orders.filter(
    (order) =>
      order.instanceIds.includes(instanceId) &&
      (order.status === 'unpaid' || order.status === 'paid') &&
      !isReturned(order),
  );
  const resource = resources.find((known) => known.instanceId === instanceId);
  const claim = claims.find((known) => known.instanceId === instanceId);
  const own = living
    .map((order) => onInstance(order, instanceId, { living, resource }))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  return {
    instanceId,
    together,
    at,
    kind,
    self,
    orders: own,
    returning: kind === 'renewal_only' ? own.filter((order) => isRenewalToCome(order, at)) : own,
    resource,
    claim: claim?.refundId === self ? undefined : claim,
    contracts,
    bundles,
    refundsThisYear,
  };
}

const givesTime: readonly Order['orderType'][] = [
  'purchase',
  'renewal',
  'configuration_change',
  'compensation',
];

/**
 * With the period that the order pays for on this instance (RFD-22). An order that was announced before orders
 * said that has one for all; where that does not tell it, the instance's own does, if no other order gave it time.
 */
function onInstance(
  order: Order,
  instanceId: string,
  { living, resource }: { readonly living: readonly Order[]; readonly resource: Resource | undefined },
): Order {
  if (!order.instances) {
    const mayDiffer = order.instanceIds.length > 1 || !order.servicePeriod;
    const isAlone = living.every((other) => other === order || !givesTime.includes(other.orderType));
    if (!mayDiffer || !isAlone || !resource?.start || !resource.end) return order;
    const asReported = { ...order, servicePeriod: { start: resource.start, end: resource.end } };
    return isOfUnclearPeriod(asReported) ? order : asReported;
  }
  const { start, end } = order.instances.find((instance) => instance.instanceId === instanceId) ?? {};
  return { ...order, servicePeriod: start && end ? { start, end } : null };
}

/** The order that began the instance. */
export const originOf = ({ orders }: Pick<Candidate, 'orders'>): Order | undefined =>
  orders.find(({ orderType }) => orderType === 'purchase') ?? orders[0];

export const costNothing = ({ status, cashPaid, voucherPaid }: Order): boolean =>
  status === 'unpaid' || (isZero(cashPaid) && isZero(voucherPaid));

/** In which that was paid which would come back. */
export const currenciesOf = ({ returning }: Pick<Candidate, 'returning'>): string[] => [
  ...new Set(returning.filter(({ status }) => status === 'paid').map(({ cashPaid }) => cashPaid.currency)),
];

/** No one sum says what would come back: its product moved to an entity with another currency. */
export const isOfSeveralCurrencies = (candidate: Pick<Candidate, 'returning'>): boolean =>
  currenciesOf(candidate).length > 1;

/** Never there, released, or given back already. */
export const isGone = ({ orders, resource, claim }: Candidate): boolean =>
  orders.length === 0 || resource?.released === true || claim?.refunded === true;

/** Judged order by order: a package may stand on an instance that was bought otherwise. */
export const isPackage = ({ chargeType }: Order): boolean => chargeType === 'package';

/** As it was reported; until it is, from its start on. */
export const isInEffect = ({ productForm }: Order, { resource, at }: Candidate): boolean =>
  productForm !== 'usage_package' &&
  resource !== undefined &&
  (resource.inEffect ||
    (resource.reportVersion === 0 && resource.start !== null && new Date(resource.start) <= at));

export const isUsed = (resource: Resource | undefined): boolean => /[1-9]/.test(resource?.usage ?? '0');

const dayMs = 86_400_000;

/** Whole 24 h from the order's paidAt; the last instant still counts (RFD-2). */
export const isInWindow = ({ paidAt }: Order, at: Date, { refunds }: Profile): boolean =>
  !paidAt || at.getTime() <= new Date(paidAt).getTime() + refunds.packageWindowDays * dayMs;

/**
 * A package is unused as long as nothing was taken from it; one that is no usage package, as long as it is
 * not in effect (RFD-2, RFD-10).
 */
export const isUsedPackage = (candidate: Candidate, order: Order, profile: Profile): boolean =>
  isPackage(order) &&
  (isUsed(candidate.resource) || isInEffect(order, candidate) || !isInWindow(order, candidate.at, profile));

const longestMs = { minute: 60_000, month: 31 * dayMs, year: 366 * dayMs } as const;

/**
 * An order that was announced before RFD-22 says one period for all of its instances, and what is used of it
 * decides the money (RFD-6). Of several that end at different times, one renewal makes a period longer than what
 * was paid for; of a subscription without an end, an upgrade's too, nothing would ever be used. People decide
 * about those.
 */
export function isOfUnclearPeriod(order: Order): boolean {
  const { billType, chargeType, fulfilment, instanceIds, instances, servicePeriod, duration } = order;
  if (billType !== 'prepay' || chargeType !== 'subscription' || fulfilment !== 'created') return false;
  if (!servicePeriod) return !costNothing(order);
  const lastsMs = new Date(servicePeriod.end).getTime() - new Date(servicePeriod.start).getTime();
  return (
    !instances &&
    instanceIds.length > 1 &&
    duration !== null &&
    lastsMs > duration.value * longestMs[duration.unit] + dayMs
  );
}

/** Of one whose period is not clear nobody knows whether it has begun. */
const isRenewalToCome = (order: Order, at: Date): boolean =>
  order.orderType === 'renewal' &&
  order.status === 'paid' &&
  order.fulfilment === 'created' &&
  (!order.servicePeriod || isOfUnclearPeriod(order) || new Date(order.servicePeriod.start) >= at);

const endsOf = (orders: readonly Order[]) =>
  orders.flatMap(({ servicePeriod }) => (servicePeriod ? [new Date(servicePeriod.end).getTime()] : []));

/**
 * Epoch ms. Infinity where neither the resource nor any order says; what is pay-as-you-go now outlives the
 * periods paid before.
 */
export function endOf(candidate: Candidate): number {
  if (candidate.resource?.end) return new Date(candidate.resource.end).getTime();
  const ends = billTypeOf(candidate) === 'postpay' ? [] : endsOf(candidate.orders);
  return ends.length > 0 ? Math.max(...ends) : Infinity;
}

/** A switch to postpay takes effect at the end of the paid period (ORD-2). */
export function billTypeOf({ orders, at }: Candidate): Order['billType'] | undefined {
  const began = orders.filter(
    ({ orderType }) => orderType === 'purchase' || orderType === 'configuration_change',
  );
  const paidUntil = Math.max(...endsOf(orders.filter(({ billType }) => billType === 'prepay')), -Infinity);
  const inEffect = began.filter(
    ({ orderType, billType }) =>
      orderType === 'purchase' || billType === 'prepay' || paidUntil <= at.getTime(),
  );
  return (inEffect.at(-1) ?? orders[0])?.billType;
}

/** RFD-9: since one of the renewals that would come back, by the platform's report or by an order. */
export function isScaledAfterRenewal({ orders, returning, resource }: Candidate): boolean {
  const paidAt = returning.flatMap((renewal) => renewal.paidAt ?? []).sort()[0];
  if (!paidAt) return false;
  const scaledAt = [
    resource?.scaledAt ?? '',
    ...orders.flatMap((order) => (isScaling(order) && order.paidAt) || []),
  ];
  return scaledAt.some((at) => at > paidAt);
}

const isScaling = ({ orderType }: Order): boolean => orderType === 'upgrade' || orderType === 'downgrade';
