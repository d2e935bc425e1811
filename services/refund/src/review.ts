import type { Tx } from '@accord/core';
import { expectVersion } from '@accord/http';
import { lockRefund, saveRefund } from './refund/refund-store.ts';
import { approve, reject, retry, withdraw, type Refund } from './refund/refund.ts';

// A refund above the profile's limit waits for an operator (RFD-13). Approving wakes the payout; every other
// end ends the holds.

type Ask = { refundId: string; ifMatch: number | undefined };

export async function approveRefund(tx: Tx, ask: Ask & { text: string }): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, approve(refund, { by: actorOf(tx), text: ask.text, at: tx.now }));
}

export async function rejectRefund(tx: Tx, ask: Ask & { text: string }): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, reject(refund, { by: actorOf(tx), text: ask.text, at: tx.now }));
}

export async function withdrawRefund(tx: Tx, ask: Ask): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, withdraw(refund, { byOperator: tx.actor.kind === 'operator', at: tx.now }));
}

export async function retryRefund(tx: Tx, ask: Ask): Promise<Refund> {
  const refund = await lockAsked(tx, ask);
  return saveRefund(tx, { state: retry(refund), facts: [] });
}

async function lockAsked(tx: Tx, { refundId, ifMatch }: Ask): Promise<Refund> {
  const refund = await lockRefund(tx, refundId);
  expectVersion(ifMatch, refund.version);
  return refund;
}

const actorOf = ({ actor }: Tx) => `${actor.kind}:${actor.id}`;
