import { Refusal, type Actor, type Database, type DueItem, type Tx, type Worker } from '@accord/core';
import { expectVersion } from '@accord/http';
import { loadLegibility } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { findAccount } from './account/account.ts';
import { contentOf, withLaterPeriods, withoutPeriod } from './contract/contract-orders.ts';
import {
  endLease,
  findDocument,
  getContract,
  leaseSealing,
  listContractOrders,
  listToSeal,
  lockContract,
  saveContract,
  saveSealing,
  storeDocument,
  type Lease,
} from './contract/contract-store.ts';
import {
  beginSealing,
  expectDraft,
  failSealing,
  finalizeContract,
  type Contract,
} from './contract/contract.ts';
import { renderInTurn } from './document/render-queue.ts';
import { findOrders, type Order } from './order-view.ts';
import type { SealKey } from './seal/seal-key.ts';
import { sealDocument } from './seal/sign-document.ts';

// Finalizing only marks the contract and fixes its words. A worker makes the sealed file between two
// transactions, and the second stores the file and makes the contract official together: a crash anywhere
// leaves it waiting for its seal (CTR-34).

export interface Provider {
  readonly profile: Profile;
  readonly sealKey: SealKey;
}

/** The orders as reserved, and as the order service showed them last. */
async function ordersOf(
  tx: Tx,
  { contractId, accountId, orderIds }: Contract,
): Promise<{ reserved: Order[]; known: Order[] }> {
  return {
    reserved: await listContractOrders(tx, contractId),
    known: await findOrders(tx, { accountId, orderIds }),
  };
}

/**
 * CTR-13, CTR-15, CTR-29: asks for the seal. Asked again while it is being sealed, it answers alike.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.not_a_draft`,
 * `contract.invoice_title_mismatch`, `contract.not_fulfilled`, `contract.period_unknown`,
 * `contract.order_paid`, `contract.entity_unknown`, `contract.unprintable`, `request.version_mismatch`
 */
export async function finalize(
  tx: Tx,
  { contractId, ifMatch }: { contractId: string; ifMatch: number | undefined },
  { profile, sealKey }: Provider,
): Promise<Contract> {
  const contract = await lockContract(tx, contractId);
  expectVersion(ifMatch, contract.version);
  if (contract.status === 'sealing') return contract;
  expectDraft(contract);
  const { reserved, known } = await ordersOf(tx, contract);
  const orders = withLaterPeriods(reserved, known);
  await checkTitle(tx, contract, profile);
  checkOrders(contract, { orders, known });
  const content = contentOf(contract, orders, { profile, mark: 'official', testSeal: sealKey.test });
  const unprintable = (await loadLegibility())(content);
  if (unprintable)
    throw new Refusal('conflict', 'contract.unprintable', {
      contractId,
      ...unprintable,
      remedy: 'void_and_ask_support',
    });
  const next = beginSealing(contract, content);
  await saveSealing(tx, next);
  return next;
}

async function checkTitle(
  tx: Tx,
  { contractId, accountId, partyA }: Contract,
  { contracts: rules }: Profile,
): Promise<void> {
  if (!rules.invoiceTitleMustMatch) return;
  const account = await findAccount(tx, accountId);
  if (account?.invoiceTitle === partyA.name) return;
  const facts = {
    contractId,
    partyA: partyA.name,
    invoiceTitle: account?.invoiceTitle ?? null,
    remedy: 'correct_invoice_title',
  };
  throw new Refusal('invalid', 'contract.invoice_title_mismatch', facts);
}

function checkOrders(
  contract: Contract,
  { orders, known }: { orders: readonly Order[]; known: readonly Order[] },
): void {
  const { contractId } = contract;
  const paid = paidMeanwhile(contract, known);
  if (paid.length > 0)
    throw new Refusal('conflict', 'contract.order_paid', {
      contractId,
      orderIds: paid,
      remedy: 'void_and_apply_again',
    });
  const { unfulfilled, fulfilled } = withoutPeriod(orders);
  if (unfulfilled.length > 0) {
    throw new Refusal('conflict', 'contract.not_fulfilled', {
      contractId,
      orderIds: unfulfilled,
      remedy: 'try_again_when_fulfilled',
    });
  }
  if (fulfilled.length > 0)
    throw new Refusal('conflict', 'contract.period_unknown', {
      contractId,
      orderIds: fulfilled,
      remedy: 'leave_out_and_ask_support',
    });
}

/** CTR-29: ids of a payment request's orders that need none any more. */
export const paidMeanwhile = ({ kind }: Contract, known: readonly Order[]): string[] =>
  kind === 'payment_request'
    ? known.filter(({ status }) => status === 'paid').map(({ orderId }) => orderId)
    : [];

const attempts = 5;
/** Many times what 500 orders take. */
const leaseMs = 20_000;

/**
 * Renders and signs what waits for its seal. The lease keeps a second instance away; where it ran out, the
 * first file stored stays. A round ends with a new version, so that the contract's version names it: what a
 * worker brings after its round has ended changes nothing (CTR-34).
 */
export const sealingWorker = ({ sealKey }: Pick<Provider, 'sealKey'>): Worker => ({
  name: 'sealing',
  everyMs: 100,
  parallel: 2,
  due: listToSeal,
  run: async (db, item) => {
    const actor = { kind: 'system' as const, id: 'sealing', accountId: item.accountId };
    const lease = await db.transaction(actor, (tx) => takeLease(tx, item.id));
    if (!lease) return;
    let sealed: { file: Buffer; sha256: string };
    try {
      sealed = await sealDocument(lease.content, sealKey, lease.at);
    } catch (error) {
      return giveBack(db, item, { ...lease, error: error as Error });
    }
    await db.transaction(actor, (tx) => onSealed(tx, { contractId: item.id, round: lease.round, ...sealed }));
  },
});

/** A sealing that took its process down with it counts as an attempt, too. `at` is when it is sealed. */
async function takeLease(tx: Tx, contractId: string): Promise<(Lease & { at: Date }) | undefined> {
  const lease = await leaseSealing(tx, { contractId, until: new Date(tx.now.getTime() + leaseMs) });
  if (!lease) return undefined;
  if (lease.attempt <= attempts) return { ...lease, at: tx.now };
  await saveContract(tx, failSealing(await lockContract(tx, contractId), 'Sealing was tried too often.'));
  return undefined;
}

/**
 * CTR-29: an order that was paid while its payment request waited for the seal leaves a draft, and the file
 * is dropped.
 */
async function onSealed(
  tx: Tx,
  { contractId, round, file, sha256 }: { contractId: string; round: number; file: Buffer; sha256: string },
): Promise<void> {
  const contract = await lockContract(tx, contractId);
  if (contract.status !== 'sealing' || contract.version !== round) return;
  const paid = paidMeanwhile(contract, await findOrders(tx, contract));
  if (paid.length > 0) {
    await saveContract(
      tx,
      failSealing(
        contract,
        `Paid meanwhile: ${paid.join(', ')}. Void the payment request and apply for an order contract.`,
      ),
    );
    return;
  }
  await saveContract(
    tx,
    finalizeContract(contract, { sha256: await storeDocument(tx, { contract, file, sha256 }), at: tx.now }),
  );
}

async function giveBack(
  db: Database,
  { id, accountId }: DueItem,
  { round, attempt, error }: Omit<Lease, 'content'> & { error: Error },
): Promise<void> {
  await db.transaction({ kind: 'system', id: 'sealing', accountId }, async (tx) => {
    if (attempt < attempts) return endLease(tx, { contractId: id, round, attempt });
    const contract = await lockContract(tx, id);
    return contract.version === round && saveContract(tx, failSealing(contract, error.message));
  });
  if (attempt < attempts) throw error;
}

export interface ContractFile {
  readonly file: Buffer;
  readonly fileName: string;
  /** Of an official one. */
  readonly sha256?: string;
}

/**
 * CTR-17, CTR-19, CTR-21: a draft is rendered anew each time, an official file is the stored one.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.no_document`, `contract.entity_unknown`,
 * `server.unavailable`
 */
export async function contractFile(
  db: Database,
  actor: Actor,
  contractId: string,
  { profile, sealKey }: Provider,
): Promise<ContractFile> {
  const found = await db.transaction(actor, async (tx) => {
    const contract = await getContract(tx, contractId);
    if (contract.status === 'voided')
      throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
    if (!contract.number)
      throw new Refusal('conflict', 'contract.no_document', { contractId, status: contract.status });
    if (contract.status === 'official') return { contract, stored: await findDocument(tx, contractId) };
    const { reserved, known } = await ordersOf(tx, contract);
    return {
      contract,
      draft: contentOf(contract, withLaterPeriods(reserved, known), {
        profile,
        mark: 'draft',
        testSeal: sealKey.test,
      }),
    };
  });
  const fileName = `${found.contract.number}.pdf`;
  if (found.draft) return { file: await renderInTurn(found.draft, found.contract.accountId), fileName };
  if (!found.stored) throw new Error(`the file of official contract ${contractId} is missing`);
  return { ...found.stored, fileName };
}
