import type { z } from 'zod';
import type { AccountTelling } from '@accord/events/account';
import { isZero } from '@accord/money';
import { printable, type GlyphCheck } from '@accord/pdf';
import { isExcludedFromContracts, isInPart, isRefusedUnpaidDomain, type Profile } from '@accord/profile';
import type { Resource } from '../resource/resource.ts';
import { isOpen, isPayable, type Order } from './order.ts';
import { leavesSomething } from './returned-rest.ts';

// ORD-16: an operation is offered where the same request, made now, would be taken. Pure. The contract and the
// refund service decide about the request itself; tests/agreement holds both against this.

export const operations = ['view', 'pay', 'cancel', 'request_contract', 'unsubscribe'] as const;
export type Operation = (typeof operations)[number];

/** Of an account, that which decides whether it may be Party A. */
export type Account = Pick<
  z.output<typeof AccountTelling>,
  'certifiedName' | 'certificate' | 'invoiceTitle' | 'partner' | 'address'
>;

/** All that the operations of some orders go by beside the orders themselves. */
interface OperationContext {
  readonly accounts: ReadonlyMap<string, Account>;
  /** By instance id. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** By instance id and by bundle id: the orders that are unpaid or paid. */
  readonly living: ReadonlyMap<string, readonly Order[]>;
  /** Accounts whose refunds of this year are used up (RFD-3). */
  readonly withoutQuota: ReadonlySet<string>;
}

interface OperationRules {
  readonly profile: Profile;
  readonly missingGlyphs: GlyphCheck;
  readonly now: Date;
}

export function operationContextOf(known: {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly resources: readonly Resource[];
  readonly orders: readonly Order[];
  readonly withoutQuota?: ReadonlySet<string>;
}): OperationContext {
  const living = new Map<string, Order[]>();
  for (const order of known.orders)
    for (const key of [...leftOf(order), ...(order.bundleId === null ? [] : [bundleKey(order.bundleId)])])
      living.set(key, [...(living.get(key) ?? []), order]);
  return {
    accounts: known.accounts,
    resources: new Map(known.resources.map((resource) => [resource.instanceId, resource])),
    living,
    withoutQuota: known.withoutQuota ?? new Set(),
  };
}

export function allowedOperations(
  order: Order,
  context: OperationContext,
  rules: OperationRules,
): Operation[] {
  const payable = isPayable(order, rules.now);
  const live = payable || order.status === 'paid';
  const allowed = {
    view: true,
    pay: payable,
    cancel: payable,
    request_contract: live && isContractable(order, context.accounts.get(order.accountId), rules),
    unsubscribe: mayGiveBack(order, rules.profile) && givesBack(order, context, rules),
  } satisfies Record<Operation, boolean>;
  return operations.filter((operation) => allowed[operation]);
}

/** CTR-1 to CTR-14, of the order by itself. */
function isContractable(
  order: Order,
  account: Account | undefined,
  { profile: { contracts, invoicingEntities }, missingGlyphs }: OperationRules,
): boolean {
  const { hold, contractable, invoicingEntity, productName, configuration, instances } = order;
  const regions = instances.map(({ region }) => region);
  return (
    hold === null &&
    !isInPart(order) &&
    contractable &&
    contracts.sources.includes('order') &&
    !isExcludedFromContracts(order, contracts) &&
    !isRefusedUnpaidDomain(order, contracts) &&
    invoicingEntities.some(({ code }) => code === invoicingEntity) &&
    !missingGlyphs({ productName, configuration, regions }) &&
    account !== undefined &&
    isPartyA(account, contracts) &&
    !missingGlyphs([account.certifiedName, account.certificate, account.address])
  );
}

/** CTR-3, CTR-9, CTR-13. */
const isPartyA = (
  { certifiedName, invoiceTitle, partner }: Account,
  { partnerCustomers, invoiceTitleMustMatch }: Profile['contracts'],
): boolean =>
  printable(certifiedName ?? '').trim() !== '' &&
  (partner === null || partnerCustomers === 'allowed') &&
  (invoiceTitle === certifiedName || !invoiceTitleMustMatch);

/** RFD-3: of these accounts, those that had as many refunds this year as the profile gives. */
export const withoutQuota = (
  refundsThisYear: ReadonlyMap<string, number>,
  { refunds: { yearlyQuota } }: Pick<Profile, 'refunds'>,
): ReadonlySet<string> =>
  new Set(
    [...refundsThisYear].flatMap(([accountId, count]) =>
      yearlyQuota !== null && count >= yearlyQuota ? [accountId] : [],
    ),
  );

/**
 * RFD-2, RFD-3: whether the order is of a kind that ever gives money back; if not, there is no need to look
 * around it.
 */
export const mayGiveBack = (order: Order, profile: Profile): boolean =>
  order.billType === 'prepay' &&
  order.chargeType !== 'one_time' &&
  order.productForm !== 'one_time' &&
  order.orderType !== 'compensation' &&
  !order.trial &&
  !order.free &&
  profile.refunds.yearlyQuota !== 0 &&
  isUnhindered(order, profile) &&
  !isForfeited(order) &&
  paidSomething(order, profile);

/** RFD-3, of each order on an instance that is given back: also of those that bring nothing themselves. */
const isUnhindered = (order: Order, { contracts }: Profile): boolean =>
  order.status === 'paid' &&
  !isOpen(order) &&
  order.hold === null &&
  order.refundable &&
  hasPeriod(order) &&
  !(order.invoiced && contracts.marketplaceCategories.includes(order.category));

/** RFD-3: it gives nothing back, and nothing ends that. */
const isForfeited = ({ supportRightsUsed, promotion }: Order): boolean =>
  supportRightsUsed ||
  (promotion !== null && (promotion.terms !== 'refundable' || promotion.kind !== 'discount'));

/** RFD-6: what a subscription gave is counted by its period. */
const hasPeriod = ({ chargeType, servicePeriod, cashPaid, voucherPaid }: Order): boolean =>
  chargeType !== 'subscription' || servicePeriod !== null || (isZero(cashPaid) && isZero(voucherPaid));

const paidSomething = ({ cashPaid, voucherPaid }: Order, { refunds }: Profile): boolean =>
  !isZero(cashPaid) || (refunds.vouchersReturn === 'always' && !isZero(voucherPaid));

/** Whether one of its instances at least could be given back now, and something would come back. */
function givesBack(order: Order, context: OperationContext, rules: OperationRules): boolean {
  if (context.withoutQuota.has(order.accountId)) return false;
  const left = leftOf(order);
  const giving = new Map(
    left.flatMap((instanceId) => {
      const orders = givingOrders(instanceId, left, context, rules);
      return orders ? [[instanceId, orders] as const] : [];
    }),
  );
  return [...new Set([...giving.values()].flat())].some((one) =>
    leavesSomething(
      one,
      left.filter((instanceId) => giving.get(instanceId)?.includes(one)),
      { at: rules.now, living: context.living },
      rules.profile,
    ),
  );
}

const leftOf = ({ instanceIds, refundedInstanceIds }: Order): string[] =>
  instanceIds.filter((id) => !refundedInstanceIds.includes(id));

/**
 * The orders that an instance gives back, asked for together with the others of `left`; undefined where something is
 * against it. In a bundle an order that gives nothing back keeps none of the others back (RFD-3).
 */
function givingOrders(
  instanceId: string,
  left: readonly string[],
  context: OperationContext,
  rules: OperationRules,
): readonly Order[] | undefined {
  const resource = context.resources.get(instanceId);
  const orders = context.living.get(instanceId) ?? [];
  const isOpenToRefunds =
    resource !== undefined &&
    !resource.released &&
    resource.frozenBy === null &&
    orders.every((one) => isUnhindered(one, rules.profile)) &&
    new Set(orders.map(({ cashPaid }) => cashPaid.currency)).size === 1 &&
    isWholeBundle(orders, left, context);
  if (!isOpenToRefunds) return undefined;
  const isRunning =
    !resource.archived && !isOver(resource, orders, rules.now) && isPrepaid(orders, rules.now);
  const giving = orders.filter((one) => isRunning && !isForfeited(one) && isWindowOpen(one, resource, rules));
  return giving.length === orders.length || orders.some(({ bundleId }) => bundleId !== null)
    ? giving
    : undefined;
}

const isOver = ({ end }: Resource, orders: readonly Order[], now: Date): boolean =>
  (end?.getTime() ?? lastEnd(orders) ?? Infinity) <= now.getTime();

/** Epoch ms; undefined where none has a period. */
function lastEnd(orders: readonly Order[]): number | undefined {
  const ends = orders.flatMap(({ servicePeriod }) => servicePeriod?.end.getTime() ?? []);
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

/** ORD-2: a switch to postpay takes effect at the end of the paid period. */
function isPrepaid(orders: readonly Order[], now: Date): boolean {
  const paidUntil = lastEnd(orders.filter(({ billType }) => billType === 'prepay')) ?? -Infinity;
  const began = orders
    .filter(
      ({ orderType, billType }) =>
        orderType === 'purchase' ||
        (orderType === 'configuration_change' && (billType === 'prepay' || paidUntil <= now.getTime())),
    )
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  return (began.at(-1) ?? orders[0])?.billType === 'prepay';
}

const dayMs = 86_400_000;

/** RFD-2: a package comes back within its window, unused or not in effect; anything else at any time. */
function isWindowOpen(
  { chargeType, productForm, paidAt }: Order,
  { usage, inEffect, reportVersion, start }: Resource,
  { profile: { refunds }, now }: OperationRules,
): boolean {
  if (chargeType !== 'package') return true;
  const isLate = paidAt !== null && now.getTime() > paidAt.getTime() + refunds.packageWindowDays * dayMs;
  const isUsed = /[1-9]/.test(usage);
  const hasBegun = inEffect || (reportVersion === 0 && start !== null && start <= now);
  return !isLate && !isUsed && !(productForm !== 'usage_package' && hasBegun);
}

/** RFD-3: an instance of a bundle comes back with the whole bundle, so this order has to be all of it. */
const isWholeBundle = (orders: readonly Order[], asked: readonly string[], { living }: OperationContext) =>
  orders
    .flatMap(({ bundleId }) => bundleId ?? [])
    .flatMap((bundleId) => living.get(bundleKey(bundleId)) ?? [])
    .every((member) => member.instanceIds.length > 0 && leftOf(member).every((id) => asked.includes(id)));

/** Ids of bundles are the provider's own words, and may be those of instances. */
const bundleKey = (bundleId: string) => `bundle ${bundleId}`;
