import { newId, Refusal } from '@accord/core';
import { equal, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import { lineOf, total, type Amounts, type Line } from './amount.ts';
import {
  candidateOf,
  isUsedPackage,
  originOf,
  type Candidate,
  type CandidateAsk,
  type Facts,
  type RefundKind,
} from './candidate.ts';
import { reasonsAgainst, type RefusalReason } from './eligibility.ts';

const goodForMs = 15 * 60_000;

/**
 * `amounts` and `lines` are what would come back were the reasons mended; null and none where the instance is
 * not found (RFD-4).
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

/**
 * The part of each instance that would come back at `ask.at`, and everything against it.
 *
 * @throws Refusal `refund.mixed_currencies`.
 */
export function quoteInstances(
  instanceIds: readonly string[],
  facts: Facts,
  ask: CandidateAsk,
  profile: Profile,
): InstanceQuote[] {
  const together = new Set(instanceIds);
  return instanceIds.map((instanceId) => {
    const candidate = candidateOf(instanceId, together, facts, ask);
    const lines = linesOf(candidate, profile);
    const origin = originOf(candidate);
    const amounts = origin && total(lines, currencyOf(lines, origin.cashPaid));
    const reasons = reasonsAgainst({ ...candidate, amounts }, profile);
    if (reasons.some(({ code }) => code === 'INSTANCE_NOT_FOUND'))
      return { instanceId, refundable: false, reasons, amounts: null, lines: [] };
    return { instanceId, refundable: reasons.length === 0, reasons, amounts: amounts ?? null, lines };
  });
}

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
      equal(amounts.refund, quoted.refund) &&
      equal(amounts.split.voucher, quoted.split.voucher)
    );
  });

/** A line for each paid order of the instance's whole life, one that gives nothing back included (RFD-5). */
function linesOf(candidate: Candidate, profile: Profile): Line[] {
  const { instanceId, at } = candidate;
  const paid = candidate.orders.filter(({ status }) => status === 'paid');
  return paid.map((order) =>
    lineOf(order, { instanceId, at, packageUsed: isUsedPackage(candidate, order, profile) }, profile.refunds),
  );
}

const currencyOf = (lines: readonly Line[], fallback: Money): string =>
  expectOneCurrency(lines.map(({ paid }) => paid.currency)) ?? fallback.currency;

/** Undefined where there is none. */
function expectOneCurrency(currencies: readonly string[]): string | undefined {
  const different = [...new Set(currencies)];
  if (different.length > 1)
    throw new Refusal('invalid', 'refund.mixed_currencies', { currencies: different.join(', ') });
  return different[0];
}
