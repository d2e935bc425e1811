import type { RefundRefusalCode } from '@accord/events/refund';
import type { Profile } from '@accord/profile';
import {
  billTypeOf,
  costNothing,
  currenciesOf,
  endOf,
  isGone,
  isInEffect,
  isInWindow,
  isOfSeveralCurrencies,
  isOfUnclearPeriod,
  isPackage,
  isScaledAfterRenewal,
  isUsed,
  originOf,
  type Bundle,
  type Candidate,
  type LinkedContract,
  type Order,
} from './candidate.ts';

// Why an instance may not be refunded (RFD-3), and what would mend it.

export interface RefusalReason {
  readonly code: RefundRefusalCode;
  /** `none` where nothing mends it. */
  readonly remedy: Remedy;
  readonly instanceId: string | null;
  readonly orderId: string | null;
  /** Named by the text: contractId, number, refundId, frozenBy, bundleId … */
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
  'await_periods',
  'refund_the_instance',
  'await_next_year',
  'pay_or_cancel_order',
  'accept_new_quote',
] as const;

/** The part of a refusal reason that differs from case to case. */
type ReasonDetails = Partial<Pick<RefusalReason, 'orderId' | 'remedy' | 'facts'>>;

export const refusalReason = (
  code: RefundRefusalCode,
  instanceId: string | null,
  { remedy = 'none', orderId = null, facts = {} }: ReasonDetails,
): RefusalReason => ({ code, remedy, instanceId, orderId, facts });

/** `givesNothing`: all that is asked for together gives nothing back. */
type PricedCandidate = Candidate & { readonly givesNothing: boolean };

type Rule = {
  readonly remedy: Remedy;
  /** One for each case of the code; none where it does not stand against the refund. */
  readonly against: (candidate: PricedCandidate, profile: Profile) => readonly ReasonDetails[];
};

const when = (is: boolean | undefined): readonly ReasonDetails[] => (is ? [{}] : []);
const each = (orders: readonly Order[], is: (order: Order) => boolean): readonly ReasonDetails[] =>
  orders.filter(is).map(({ orderId }) => ({ orderId, facts: { orderId } }));

/**
 * RFD-3: every code against a refund, as a pure predicate. An instance that is not found has no other reason
 * (RFD-4).
 */
const rules = {
  POSTPAID: { remedy: 'release_in_console', against: (c) => when(billTypeOf(c) === 'postpay') },
  EXPIRED: { remedy: 'none', against: (c) => when(endOf(c) <= c.at.getTime()) },
  PACKAGE_WINDOW_PASSED: {
    remedy: 'none',
    against: (c, profile) => each(c.returning, (one) => isPackage(one) && !isInWindow(one, c.at, profile)),
  },
  PACKAGE_USED: {
    remedy: 'none',
    against: ({ returning, resource }) =>
      each(
        returning,
        (order) => isPackage(order) && order.productForm !== 'storage_package' && isUsed(resource),
      ),
  },
  PACKAGE_IN_EFFECT: {
    remedy: 'none',
    against: (c) => each(c.returning, (order) => isPackage(order) && isInEffect(order, c)),
  },
  ZERO_AMOUNT: {
    remedy: 'none',
    against: (c) => when(c.givesNothing && incompleteBundles(c).length === 0),
  },
  PRODUCT_NOT_SUPPORTED: {
    remedy: 'ask_support',
    against: (c) => [
      ...when(c.returning.some(({ refundable }) => !refundable)),
      ...c.returning.filter(isOfUnclearPeriod).map(({ orderId }) => ({
        orderId,
        remedy: 'await_periods' as const,
        facts: { orderOfUnclearPeriod: orderId },
      })),
      ...(isOfSeveralCurrencies(c) ? [{ facts: { currencies: currenciesOf(c).join(', ') } }] : []),
    ],
  },
  TRADE_IN_PROGRESS: { remedy: 'finish_open_order', against: tradesInProgress },
  PROMOTION_EXCLUDED: {
    remedy: 'none',
    against: (c) => each(c.returning, ({ promotion: of }) => of !== null && of.terms !== 'refundable'),
  },
  TRIAL: { remedy: 'release_in_console', against: (c) => ofOriginAlone(c, ({ trial }) => trial) },
  ONE_TIME: {
    remedy: 'none',
    against: (c) =>
      ofOriginAlone(
        c,
        ({ chargeType, productForm }) => chargeType === 'one_time' || productForm === 'one_time',
      ),
  },
  FREE: { remedy: 'release_in_console', against: (c) => ofOriginAlone(c, ({ free }) => free) },
  FROZEN: {
    remedy: 'lift_freeze',
    against: (c) => (c.resource?.frozenBy ? [{ facts: { frozenBy: c.resource.frozenBy } }] : []),
  },
  INVOICED_MARKETPLACE: {
    remedy: 'return_invoice',
    against: (c, { contracts }) =>
      each(
        c.returning,
        ({ invoiced, category }) => invoiced && contracts.marketplaceCategories.includes(category),
      ),
  },
  GIFT_CAMPAIGN: {
    remedy: 'none',
    against: (c) => each(c.returning, ({ promotion: of }) => of !== null && of.kind !== 'discount'),
  },
  CONTRACT_LINKED: { remedy: 'void_contract', against: linkedContracts },
  SUPPORT_RIGHTS_USED: {
    remedy: 'none',
    against: (c) => each(c.returning, ({ supportRightsUsed }) => supportRightsUsed),
  },
  BUNDLE_MEMBER: { remedy: 'refund_whole_bundle', against: incompleteBundles },
  INSTANCE_NOT_FOUND: { remedy: 'check_instance_id', against: goneInstance },
  ARCHIVED: { remedy: 'none', against: (c) => when(c.resource?.archived) },
  SCALED_AFTER_RENEWAL: {
    remedy: 'refund_the_instance',
    against: (c) => when(c.kind === 'renewal_only' && isScaledAfterRenewal(c)),
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

type Code = keyof typeof rules;
/** In the order in which they are told. */
export const reasonCodes = Object.keys(rules) as Code[];

/**
 * Nothing that the customer or the provider does ends these. A member of a bundle gives nothing back for them, and
 * does not keep the others back (RFD-3); where it stays, it does not give its renewal away for nothing (RFD-9).
 */
const lasting: readonly Code[] = [
  'POSTPAID',
  'EXPIRED',
  'PACKAGE_WINDOW_PASSED',
  'PACKAGE_USED',
  'PACKAGE_IN_EFFECT',
  'PROMOTION_EXCLUDED',
  'TRIAL',
  'ONE_TIME',
  'FREE',
  'GIFT_CAMPAIGN',
  'SUPPORT_RIGHTS_USED',
  'ARCHIVED',
];

/**
 * All reasons against, each with what would mend it; none where the instance may be refunded (RFD-1, RFD-3).
 */
export function reasonsAgainst(candidate: PricedCandidate, profile: Profile): RefusalReason[] {
  const asked: readonly Code[] = isGone(candidate) ? ['INSTANCE_NOT_FOUND'] : codesFor(candidate);
  return asked.flatMap((code) => {
    const rule: Rule = rules[code];
    return rule
      .against(candidate, profile)
      .map((details) => refusalReason(code, candidate.instanceId, { remedy: rule.remedy, ...details }));
  });
}

/** A whole bundle that gives nothing at all is told everything; a member asked for alone, to ask for the whole. */
const codesFor = (c: PricedCandidate): readonly Code[] =>
  goesWithBundle(c) && !(c.givesNothing && incompleteBundles(c).length === 0)
    ? reasonCodes.filter((code) => !lasting.includes(code))
    : reasonCodes;

/** The orders of a member of a bundle that go with the others as lines of 0.00. */
export function forfeitedOrders(candidate: Candidate, profile: Profile): ReadonlySet<string> {
  if (!goesWithBundle(candidate)) return new Set();
  const priced = { ...candidate, givesNothing: false };
  const reasons = lasting.flatMap((code): readonly ReasonDetails[] => rules[code].against(priced, profile));
  return new Set(reasons.flatMap(({ orderId }) => orderId ?? candidate.returning.map((one) => one.orderId)));
}

/**
 * The order that began the instance is one that gives nothing back, and no later one was paid for. A member of a
 * bundle that cost nothing goes with the others (RFD-3).
 */
function ofOriginAlone(c: Candidate, is: (order: Order) => boolean): readonly ReasonDetails[] {
  const origin = originOf(c);
  if (!origin || !is(origin)) return [];
  if (costNothing(origin) && origin.bundleId !== null) return [];
  return when(c.orders.every((order) => order === origin || is(order) || costNothing(order)));
}

/** One that was the account's says how it ended; of any other, nothing is known (RFD-4). */
function goneInstance(c: Candidate): readonly ReasonDetails[] {
  if (!isGone(c)) return [];
  if (c.claim?.refunded) return [{ remedy: 'none', facts: { givenBackBy: c.claim.refundId } }];
  return c.resource?.released ? [{ remedy: 'none', facts: { released: c.instanceId } }] : [{}];
}

/** Unpaid, or paid and not yet fulfilled; or a refund of its own that runs. */
function tradesInProgress(c: Candidate): ReasonDetails[] {
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

function linkedContracts(c: Candidate, profile: Profile): ReasonDetails[] {
  const contractIds = new Set(c.orders.flatMap(({ hold }) => (hold?.kind === 'contract' ? [hold.id] : [])));
  return [...contractIds].map((contractId) => linkedContract(contractId, c.contracts, profile));
}

/** A contract that holds an order, and how it is ended. One that is not drafted yet has no number. */
export function linkedContract(
  contractId: string,
  contracts: readonly LinkedContract[],
  profile: Profile,
): Pick<RefusalReason, 'remedy' | 'facts'> {
  const contract = contracts.find((known) => known.contractId === contractId);
  return {
    remedy: voidingOf(contract, profile),
    facts: { contractId, ...(contract?.number && { number: contract.number }) },
  };
}

/**
 * How a live contract is ended here: a draft by its removal, an official one as the profile has it (CTR-25,
 * CTR-26).
 */
function voidingOf(contract: LinkedContract | undefined, profile: Profile): Remedy {
  if (contract?.status === 'official')
    return profile.contracts.voidOfficial === 'ticket' ? 'void_contract_by_ticket' : 'void_contract';
  return profile.contracts.removeDraft === 'delete' ? 'delete_contract' : 'void_contract';
}

const goesWithBundle = (c: Candidate): boolean => c.kind !== 'renewal_only' && bundlesOf(c).size > 0;
const bundlesOf = ({ returning }: Candidate): ReadonlySet<string> =>
  new Set(returning.flatMap(({ bundleId }) => bundleId ?? []));

/**
 * The whole bundle may be refunded together (RFD-3); an order of it that has no instance yet keeps it back.
 */
function incompleteBundles(c: Candidate): ReasonDetails[] {
  const own = bundlesOf(c);
  const isWhole = (bundle: Bundle) =>
    bundle.members.every((instances) => instances.length > 0 && instances.every((id) => c.together.has(id)));
  const whole = new Set(
    c.bundles.filter((bundle) => own.has(bundle.bundleId) && isWhole(bundle)).map(({ bundleId }) => bundleId),
  );
  return [...own].filter((bundleId) => !whole.has(bundleId)).map((bundleId) => ({ facts: { bundleId } }));
}
