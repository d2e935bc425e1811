import type { z } from 'zod';
import { amend, changed, isSameSubject, lifecycle, newId, Refusal, type Decision } from '@accord/core';
import type { Fact } from '@accord/events';
import type { RefundSnapshot } from '@accord/events/refund';
import { compare, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import { total, type Line, type Split } from './amount.ts';
import type { RefundKind } from './candidate.ts';
import type { RefusalReason } from './eligibility.ts';
import type { FactChange, InstanceQuote, KnownFact, Quote } from './quote.ts';

export const refundLifecycle = lifecycle('refund', 'requested', {
  requested: { check: 'checking', withdraw: 'withdrawn' },
  checking: { review: 'reviewing', approve: 'approved', refuse: 'refused' },
  reviewing: { approve: 'approved', refuse: 'refused', reject: 'rejected', withdraw: 'withdrawn' },
  approved: { pay: 'paying', refuse: 'refused' },
  paying: { succeed: 'succeeded', fail: 'failed', lose: 'unknown' },
  unknown: { succeed: 'succeeded', fail: 'failed' },
  failed: { retry: 'paying', withdraw: 'withdrawn' },
  refused: {},
  rejected: {},
  withdrawn: {},
  succeeded: {},
});

type RefundStatus = (typeof refundLifecycle.statuses)[number];
export const requestReasons = [
  'not_usable',
  'lacks_function',
  'too_complex',
  'unhappy_with_service',
  'other',
] as const;
export type RequestReason = (typeof requestReasons)[number];
export const payoutFailures = ['refund.exceeds_paid', 'refund.not_refundable'] as const;
export type PayoutFailure = (typeof payoutFailures)[number];

export interface Refund {
  readonly refundId: string;
  readonly version: number;
  readonly accountId: string;
  readonly status: RefundStatus;
  readonly kind: RefundKind;
  /** Null for an automatic refund. */
  readonly quoteId: string | null;
  /** All amounts stay as of this time, the quote's (RFD-12). */
  readonly asOf: Date;
  readonly instanceIds: readonly string[];
  readonly orderIds: readonly string[];
  readonly amount: Money;
  readonly split: Split;
  readonly lines: readonly Line[];
  readonly reason: RequestReason | 'fulfilment_failed' | 'downgraded';
  readonly text: string | null;
  /** `customer:usr_1`, `operator:…` */
  readonly requestedBy: string;
  readonly review: { readonly by: string; readonly text: string; readonly at: string } | null;
  /** All that was known and decides about it when its orders were held; empty until then. */
  readonly reservedFacts: readonly KnownFact[];
  /** Facts that had changed since when it was refused, or its payout failed (RFD-13). */
  readonly changes: readonly FactChange[];
  /** Empty unless it was refused, or its payout failed for what is against it. */
  readonly refusals: readonly RefusalReason[];
  /** With QUOTE_STALE: the quote on the changed facts. */
  readonly newQuoteId: string | null;
  readonly failure: PayoutFailure | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

type At = { readonly at: Date };

/** RFD-12. @throws Refusal `refund.quote_expired`, `refund.not_refundable` with every reason against. */
export function requestRefund(
  quote: Quote,
  ask: { reason: RequestReason; text: string | null; by: string } & At,
): Decision<Refund> {
  const { quoteId, accountId, kind, instances } = quote;
  if (ask.at >= quote.expiresAt)
    throw new Refusal('conflict', 'refund.quote_expired', {
      quoteId,
      expiresAt: quote.expiresAt.toISOString(),
    });
  const reasons = instances.flatMap((instance) => instance.reasons);
  if (reasons.length > 0 || !quote.total) throw notRefundable(reasons);
  if (ask.reason === 'other' && !ask.text)
    throw new Refusal('invalid', 'refund.text_required', { reason: ask.reason });
  const refund = begin({
    accountId,
    kind,
    quoteId,
    asOf: quote.createdAt,
    instanceIds: instances.map(({ instanceId }) => instanceId),
    ...contents(instances, quote.total.refund.currency),
    reason: ask.reason,
    text: ask.text,
    requestedBy: ask.by,
    createdAt: ask.at,
  });
  return changed(refund, { type: 'refund.requested', data: { refund: refundSnapshot(refund) } });
}

export const notRefundable = (reasons: readonly RefusalReason[]) =>
  new Refusal('conflict', 'refund.not_refundable', {
    codes: [...new Set(reasons.map(({ code }) => code))].join(', '),
    reasons,
  });

type ReviewRules = Pick<Profile['refunds'], 'reviewAbove' | 'abuse'>;

/** Refunds that the account asked for within 30 days, this one included; none that was refused or taken back. */
export interface RecentRefunds {
  readonly count: number;
  /** Of those in the currency of the profile's limit. */
  readonly sum: Money;
}

/** RFD-13: above a limit of the profile a person decides. */
export function acceptReserved(
  refund: Refund,
  again: readonly InstanceQuote[],
  ask: {
    rules: ReviewRules;
    recent: RecentRefunds;
    reservedFacts: readonly KnownFact[];
    /** All that are held for it: also of a refund of renewals, which gives back a part of them. */
    orderIds: readonly string[];
  } & At,
): Decision<Refund> {
  const { reservedFacts, orderIds, recent, rules } = ask;
  const now = contents(again, refund.amount.currency);
  const checked = { ...move(refund, 'check'), ...now, orderIds, reservedFacts };
  return needsReview(checked.amount, recent, rules)
    ? announce(checked, 'review', 'refund.review_required', ask)
    : announce(checked, 'approve', 'refund.approved', ask);
}

/** Also where the currency is not that of the limit: nothing here can compare them. */
const needsReview = (amount: Money, recent: RecentRefunds, { reviewAbove, abuse }: ReviewRules): boolean =>
  amount.currency !== reviewAbove.currency ||
  compare(amount, reviewAbove) > 0 ||
  (abuse !== null && (recent.count > abuse.count || compare(recent.sum, abuse.sum) > 0));

/** All that is against a refund; `changes` is what changed since its orders were held. */
interface Against {
  readonly refusals: readonly RefusalReason[];
  readonly newQuoteId?: string | null;
  readonly changes?: readonly FactChange[];
}

/** When its orders are held, when it is approved, or when it is paid (RFD-12, RFD-13). */
export function refuseRefund(refund: Refund, why: Against & At): Decision<Refund> {
  const checked = refund.status === 'requested' ? move(refund, 'check') : refund;
  const next = advance({ ...checked, ...against(why) }, 'refuse', why);
  const refusals = why.refusals.map(({ instanceId, orderId, code, facts }) => ({
    instanceId,
    orderId,
    code,
    facts: { ...facts },
  }));
  return changed(next, { type: 'refund.refused', data: { refund: refundSnapshot(next), refusals } });
}

const against = ({ refusals, newQuoteId = null, changes = [] }: Against) => ({
  refusals,
  newQuoteId,
  changes,
});

type Verdict = { readonly by: string; readonly text: string } & At;

/** RFD-13. @throws Refusal `refund.approver_is_applicant`, `refund.transition_refused`. */
export const approveRefund = (refund: Refund, verdict: Verdict): Decision<Refund> =>
  announce(reviewed(refund, verdict), 'approve', 'refund.approved', verdict);

/** RFD-13. @throws Refusal as `approveRefund` does. */
export function rejectRefund(refund: Refund, verdict: Verdict): Decision<Refund> {
  const next = advance(reviewed(refund, verdict), 'reject', verdict);
  const { text } = verdict;
  return changed(next, { type: 'refund.rejected', data: { refund: refundSnapshot(next), text } });
}

function reviewed(refund: Refund, { by, text, at }: Verdict): Refund {
  if (isSameSubject(refund.requestedBy, by))
    throw new Refusal('forbidden', 'refund.approver_is_applicant', { refundId: refund.refundId });
  return { ...refund, review: { by, text, at: at.toISOString() } };
}

/**
 * While it waits for a review the customer may; while it waits for the order service, and of a failed payout, only
 * an operator. An answer of the order service that comes later changes nothing, and what it holds comes free.
 *
 * @throws Refusal `refund.only_operator_withdraws`, `refund.transition_refused`.
 */
export function withdrawRefund(refund: Refund, ask: { byOperator: boolean } & At): Decision<Refund> {
  if ((refund.status === 'failed' || refund.status === 'requested') && !ask.byOperator)
    throw new Refusal('forbidden', 'refund.only_operator_withdraws', { refundId: refund.refundId });
  return announce(refund, 'withdraw', 'refund.withdrawn', ask);
}

/** A failed payout is tried again; nobody else has to know yet, so no fact and no version. */
export const retryRefund = (refund: Refund): Decision<Refund> =>
  changed({ ...move(refund, 'retry'), failure: null, ...against({ refusals: [] }) });

export const succeedRefund = (refund: Refund, at: At): Decision<Refund> =>
  announce(paying(refund), 'succeed', 'refund.succeeded', at);

/** A payout that was begun before is not refused: it fails, and an operator looks at it. */
export function failRefund(
  refund: Refund,
  why: { failure: PayoutFailure } & Partial<Against> & At,
): Decision<Refund> {
  const { failure, refusals = [] } = why;
  const next = advance({ ...paying(refund), failure, ...against({ ...why, refusals }) }, 'fail', why);
  const { failure: reason } = why;
  return changed(next, { type: 'refund.failed', data: { refund: refundSnapshot(next), reason } });
}

type Action = Parameters<typeof refundLifecycle.after>[1];
type Plain = 'refund.review_required' | 'refund.approved' | 'refund.withdrawn' | 'refund.succeeded';

const paying = (refund: Refund): Refund => (refund.status === 'approved' ? move(refund, 'pay') : refund);

/** A step that no event tells of: the version stays. */
const move = (refund: Refund, action: Action): Refund => ({
  ...refund,
  status: refundLifecycle.after(refund.status, action),
});

/** A step that an event tells of. */
function advance(refund: Refund, action: Action, { at }: At): Refund {
  const status = refundLifecycle.after(refund.status, action);
  return amend(refund, { status, endedAt: refundLifecycle.ends.includes(status) ? at : null });
}

function announce(refund: Refund, action: Action, type: Plain, at: At): Decision<Refund> {
  const next = advance(refund, action, at);
  return changed(next, { type, data: { refund: refundSnapshot(next) } } as Fact);
}

type Contents = Pick<Refund, 'orderIds' | 'amount' | 'split' | 'lines'>;
type Unset = 'review' | 'reservedFacts' | 'changes' | 'refusals' | 'newQuoteId' | 'failure' | 'endedAt';
type Beginning = Omit<Refund, 'refundId' | 'version' | 'status' | Unset>;

function contents(instances: readonly InstanceQuote[], currency: string): Contents {
  const lines = instances.flatMap((instance) => instance.lines);
  const { refund: amount, split } = total(lines, currency);
  return { lines, amount, split, orderIds: [...new Set(lines.map(({ orderId }) => orderId))] };
}

export const begin = (beginning: Beginning): Refund => ({
  refundId: newId('rfd'),
  version: 1,
  status: refundLifecycle.start,
  review: null,
  reservedFacts: [],
  ...against({ refusals: [] }),
  failure: null,
  endedAt: null,
  ...beginning,
});

type Kind = z.output<typeof RefundSnapshot>['kind'];
type Reason = z.output<typeof RefundSnapshot>['reason'];

/** Of any refund but the difference of a downgrade, which has an event of its own. */
export const refundSnapshot = (refund: Refund): z.output<typeof RefundSnapshot> =>
  snapshotOf({ ...refund, kind: refund.kind as Kind, reason: refund.reason as Reason });

export const snapshotOf = <K extends RefundKind, R extends Refund['reason']>(
  refund: Refund & { readonly kind: K; readonly reason: R },
) => ({
  refundId: refund.refundId,
  version: refund.version,
  accountId: refund.accountId,
  status: refund.status,
  kind: refund.kind,
  instanceIds: [...refund.instanceIds],
  orderIds: [...refund.orderIds],
  amount: refund.amount,
  split: refund.split,
  lines: refund.lines.map(({ orderId, instanceId, paid, consumed, fee, refund: back }) => ({
    orderId,
    instanceId,
    paid,
    consumed,
    fee,
    refund: back,
  })),
  reason: refund.reason,
  createdAt: refund.createdAt.toISOString(),
  endedAt: refund.endedAt?.toISOString() ?? null,
});
