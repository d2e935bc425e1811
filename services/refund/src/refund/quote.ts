import { newId, Refusal } from '@accord/core';
import { equal, isZero, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import {
  afterLine,
  lineOf,
  total,
  untouched,
  type Amounts,
  type Line,
  type RefundedOrder,
} from './amount.ts';
import {
  candidateOf,
  isGone,
  isOfSeveralCurrencies,
  isUsedPackage,
  originOf,
  type Candidate,
  type CandidateAsk,
  type Facts,
  type RefundKind,
} from './candidate.ts';
import { forfeitedOrders, reasonsAgainst, type RefusalReason } from './eligibility.ts';

const goodForMs = 15 * 60_000;

export interface QuoteFacts extends Facts {
  /** Orders of the instances that gave something back before, with others of their instances. */
  readonly refunded: readonly RefundedOrder[];
}

/**
 * `amounts` and `lines` are what would come back were the reasons mended; null and none where the instance is
 * not found (RFD-4), or was paid in several currencies.
 */
export interface InstanceQuote {
  readonly instanceId: string;
  readonly refundable: boolean;
  readonly reasons: readonly RefusalReason[];
  readonly amounts: Amounts | null;
  readonly lines: readonly Line[];
}

export interface Quote {
  readonly quoteId: string;
  readonly accountId: string;
  readonly kind: RefundKind;
  readonly instances: readonly InstanceQuote[];
  /** The refundable instances together; null where there is none. */
  readonly total: Amounts | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** RFD-1. @throws Refusal `refund.mixed_currencies`. */
export function makeQuote(accountId: string, instances: readonly InstanceQuote[], at: Date): Quote {
  const refundable = instances.flatMap((instance) =>
    instance.refundable && instance.amounts ? [instance.amounts] : [],
  );
  expectOneCurrency(instances.flatMap(({ amounts }) => amounts?.refund.currency ?? []));
  return {
    quoteId: newId('rfq'),
    accountId,
    kind: 'unsubscribe',
    instances,
    total: refundable[0] ? total(refundable, refundable[0].refund.currency) : null,
    createdAt: at,
    expiresAt: new Date(at.getTime() + goodForMs),
  };
}

/** The part of each instance that would come back at `ask.at`, one after the other, and everything against it. */
export function quoteInstances(
  instanceIds: readonly string[],
  facts: QuoteFacts,
  ask: CandidateAsk,
  profile: Profile,
): InstanceQuote[] {
  const together = new Set(instanceIds);
  const soFar = new Map(facts.refunded.map((order) => [order.orderId, order]));
  const priced = instanceIds.map((instanceId) => {
    const candidate = candidateOf(instanceId, together, facts, ask);
    const hasSum = !isGone(candidate) && !isOfSeveralCurrencies(candidate);
    const lines = hasSum ? linesOf(candidate, profile, soFar) : [];
    return { candidate, lines, amounts: amountsOf(candidate, lines) };
  });
  const givesNothing = priced.every(({ candidate, amounts }) =>
    amounts ? isNothing(amounts) : !isOfSeveralCurrencies(candidate),
  );
  return priced.map(({ candidate, lines, amounts }) => {
    const { instanceId } = candidate;
    const reasons = reasonsAgainst({ ...candidate, givesNothing }, profile);
    if (reasons.some(({ code }) => code === 'INSTANCE_NOT_FOUND'))
      return { instanceId, refundable: false, reasons, amounts: null, lines: [] };
    return { instanceId, refundable: reasons.length === 0, reasons, amounts, lines };
  });
}

/** Null where no one sum says it. */
function amountsOf(candidate: Candidate, lines: readonly Line[]): Amounts | null {
  const origin = originOf(candidate);
  if (!origin || isOfSeveralCurrencies(candidate)) return null;
  return total(lines, (lines[0]?.paid ?? origin.cashPaid).currency);
}

const isNothing = ({ refund, split }: Amounts) => isZero(refund) && isZero(split.voucher);

/**
 * Whether the facts as reserved give what was quoted (RFD-12). Which order gives which part of it may differ.
 */
export const asQuoted = (
  refund: { readonly lines: readonly Line[]; readonly amount: Money },
  again: readonly InstanceQuote[],
): boolean =>
  again.every(({ instanceId, amounts }) => {
    const quoted = total(
      refund.lines.filter((line) => line.instanceId === instanceId),
      refund.amount.currency,
    );
    return (
      amounts !== null &&
      amounts.refund.currency === quoted.refund.currency &&
      equal(amounts.refund, quoted.refund) &&
      equal(amounts.split.voucher, quoted.split.voucher)
    );
  });

/**
 * A line for each paid order of the instance's whole life, one that gives nothing back included (RFD-5).
 * `soFar` learns of each: an order that has several of the instances is rounded over all of them (RFD-7).
 */
function linesOf(candidate: Candidate, profile: Profile, soFar: Map<string, RefundedOrder>): Line[] {
  const { instanceId, at } = candidate;
  const { refunds, timeZone } = profile;
  const paid = candidate.orders.filter(({ status }) => status === 'paid');
  const forfeits = forfeitedOrders(candidate, profile);
  return paid.map((order) => {
    const packageUsed = isUsedPackage(candidate, order, profile);
    const forfeited = forfeits.has(order.orderId);
    const ask = { instanceId, at, packageUsed, forfeited, orders: candidate.orders };
    const before = soFar.get(order.orderId) ?? untouched(order);
    const line = lineOf(order, ask, { ...refunds, timeZone }, before);
    soFar.set(order.orderId, afterLine(before, line));
    return line;
  });
}

function expectOneCurrency(currencies: readonly string[]): void {
  const different = [...new Set(currencies)];
  if (different.length > 1)
    throw new Refusal('invalid', 'refund.mixed_currencies', { currencies: different.join(', ') });
}
