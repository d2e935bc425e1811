import { Refusal, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { findFacts } from './order-view.ts';
import { refusalReason, type RefusalReason } from './refund/eligibility.ts';
import { insertQuote } from './refund/quote-store.ts';
import {
  asQuoted,
  changesOf,
  knownFacts,
  makeQuote,
  quoteInstances,
  type FactChange,
  type InstanceQuote,
  type QuoteFacts,
} from './refund/quote.ts';
import { getRefund, lockRefund, lockRowsOf } from './refund/refund-store.ts';
import type { Refund } from './refund/refund.ts';

// A refund is decided again on the facts as they are held (RFD-12), on those of the moment when it is approved,
// and once more when it is paid (RFD-13).

/** Why a refund ends in `refused`; without refusals it goes on, with the amounts `again`. */
interface SecondLook {
  readonly again: readonly InstanceQuote[];
  readonly refusals: readonly RefusalReason[];
  /** With QUOTE_STALE: the quote on the changed facts. */
  readonly newQuoteId: string | null;
}

interface Known {
  readonly refund: Refund;
  readonly facts: QuoteFacts;
  /** False where no fact did since the amounts were decided: other rules than then do not change them. */
  readonly mayDiffer: boolean;
}

/**
 * As of the quote's time: time that passed changes nothing (RFD-12). A refusal is a reason against the refund: were
 * it thrown, the orders would stay held for a refund that nobody ends.
 */
export function decideAgain(tx: Tx, profile: Profile, known: Known): SecondLook {
  try {
    return decide(tx, profile, known);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { again: [], refusals: [reasonOf(error)], newQuoteId: null };
  }
}

function reasonOf({ code, facts: { currencies } }: Refusal): RefusalReason {
  return refusalReason('PRODUCT_NOT_SUPPORTED', null, {
    remedy: 'ask_support',
    facts: typeof currencies === 'string' ? { currencies } : { refusedAs: code },
  });
}

function decide(tx: Tx, profile: Profile, { refund, facts, mayDiffer }: Known): SecondLook {
  const { instanceIds, kind, refundId: self } = refund;
  const again = quoteInstances(instanceIds, facts, { at: refund.asOf, kind, self }, profile);
  const refusals = again.flatMap(({ reasons }) => reasons);
  if (refusals.length > 0 || !mayDiffer || asQuoted(refund, again))
    return { again, refusals, newQuoteId: null };
  const fresh = quoteInstances(instanceIds, facts, { at: tx.now, kind, self }, profile);
  const { quoteId: newQuoteId } = insertQuote(
    tx,
    makeQuote({ accountId: refund.accountId, kind, at: tx.now }, fresh),
  );
  const stale = refusalReason('QUOTE_STALE', null, { remedy: 'accept_new_quote', facts: { newQuoteId } });
  return { again, refusals: [stale], newQuoteId };
}

/**
 * For update, with all that is known here of its instances and orders, so that what is told meanwhile waits, and with
 * the account's balance, which events lock before the orders that give something back.
 *
 * @throws Refusal `refund.not_found`.
 */
export async function lockRefundAndFacts(tx: Tx, refundId: string): Promise<Refund> {
  const { accountId, instanceIds, orderIds } = await getRefund(tx, refundId);
  lockRowsOf(tx, [refundId, accountId, ...instanceIds, ...orderIds]);
  return lockRefund(tx, refundId);
}

interface LookAtFacts {
  readonly facts: QuoteFacts;
  /** Since the orders were held for it. */
  readonly changes: readonly FactChange[];
}

export async function lookAtFacts(tx: Tx, { timeZone }: Profile, refund: Refund): Promise<LookAtFacts> {
  const { accountId, instanceIds, refundId: self } = refund;
  const facts = await findFacts(tx, { accountId, instanceIds, timeZone, self });
  return { facts, changes: changesOf(refund.reservedFacts, knownFacts(instanceIds, facts)) };
}

/** RFD-13: all that is against a refund that was accepted before. */
export async function lookAgain(
  tx: Tx,
  profile: Profile,
  refund: Refund,
): Promise<LookAtFacts & Omit<SecondLook, 'again'>> {
  const { facts, changes } = await lookAtFacts(tx, profile, refund);
  const { refusals, newQuoteId } = decideAgain(tx, profile, { refund, facts, mayDiffer: changes.length > 0 });
  return { facts, changes, refusals, newQuoteId };
}
