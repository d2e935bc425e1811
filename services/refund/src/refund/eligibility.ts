import type { RefundRefusalCode } from '@accord/events';
import { isZero } from '@accord/money';
import type { Profile } from '@accord/profile';
import type { Order, Resource } from '../order-view.ts';
import type { Amounts } from './amount.ts';

/** What is known of the instances asked for; only the account's own. */
export interface Facts {
  readonly orders: readonly Order[];
  readonly resources: readonly Resource[];
  readonly contracts: readonly LinkedContract[];
  readonly claims: readonly {
    readonly instanceId: string;
    readonly refundId: string;
    readonly refunded: boolean;
  }[];
  readonly bundles: readonly Bundle[];
  readonly refundsThisYear: number;
}

export interface LinkedContract {
  readonly contractId: string;
  /** Null where its draft is not known here yet. */
  readonly number: string | null;
  readonly status: string;
}

/** `members`: the instances of each living order of the bundle; none yet where it is not fulfilled. */
export interface Bundle {
  readonly bundleId: string;
  readonly members: readonly (readonly string[])[];
}

export type RefundKind = 'unsubscribe' | 'renewal_only' | 'failed_fulfilment';

/** One instance, as it would be refunded at `at` by the refund `self`, if there is one already. */
export interface Candidate {
  readonly instanceId: string;
  readonly kind: RefundKind;
  readonly at: Date;
  /** Living orders of the instance, oldest first: neither cancelled nor voided. */
  readonly orders: readonly Order[];
  readonly resource: Resource | undefined;
  readonly claim: Facts['claims'][number] | undefined;
  readonly self: string | undefined;
  readonly contracts: readonly LinkedContract[];
  readonly bundles: readonly Bundle[];
  /** All instances asked for together. */
  readonly together: ReadonlySet<string>;
  readonly refundsThisYear: number;
  /** Undefined where no order tells any. */
  readonly amounts: Amounts | undefined;
}

export interface Reason {
  readonly code: RefundRefusalCode;
  /** A stable word for what would mend it; `none` where nothing does. */
  readonly remedy: Remedy;
  readonly instanceId: string | null;
  readonly orderId: string | null;
  /** What the text names: contractId, number, refundId, frozenBy, bundleId … */
  readonly facts: Readonly<Record<string, string>>;
}

export type Remedy = (typeof remedies)[number];
export const remedies = [
  'none',
  'release_in_console',
  'ask_support',
  'finish_open_order',
  'await_running_refund',
  'lift_freeze',
  'return_invoice',
  'delete_contract',
  'void_contract',
  'void_contract_by_ticket',
  'refund_whole_bundle',
  'check_instance_id',
  'refund_the_instance',
  'await_next_year',
  'pay_or_cancel_order',
  'accept_new_quote',
] as const;

type Finding = {
  readonly orderId?: string;
  readonly remedy?: Remedy;
  readonly facts?: Readonly<Record<string, string>>;
};
type Rule = {
  readonly remedy: Remedy;
  readonly against: (candidate: Candidate, profile: Profile) => readonly Finding[];
};

const dayMs = 86_400_000;
const yes: readonly Finding[] = [{}];
const when = (is: boolean | undefined): readonly Finding[] => (is ? yes : []);
const each = (orders: readonly Order[], is: (order: Order) => boolean): readonly Finding[] =>
  orders.filter(is).map(({ orderId }) => ({ orderId, facts: { orderId } }));

/** The order that began the instance. */
export const originOf = ({ orders }: Pick<Candidate, 'orders'>): Order | undefined =>
  orders.find(({ orderType }) => orderType === 'purchase') ?? orders[0];

/**
 * RFD-3: every code against a refund, as a pure predicate. An instance that is not found has no other reason
 * (RFD-4).
 */
const rules = {
  POSTPAID: { remedy: 'release_in_console', against: (c) => when(billTypeOf(c) === 'postpay') },
  EXPIRED: { remedy: 'none', against: (c) => when(endOf(c) <= c.at.getTime()) },
  PACKAGE_WINDOW_PASSED: {
    remedy: 'none',
    against: (c, profile) => each(c.orders, (order) => isPackage(order) && !inWindow(order, c.at, profile)),
  },
  PACKAGE_USED: {
    remedy: 'none',
    against: (c) =>
      each(
        c.orders,
        (order) => isPackage(order) && order.productForm !== 'storage_package' && isUsed(c.resource),
      ),
  },
  PACKAGE_IN_EFFECT: {
    remedy: 'none',
    against: (c) => each(c.orders, (order) => isPackage(order) && isInEffect(order, c)),
  },
  ZERO_AMOUNT: {
    remedy: 'none',
    against: (c) => when(c.amounts && isZero(c.amounts.refund) && isZero(c.amounts.split.voucher)),
  },
  PRODUCT_NOT_SUPPORTED: {
    remedy: 'ask_support',
    against: (c) => [
      ...when(c.orders.some(({ refundable }) => !refundable)),
      ...each(c.orders, isOfUnclearPeriod),
    ],
  },
  TRADE_IN_PROGRESS: { remedy: 'finish_open_order', against: tradesInProgress },
  PROMOTION_EXCLUDED: {
    remedy: 'none',
    against: (c) => each(c.orders, ({ promotion }) => promotion !== null && promotion.terms !== 'refundable'),
  },
  TRIAL: { remedy: 'release_in_console', against: (c) => when(originOf(c)?.trial) },
  ONE_TIME: {
    remedy: 'none',
    against: (c) => when(originOf(c)?.chargeType === 'one_time' || originOf(c)?.productForm === 'one_time'),
  },
  FREE: { remedy: 'release_in_console', against: (c) => when(originOf(c)?.free) },
  FROZEN: {
    remedy: 'lift_freeze',
    against: (c) => (c.resource?.frozenBy ? [{ facts: { frozenBy: c.resource.frozenBy } }] : []),
  },
  INVOICED_MARKETPLACE: {
    remedy: 'return_invoice',
    against: (c, { contracts }) =>
      each(
        c.orders,
        ({ invoiced, category }) => invoiced && contracts.marketplaceCategories.includes(category),
      ),
  },
  GIFT_CAMPAIGN: {
    remedy: 'none',
    against: (c) => each(c.orders, ({ promotion }) => promotion !== null && promotion.kind !== 'discount'),
  },
  CONTRACT_LINKED: { remedy: 'void_contract', against: linkedContracts },
  SUPPORT_RIGHTS_USED: {
    remedy: 'none',
    against: (c) => each(c.orders, ({ supportRightsUsed }) => supportRightsUsed),
  },
  BUNDLE_MEMBER: { remedy: 'refund_whole_bundle', against: incompleteBundles },
  INSTANCE_NOT_FOUND: { remedy: 'check_instance_id', against: (c) => when(isGone(c)) },
  ARCHIVED: { remedy: 'none', against: (c) => when(c.resource?.archived) },
  SCALED_AFTER_RENEWAL: {
    remedy: 'refund_the_instance',
    against: (c) => when(c.kind === 'renewal_only' && scaledAfterRenewal(c)),
  },
  QUOTA_EXHAUSTED: {
    remedy: 'await_next_year',
    against: (c, { refunds }) =>
      when(refunds.yearlyQuota !== null && c.refundsThisYear >= refunds.yearlyQuota),
  },
  UNPAID: {
    remedy: 'pay_or_cancel_order',
    against: (c) => when(c.orders.every(({ status }) => status === 'unpaid')),
  },
} as const satisfies Readonly<Record<Exclude<RefundRefusalCode, 'QUOTE_STALE'>, Rule>>;

export type ReasonCode = keyof typeof rules;
export const reasonCodes = Object.keys(rules) as ReasonCode[];

/**
 * All reasons against, each with what would mend it; none where the instance may be refunded (RFD-1, RFD-3).
 */
export function reasonsAgainst(candidate: Candidate, profile: Profile): Reason[] {
  const asked: readonly ReasonCode[] = isGone(candidate) ? ['INSTANCE_NOT_FOUND'] : reasonCodes;
  return asked.flatMap((code) => {
    const rule: Rule = rules[code];
    return rule
      .against(candidate, profile)
      .map((finding) => reason(code, candidate.instanceId, { remedy: rule.remedy, ...finding }));
  });
}

export const reason = (
  code: Reason['code'],
  instanceId: string | null,
  { remedy = 'none', orderId, facts = {} }: Finding,
): Reason => ({
  code,
  remedy,
  instanceId,
  orderId: orderId ?? null,
  facts,
});

/**
 * A package is unused as long as nothing was taken from it; one that is no usage package, as long as it is
 * not in effect (RFD-2, RFD-10).
 */
export const packageUsed = (c: Candidate, order: Order, profile: Profile): boolean =>
  isPackage(order) && (isUsed(c.resource) || isInEffect(order, c) || !inWindow(order, c.at, profile));

/**
 * How a live contract is ended here: a draft by its removal, an official one as the profile has it (CTR-25,
 * CTR-26).
 */
export function voidingOf(contract: LinkedContract | undefined, profile: Profile): Remedy {
  if (contract?.status === 'official')
    return profile.contracts.voidOfficial === 'ticket' ? 'void_contract_by_ticket' : 'void_contract';
  return profile.contracts.removeDraft === 'delete' ? 'delete_contract' : 'void_contract';
}

const isGone = (c: Candidate) =>
  c.orders.length === 0 || c.resource?.released === true || c.claim?.refunded === true;
/** Judged order by order: a package may stand on an instance that was bought otherwise. */
const isPackage = ({ chargeType }: Order) => chargeType === 'package';
/** As it was reported; until it is, from its start on. */
const isInEffect = ({ productForm }: Order, { resource, at }: Candidate): boolean =>
  productForm !== 'usage_package' &&
  resource !== undefined &&
  (resource.inEffect ||
    (resource.reportVersion === 0 && resource.start !== null && new Date(resource.start) <= at));
const isUsed = (resource: Resource | undefined) => /[1-9]/.test(resource?.usage ?? '0');

/** Whole 24 h from the order's paidAt; the last instant still counts (RFD-2). */
const inWindow = ({ paidAt }: Order, at: Date, { refunds }: Profile): boolean =>
  !paidAt || at.getTime() <= new Date(paidAt).getTime() + refunds.packageWindowDays * dayMs;

const longestMs = { minute: 60_000, month: 31 * dayMs, year: 366 * dayMs } as const;

/**
 * An order says one period for all of its instances, and what is used of it decides the money (RFD-6). Of
 * several that end at different times, one renewal makes a period longer than what was paid for; of a
 * subscription without an end, an upgrade's too, nothing would ever be used. People decide about those.
 */
function isOfUnclearPeriod({
  billType,
  chargeType,
  fulfilment,
  instanceIds,
  servicePeriod,
  duration,
  cashPaid,
  voucherPaid,
}: Order): boolean {
  if (billType !== 'prepay' || chargeType !== 'subscription' || fulfilment !== 'created') return false;
  if (!servicePeriod) return !isZero(cashPaid) || !isZero(voucherPaid);
  const lastsMs = new Date(servicePeriod.end).getTime() - new Date(servicePeriod.start).getTime();
  return (
    instanceIds.length > 1 && duration !== null && lastsMs > duration.value * longestMs[duration.unit] + dayMs
  );
}

const endsOf = (orders: readonly Order[]) =>
  orders.flatMap(({ servicePeriod }) => (servicePeriod ? [new Date(servicePeriod.end).getTime()] : []));

/**
 * Infinity where neither the resource nor any order says; what is pay-as-you-go now outlives the periods paid
 * before.
 */
function endOf(c: Candidate): number {
  if (c.resource?.end) return new Date(c.resource.end).getTime();
  const ends = billTypeOf(c) === 'postpay' ? [] : endsOf(c.orders);
  return ends.length > 0 ? Math.max(...ends) : Infinity;
}

/** A switch to postpay takes effect at the end of the paid period (ORD-2). */
function billTypeOf(c: Candidate): Order['billType'] | undefined {
  const began = c.orders.filter(
    ({ orderType }) => orderType === 'purchase' || orderType === 'configuration_change',
  );
  const paidUntil = Math.max(...endsOf(c.orders.filter(({ billType }) => billType === 'prepay')), -Infinity);
  const inEffect = began.filter(
    ({ orderType, billType }) =>
      orderType === 'purchase' || billType === 'prepay' || paidUntil <= c.at.getTime(),
  );
  return (inEffect.at(-1) ?? c.orders[0])?.billType;
}

/** Unpaid, or paid and not yet fulfilled; or a refund of its own that runs. */
function tradesInProgress(c: Candidate): Finding[] {
  const open = each(
    c.orders,
    ({ status, fulfilment }) => status === 'unpaid' || fulfilment === 'none' || fulfilment === 'creating',
  );
  const held = c.orders.flatMap(({ hold }) => (hold?.kind === 'refund' ? [hold.id] : []));
  const running = new Set(
    [...held, ...(c.claim ? [c.claim.refundId] : [])].filter((refundId) => refundId !== c.self),
  );
  return [
    ...open,
    ...[...running].map((refundId) => ({ remedy: 'await_running_refund' as const, facts: { refundId } })),
  ];
}

function linkedContracts(c: Candidate, profile: Profile): Finding[] {
  const contractIds = new Set(c.orders.flatMap(({ hold }) => (hold?.kind === 'contract' ? [hold.id] : [])));
  return [...contractIds].map((contractId) => contractFinding(contractId, c.contracts, profile));
}

export function contractFinding(contractId: string, contracts: readonly LinkedContract[], profile: Profile) {
  const contract = contracts.find((known) => known.contractId === contractId);
  return {
    remedy: voidingOf(contract, profile),
    facts: { contractId, number: contract?.number ?? contractId },
  };
}

/**
 * The whole bundle may be refunded together (RFD-3); an order of it that has no instance yet keeps it back.
 */
function incompleteBundles(c: Candidate): Finding[] {
  const own = new Set(c.orders.flatMap(({ bundleId }) => bundleId ?? []));
  const isWhole = (bundle: Bundle) =>
    bundle.members.every((instances) => instances.length > 0 && instances.every((id) => c.together.has(id)));
  const whole = new Set(
    c.bundles
      .filter(({ bundleId }) => own.has(bundleId))
      .filter(isWhole)
      .map(({ bundleId }) => bundleId),
  );
  return [...own].filter((bundleId) => !whole.has(bundleId)).map((bundleId) => ({ facts: { bundleId } }));
}

function scaledAfterRenewal({ orders, resource }: Candidate): boolean {
  const renewal = orders.findLast(({ orderType }) => orderType === 'renewal');
  return Boolean(renewal?.paidAt && resource?.scaledAt && resource.scaledAt > renewal.paidAt);
}
