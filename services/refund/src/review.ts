import { actorId, expectVersion, type Tx } from '@accord/core';
import { lockRefund, saveRefund } from './refund/refund-store.ts';
import { approveRefund, rejectRefund, retryRefund, withdrawRefund, type Refund } from './refund/refund.ts';

// A refund above the profile's limit waits for an operator (RFD-13). Approving wakes the payout; every other
// end ends the holds.

type Ask = { refundId: string; ifMatch: readonly number[] | undefined };

export async function approve(tx: Tx, { text, ...ask }: Ask & { text: string }): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, approveRefund(refund, { by: actorId(tx.actor), text, at: tx.now }));
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
