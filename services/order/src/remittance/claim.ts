import { changed, lifecycle, Refusal, type Decision } from '@accord/core';
import { equal, sum, type Money } from '@accord/money';
import { expectPayable, isPayable, type Order, type OrderId } from '../order/order.ts';
import { nameKey, type Remittance } from './remittance.ts';

// ORD-21: a customer says which transfer pays which of his orders.

/** A claim that no transfer fits waits, whatever differs, so that it tells nothing of other people's transfers. */
export const claimLifecycle = lifecycle('remittance_claim', 'waiting', {
  waiting: { pay: 'paid', fail: 'failed', expire: 'expired' },
  paid: {},
  failed: {},
  expired: {},
});

/** Why a transfer that fits pays nothing: it stays unclaimed. */
type ClaimFailure = 'order_not_payable' | 'contract_ended';

export type Claim = Readonly<{
  claimId: string;
  accountId: string;
  /** The actor, `customer:usr_1`. */
  claimedBy: string;
  bankReference: string;
  amount: Money;
  /** Of a contract, all that were unpaid when it was claimed for. */
  orderIds: readonly OrderId[];
  contractId: string | null;
  status: (typeof claimLifecycle.statuses)[number];
  failure: ClaimFailure | null;
  remittanceId: string | null;
  createdAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}>;

const hour = 3_600_000;

/** ORD-21. */
export const claimRules = {
  /** For a transfer that the bank has not reported yet, ms. */
  waitsMs: 7 * 24 * hour,
  /** Claims of an account that have paid nothing, in a span of ms: guessing ends there. */
  mostAttempts: 10,
  attemptsWithinMs: 24 * hour,
} as const;

export const newClaim = (
  claim: Omit<Claim, 'status' | 'failure' | 'remittanceId' | 'expiresAt' | 'endedAt'>,
): Claim => ({
  ...claim,
  status: claimLifecycle.start,
  failure: null,
  remittanceId: null,
  expiresAt: new Date(claim.createdAt.getTime() + claimRules.waitsMs),
  endedAt: null,
});

/** @throws Refusal `order.not_payable`; `order.payment_mismatch` where they cost another amount together. */
export function expectExactly(orders: readonly Order[], amount: Money, now: Date): void {
  for (const order of orders) expectPayable(order, now);
  const { currency } = orders[0]!.payableAmount;
  const isOneCurrency = orders.every((order) => order.payableAmount.currency === currency);
  const payable = sum(isOneCurrency ? orders.map((order) => order.payableAmount) : [], currency);
  if (isOneCurrency && equal(payable, amount)) return;
  const payableAmount = isOneCurrency ? payable : null;
  throw new Refusal('invalid', 'order.payment_mismatch', { payableAmount });
}

/** Of the orders that a waiting claim named, as they are now; undefined where they can all be paid. */
export function whyNotPaid(claim: Claim, orders: readonly Order[], now: Date): ClaimFailure | undefined {
  if (orders.length < claim.orderIds.length || !orders.every((order) => isPayable(order, now)))
    return 'order_not_payable';
  const { contractId } = claim;
  const isHeld = ({ hold }: Order) => hold?.kind === 'contract' && hold.id === contractId;
  return contractId === null || orders.every(isHeld) ? undefined : 'contract_ended';
}

/** The transfer fits and has paid the orders. */
export function payClaim(claim: Claim, remittanceId: string, at: Date): Decision<Claim> {
  const status = claimLifecycle.after(claim.status, 'pay');
  const { accountId, bankReference, amount, orderIds } = claim;
  return changed(
    { ...claim, status, remittanceId, endedAt: at },
    {
      type: 'remittance.claimed',
      data: { remittanceId, version: 1, accountId, bankReference, amount, orderIds: [...orderIds] },
    },
  );
}

/** The transfer fits, and its orders cannot be paid any more. */
export function failClaim(claim: Claim, failure: ClaimFailure, at: Date): Decision<Claim> {
  const status = claimLifecycle.after(claim.status, 'fail');
  return ended({ ...claim, status, failure, endedAt: at }, failure);
}

/** No transfer that fits came in time. */
export function expireClaim(claim: Claim, at: Date): Decision<Claim> {
  const status = claimLifecycle.after(claim.status, 'expire');
  return ended({ ...claim, status, endedAt: at }, 'expired');
}

const ended = (claim: Claim, reason: ClaimFailure | 'expired'): Decision<Claim> => {
  const { claimId, accountId, bankReference, amount, orderIds } = claim;
  return changed(claim, {
    type: 'remittance.claim_failed',
    data: { claimId, version: 1, accountId, bankReference, amount, orderIds: [...orderIds], reason },
  });
};

export const differences = ['reference', 'amount', 'payer', 'claimed'] as const;

/** For operators alone: what keeps a claim from its transfer, as both stand now; empty where nothing does. */
export function differencesOf(
  { claimId, amount }: Pick<Claim, 'claimId' | 'amount'>,
  certifiedName: string | null,
  remittance: Remittance | undefined,
): (typeof differences)[number][] {
  if (!remittance) return ['reference'];
  const isAmount = equal(remittance.amount, amount);
  const isPayer = certifiedName !== null && nameKey(certifiedName) === nameKey(remittance.payerName);
  const isFree = remittance.claimId === null || remittance.claimId === claimId;
  return differences.filter(
    (name) => ({ reference: false, amount: !isAmount, payer: !isPayer, claimed: !isFree })[name],
  );
}
