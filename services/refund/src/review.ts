import { actorId, expectVersion, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { getRefund, lockRefund, saveRefund } from './refund/refund-store.ts';
import {
  approveRefund,
  refuseRefund,
  rejectRefund,
  retryRefund,
  withdrawRefund,
  type Refund,
} from './refund/refund.ts';
import { lockRefundAndFacts, lookAgain, lookAtFacts } from './second-look.ts';

// A refund above the profile's limit waits for an operator (RFD-13). Approving wakes `payout` of refund-request.ts;
// every other end ends the holds.

type Ask = { refundId: string; ifMatch: readonly number[] | undefined };

/** With what changed until now while it waits for a review. @throws Refusal `refund.not_found`. */
export async function read(tx: Tx, profile: Profile, { refundId }: { refundId: string }): Promise<Refund> {
  const refund = await getRefund(tx, refundId);
  if (refund.status !== 'reviewing') return refund;
  return { ...refund, changes: (await lookAtFacts(tx, profile, refund)).changes };
}

/** Ends in `refused` where facts are against it by now, or give another amount; its changes say which. */
export async function approve(
  tx: Tx,
  profile: Profile,
  { text, ...ask }: Ask & { text: string },
): Promise<Refund> {
  const refund = await lockRefundAndFacts(tx, ask.refundId);
  expectVersion(ask.ifMatch, refund.version);
  const approved = approveRefund(refund, { by: actorId(tx.actor), text, at: tx.now });
  const { refusals, newQuoteId, changes } = await lookAgain(tx, profile, refund);
  if (refusals.length === 0) return saveRefund(tx, approved);
  return saveRefund(tx, refuseRefund(refund, { refusals, newQuoteId, changes, at: tx.now }));
}

export async function reject(tx: Tx, { text, ...ask }: Ask & { text: string }): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, rejectRefund(refund, { by: actorId(tx.actor), text, at: tx.now }));
}

export async function withdraw(tx: Tx, ask: Ask): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, withdrawRefund(refund, { byOperator: tx.actor.kind === 'operator', at: tx.now }));
}

export async function retry(tx: Tx, ask: Ask): Promise<Refund> {
  return saveRefund(tx, retryRefund(await lockAsked(tx, ask)));
}

async function lockAsked(tx: Tx, { refundId, ifMatch }: Ask): Promise<Refund> {
  const refund = await lockRefund(tx, refundId);
  expectVersion(ifMatch, refund.version);
  return refund;
}
