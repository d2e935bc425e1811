import { actorId, changed, newId, Refusal, unchanged, type Tx, type Worker } from '@accord/core';
import { equal, type Money } from '@accord/money';
import { findAccounts } from './account-view.ts';
import { lockOrders, lockOrdersHeldBy } from './order/order-store.ts';
import type { Order, OrderId } from './order/order.ts';
import { payInFull } from './payment.ts';
import {
  countAttempts,
  getClaim,
  listClaimsOf,
  listDueClaims,
  lockClaimsOf,
  saveClaim,
  wakeClaims,
} from './remittance/claim-store.ts';
import {
  claimRules,
  expectExactly,
  expireClaim,
  failClaim,
  newClaim,
  payClaim,
  whyNotPaid,
  type Claim,
} from './remittance/claim.ts';
import {
  findFitting,
  insertRemittance,
  listByReference,
  lockReference,
  takeRemittance,
} from './remittance/remittance-store.ts';
import { isSameTransfer, type Remittance, type ReportedRemittance } from './remittance/remittance.ts';

// ORD-21. The bank feed reports transfers; a customer claims one for his orders, before or after the bank reports it.
// All is locked in one order: the claims of the account, its orders, the reference, its claim and transfer.

/**
 * The same transfer reported again is as it was.
 *
 * @throws Refusal `remittance.reference_used` where the reference told something else before.
 */
export async function reportRemittance(
  tx: Tx,
  told: ReportedRemittance,
): Promise<{ remittance: Remittance; created: boolean }> {
  lockReference(tx, told.bankReference);
  const fresh = await insertRemittance(tx, { ...told, remittanceId: newId('rem') });
  if (fresh) {
    wakeClaims(tx, told.bankReference);
    return { remittance: fresh, created: true };
  }
  const [known] = await listByReference(tx, [told.bankReference]);
  if (!known || !isSameTransfer(known, told))
    throw new Refusal('conflict', 'remittance.reference_used', { bankReference: told.bankReference });
  return { remittance: known, created: false };
}

/** One order, or all unpaid orders that a contract holds. */
type ClaimTarget = { readonly orderId: OrderId } | { readonly contractId: string };

interface Asked {
  readonly accountId: string;
  readonly bankReference: string;
  readonly amount: Money;
  readonly target: ClaimTarget;
}

/**
 * Pays the orders where a transfer fits exactly, all of them or none. Where none does, whatever differs, the claim
 * waits for the bank, and all that the customer learns is that it waits.
 *
 * @throws Refusal, of the customer's own affairs alone: `remittance.name_not_certified`, `remittance.claimed_before`,
 * `remittance.too_many_attempts`, `remittance.contract_not_held`, `order.not_found`, `order.not_payable`,
 * `order.payment_mismatch`.
 */
export async function claimRemittance(tx: Tx, ask: Asked): Promise<Claim> {
  lockClaimsOf(tx, ask.accountId);
  const payer = await certifiedName(tx, ask.accountId);
  if (payer === null) throw new Refusal('conflict', 'remittance.name_not_certified');
  const earlier = await findEarlier(tx, ask);
  if (earlier?.status === 'paid') return earlier;
  const orders = await lockTarget(tx, ask.target);
  expectExactly(orders, ask.amount, tx.now);
  const orderIds = orders.map(({ orderId }) => orderId);
  const again = earlier?.orderIds.join() === orderIds.join() ? earlier : undefined;
  if (!again) await expectAttempt(tx, ask.accountId);
  const claim = again ?? newClaim(claimOf(tx, ask, orderIds));
  const remittanceId = await takeRemittance(tx, claim, payer);
  if (!remittanceId) return again ?? saveClaim(tx, changed(claim));
  return pay(tx, claim, { orders, remittanceId });
}

const claimOf = (tx: Tx, { target, accountId, bankReference, amount }: Asked, orderIds: OrderId[]) => ({
  claimId: newId('rcl'),
  accountId,
  claimedBy: actorId(tx.actor),
  bankReference,
  amount,
  orderIds,
  contractId: 'contractId' in target ? target.contractId : null,
  createdAt: tx.now,
});

const certifiedName = async (tx: Tx, accountId: string): Promise<string | null> =>
  (await findAccounts(tx, [accountId])).get(accountId)?.certifiedName ?? null;

/** The account's own claim of the same, said again. @throws Refusal `remittance.claimed_before`. */
async function findEarlier(tx: Tx, ask: Asked): Promise<Claim | undefined> {
  const claims = await listClaimsOf(tx, ask.accountId, ask.bankReference);
  const same = claims.findLast((claim) => isSameAsk(claim, ask));
  if (same) return same;
  if (claims.some(({ status }) => status === 'paid'))
    throw new Refusal('conflict', 'remittance.claimed_before', { bankReference: ask.bankReference });
  return undefined;
}

const isSameAsk = (claim: Claim, { amount, target }: Asked): boolean =>
  equal(claim.amount, amount) &&
  ('contractId' in target
    ? claim.contractId === target.contractId
    : claim.contractId === null && claim.orderIds[0] === target.orderId);

/** Stored claims are counted, so that another instance of the service knows of them. */
async function expectAttempt(tx: Tx, accountId: string): Promise<void> {
  const { mostAttempts, attemptsWithinMs } = claimRules;
  const attempts = await countAttempts(tx, accountId, new Date(tx.now.getTime() - attemptsWithinMs));
  if (attempts >= mostAttempts)
    throw new Refusal('conflict', 'remittance.too_many_attempts', {
      most: mostAttempts,
      hours: attemptsWithinMs / 3_600_000,
    });
}

async function lockTarget(tx: Tx, target: ClaimTarget): Promise<Order[]> {
  if ('orderId' in target) {
    const orders = await lockOrders(tx, [target.orderId]);
    if (orders.length === 0) throw new Refusal('not_found', 'order.not_found', { orderId: target.orderId });
    return orders;
  }
  const held = await lockOrdersHeldBy(tx, { kind: 'contract', id: target.contractId });
  const unpaid = held.filter(({ status }) => status === 'unpaid');
  if (unpaid.length === 0)
    throw new Refusal('not_found', 'remittance.contract_not_held', { contractId: target.contractId });
  return unpaid;
}

async function pay(
  tx: Tx,
  claim: Claim,
  { orders, remittanceId }: { orders: readonly Order[]; remittanceId: string },
): Promise<Claim> {
  payInFull(tx, orders, ({ orderId }) => `${remittanceId}:${orderId}`);
  return saveClaim(tx, payClaim(claim, remittanceId, tx.now));
}

/** Claims whose transfer was reported meanwhile, and those that have waited long enough. */
export const settleClaims: Worker = {
  name: 'remittance-claims',
  everyMs: 1_000,
  due: listDueClaims,
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'remittance-claims', accountId }, (tx) =>
      settleClaim(tx, accountId, id),
    ),
};

async function settleClaim(tx: Tx, accountId: string, claimId: string): Promise<void> {
  lockClaimsOf(tx, accountId);
  const claim = await getClaim(tx, claimId);
  if (claim.status !== 'waiting') return;
  const payer = await certifiedName(tx, accountId);
  const orders = await lockOrders(tx, claim.orderIds);
  const failure = whyNotPaid(claim, orders, tx.now);
  const find = failure ? findFitting : takeRemittance;
  const remittanceId = payer === null ? undefined : await find(tx, claim, payer);
  if (remittanceId && failure) saveClaim(tx, failClaim(claim, failure, tx.now));
  else if (remittanceId) await pay(tx, claim, { orders, remittanceId });
  else saveClaim(tx, claim.expiresAt <= tx.now ? expireClaim(claim, tx.now) : unchanged(claim));
}
