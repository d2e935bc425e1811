import {
  expectVersion,
  Refusal,
  type Actor,
  type Database,
  type DueItem,
  type LeasedWork,
  type Tx,
} from '@accord/core';
import { loadGlyphCheck } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { findAccount } from './account/account-store.ts';
import { listContractOrders } from './contract/contract-orders-store.ts';
import {
  amountOf,
  paidMeanwhile,
  returnedSince,
  withLaterFacts,
  withoutPeriod,
} from './contract/contract-orders.ts';
import { getContract, lockContract, saveContract } from './contract/contract-store.ts';
import {
  beginSealing,
  expectDraft,
  failSealing,
  finalizeContract,
  type Contract,
  type SealFailure,
} from './contract/contract.ts';
import {
  endLease,
  leaseSealing,
  listContractsToSeal,
  saveSealing,
  type SealingLease,
} from './contract/sealing-store.ts';
import { contentOf } from './document/content.ts';
import { findDocument, storeDocument } from './document/document-store.ts';
import type { Rendering } from './document/rendering.ts';
import { findOrders, findOwnTerms, type Order } from './order-view.ts';
import { signerAt, type SealKey } from './seal/seal-key.ts';
import { sealDocument } from './seal/sign-document.ts';

// Finalizing only marks the contract and fixes its words. The sealed file is made between two transactions,
// and the second stores the file and makes the contract official together: a crash anywhere leaves the
// contract waiting for its seal (CTR-34).

/** A provider: its rules, the key that seals for it, and what renders its documents. */
export interface Provider {
  readonly profile: Profile;
  readonly sealKey: SealKey;
  readonly rendering: Rendering;
}

/** The orders as reserved, with the facts told since; and `known`, as the order service showed them last. */
export async function ordersOf(
  tx: Tx,
  { contractId, accountId, orderIds }: Contract,
): Promise<{ orders: Order[]; known: Order[] }> {
  const [reserved, known] = await Promise.all([
    listContractOrders(tx, contractId),
    findOrders(tx, { accountId, orderIds }),
  ]);
  return { orders: withLaterFacts(reserved, known), known };
}

/**
 * CTR-13, CTR-15, CTR-29: asks for the seal. Asked again while it is being sealed, it answers alike.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.not_a_draft`, `contract.party_changed`,
 * `contract.invoice_title_mismatch`, `contract.not_fulfilled`, `contract.period_unknown`,
 * `contract.order_paid`, `contract.entity_unknown`, `contract.unprintable`, `request.version_mismatch`
 */
export async function finalize(
  tx: Tx,
  { profile, sealKey }: Pick<Provider, 'profile' | 'sealKey'>,
  { contractId, ifMatch }: { readonly contractId: string; readonly ifMatch: readonly number[] | undefined },
): Promise<Contract> {
  const contract = await lockContract(tx, contractId);
  expectVersion(ifMatch, contract.version);
  if (contract.status === 'sealing') return contract;
  expectDraft(contract);
  const { orders, known } = await ordersOf(tx, contract);
  await expectSameParty(tx, profile.contracts, contract);
  expectSealable(contract, { orders, known });
  const ownTerms = await findOwnTerms(tx, orders);
  const content = contentOf(contract, orders, {
    profile,
    mark: 'official',
    testSeal: sealKey.test,
    ownTerms,
  });
  const missingGlyphs = (await loadGlyphCheck())(content);
  if (missingGlyphs) {
    const remedy = 'void_and_ask_support';
    throw new Refusal('conflict', 'contract.unprintable', { contractId, ...missingGlyphs, remedy });
  }
  const next = beginSealing(contract, content);
  saveSealing(tx, next);
  return next;
}

/** CTR-13, by the account's facts as they are now. A title that followed a new name is not what is wrong. */
async function expectSameParty(
  tx: Tx,
  { invoiceTitleMustMatch }: Profile['contracts'],
  { contractId, accountId, partyA }: Contract,
): Promise<void> {
  if (!invoiceTitleMustMatch) return;
  const account = await findAccount(tx, accountId);
  if (account?.certifiedName !== partyA.name) {
    throw new Refusal('conflict', 'contract.party_changed', {
      contractId,
      partyA: partyA.name,
      certifiedName: account?.certifiedName ?? null,
      remedy: 'void_and_apply_again',
    });
  }
  if (account.invoiceTitle === partyA.name) return;
  throw new Refusal('invalid', 'contract.invoice_title_mismatch', {
    contractId,
    partyA: partyA.name,
    invoiceTitle: account.invoiceTitle,
    remedy: 'correct_invoice_title',
  });
}

/** CTR-15, CTR-29. */
function expectSealable(
  contract: Contract,
  { orders, known }: { orders: readonly Order[]; known: readonly Order[] },
): void {
  const { unfulfilled, fulfilled } = withoutPeriod(orders);
  refuseOrders(contract, 'contract.order_paid', paidMeanwhile(contract, known), 'void_and_apply_again');
  refuseOrders(contract, 'contract.not_fulfilled', unfulfilled, 'try_again_when_fulfilled');
  refuseOrders(contract, 'contract.period_unknown', fulfilled, 'leave_out_and_ask_support');
}

function refuseOrders(
  { contractId }: Contract,
  code: 'contract.order_paid' | 'contract.not_fulfilled' | 'contract.period_unknown',
  orderIds: readonly string[],
  remedy: string,
): void {
  if (orderIds.length > 0) throw new Refusal('conflict', code, { contractId, orderIds, remedy });
}

const mostAttempts = 5;
/** Many times the time that 500 orders take. */
const leaseMs = 20_000;

/** A lease with the time of signing. */
type Lease = SealingLease & { readonly at: Date };
interface SealedFile {
  readonly file: Buffer;
  readonly sha256: string;
}

/**
 * Renders and signs the contracts that wait for their seal. While the key's certificates are not valid they wait
 * on, tried again and again, and no try counts (CTR-37). The lease keeps a second instance away; where it
 * ran out, the first file stored stays. A round ends with a new version, so the contract's version names it: a
 * result that comes after its round has ended changes nothing (CTR-34).
 */
export const sealing = ({
  sealKey,
  rendering,
}: Omit<Provider, 'profile'>): LeasedWork<Lease, SealedFile> => ({
  name: 'sealing',
  everyMs: 100,
  parallel: 2,
  due: listContractsToSeal,
  take: (tx, item) => {
    signerAt(sealKey, tx.now);
    return takeSealing(tx, item);
  },
  perform: ({ content, at }) => sealDocument(content, sealKey, at, { render: rendering.toSeal }),
  record: recordSealing,
  giveBack: giveBackSealing,
});

/** A sealing that took its process down with it counts as an attempt, too. */
async function takeSealing(tx: Tx, { id: contractId }: DueItem): Promise<Lease | undefined> {
  const lease = await leaseSealing(tx, { contractId, until: new Date(tx.now.getTime() + leaseMs) });
  if (!lease) return undefined;
  if (lease.attempt <= mostAttempts) return { ...lease, at: tx.now };
  await backToDraft(tx, await lockContract(tx, contractId), 'tried_too_often');
  return undefined;
}

async function backToDraft(tx: Tx, contract: Contract, reason: SealFailure): Promise<void> {
  const { orders } = await ordersOf(tx, contract);
  saveContract(tx, failSealing(contract, { reason, amount: amountOf(orders) }));
}

/**
 * CTR-16, CTR-29: an order that was paid while its payment request waited for the seal, or of which cash came back,
 * leaves a draft, and the file is dropped.
 */
async function recordSealing(
  tx: Tx,
  { contractId, round }: Lease,
  { file, sha256 }: SealedFile,
): Promise<void> {
  const contract = await lockContract(tx, contractId);
  const { accountId, status, version, content } = contract;
  if (status !== 'sealing' || version !== round) return;
  const known = await findOrders(tx, contract);
  if (paidMeanwhile(contract, known).length > 0) return backToDraft(tx, contract, 'order_paid');
  if (returnedSince(content?.rows ?? [], known).length > 0) return backToDraft(tx, contract, 'cash_returned');
  const stored = await storeDocument(tx, { contractId, accountId, file, sha256 });
  saveContract(tx, finalizeContract(contract, { sha256: stored, at: tx.now }));
}

/** After the last attempt the contract is a draft again, and its customer is told; the log has the error. */
async function giveBackSealing(tx: Tx, { contractId, round, attempt }: Lease): Promise<'retry' | 'ended'> {
  if (attempt < mostAttempts) {
    endLease(tx, { contractId, round, attempt });
    return 'retry';
  }
  const contract = await lockContract(tx, contractId);
  if (contract.version === round) await backToDraft(tx, contract, 'signing_failed');
  return 'ended';
}

interface ContractFile {
  readonly file: Buffer;
  readonly fileName: string;
  /** Of an official one. */
  readonly sha256?: string;
}

/**
 * CTR-17, CTR-19, CTR-21: a draft is rendered anew each time, an official file is the stored one. `left` is
 * aborted when the caller leaves.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.no_document`, `contract.entity_unknown`,
 * `server.unavailable`
 */
export async function contractFile(
  db: Database,
  actor: Actor,
  { profile, sealKey, rendering }: Provider,
  { contractId, left }: { readonly contractId: string; readonly left: AbortSignal },
): Promise<ContractFile> {
  const found = await db.transaction(actor, async (tx) => {
    const contract = await getContract(tx, contractId);
    if (contract.status === 'voided')
      throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
    if (!contract.number)
      throw new Refusal('conflict', 'contract.no_document', { contractId, status: contract.status });
    if (contract.status === 'official') return { contract, stored: await findDocument(tx, contractId) };
    const { orders } = await ordersOf(tx, contract);
    const ownTerms = await findOwnTerms(tx, orders);
    const draft = contentOf(contract, orders, { profile, mark: 'draft', testSeal: sealKey.test, ownTerms });
    return { contract, draft };
  });
  const fileName = `${found.contract.number}.pdf`;
  const { draft } = found;
  const { accountId } = found.contract;
  if (draft) return { file: await rendering.draft(draft, { accountId, left }), fileName };
  if (!found.stored) throw new Error(`the file of official contract ${contractId} is missing`);
  return { ...found.stored, fileName };
}
