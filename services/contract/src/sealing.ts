import type { Logger } from 'pino';
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
import { billsOf, followedBills } from './bill-contracts.ts';
import { amountOfBills, changedBills, movedBills } from './bill/contract-bills.ts';
import { contentNow, ordersOf } from './contract-content.ts';
import { amountOf, paidMeanwhile, returnedSince, withoutPeriod } from './contract/contract-orders.ts';
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
  waitOn,
  type SealingLease,
} from './contract/sealing-store.ts';
import { countDownload, findDocument, storeDocument } from './document/document-store.ts';
import type { Rendering } from './document/rendering.ts';
import { findOrders, type Order } from './order-view.ts';
import { OutsideFailed } from './seal/outside.ts';
import { signerAt, type SealKey } from './seal/seal-key.ts';
import { isForStamp, sealStamped } from './seal/stamped-seal.ts';
import type { TimeStampAuthority } from './seal/time-stamp-authority.ts';

// Finalizing only marks the contract and fixes its words. The sealed file is made between two transactions,
// and the second stores the file and makes the contract official together: a crash anywhere leaves the
// contract waiting for its seal (CTR-34).

/** A provider: its rules, the key that seals for it, the authority whose stamps its seals carry, and its renderer. */
export interface Provider {
  readonly profile: Profile;
  readonly sealKey: SealKey;
  readonly timeStamps?: TimeStampAuthority | undefined;
  readonly rendering: Rendering;
}

/**
 * CTR-13, CTR-15, CTR-29, CTR-35: asks for the seal. Asked again while it is being sealed, it answers alike.
 *
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.not_a_draft`, `contract.party_changed`,
 * `contract.invoice_title_mismatch`, `contract.not_fulfilled`, `contract.period_unknown`,
 * `contract.order_paid`, `contract.bill_changed`, `contract.entity_unknown`, `contract.unprintable`,
 * `request.version_mismatch`
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
  await expectBillsFollowed(tx, contract);
  const content = await contentNow(tx, contract, { profile, mark: 'official', testSeal: sealKey.test });
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

/** CTR-35: a bill of another entity by now has no place in this contract. */
async function expectBillsFollowed(tx: Tx, contract: Contract): Promise<void> {
  const { contractId } = contract;
  const { bills, told } = await billsOf(tx, contract);
  const billIds = movedBills(bills, told);
  if (billIds.length > 0)
    throw new Refusal('conflict', 'contract.bill_changed', {
      contractId,
      billIds,
      remedy: 'void_and_apply_again',
    });
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
type Lease = SealingLease & {
  readonly at: Date;
  /** The profile lets it be sealed without a time stamp by now, where none can be had (CTR-37). */
  readonly mayLackStamp: boolean;
};
interface SealedFile {
  readonly file: Buffer;
  readonly sha256: string;
}

/**
 * Renders and signs the contracts that wait for their seal. While the key's certificates are not valid, or a signing
 * port or time stamp authority is away, they wait on, tried again and again, and no try counts (CTR-37). The lease
 * keeps a second instance away; where it ran out, the first file stored stays. A round ends with a new version, so the
 * contract's version names it: a result that comes after its round has ended changes nothing (CTR-34).
 */
export const sealing = (provider: Provider, log: Logger): LeasedWork<Lease, SealedFile> => ({
  name: 'sealing',
  everyMs: 100,
  parallel: 2,
  due: listContractsToSeal,
  take: (tx, item) => {
    signerAt(provider.sealKey, tx.now);
    provider.sealKey.port?.expectBack();
    return takeSealing(tx, item, provider.profile.contracts);
  },
  perform: ({ content, at, mayLackStamp }) => sealStamped(content, provider, { at, mayLackStamp, log }),
  record: recordSealing,
  giveBack: giveBackSealing,
});

/** A sealing that took its process down with it counts as an attempt, too. */
async function takeSealing(
  tx: Tx,
  { id: contractId }: DueItem,
  { timeStampAway }: Profile['contracts'],
): Promise<Lease | undefined> {
  const lease = await leaseSealing(tx, { contractId, until: new Date(tx.now.getTime() + leaseMs) });
  if (!lease) return undefined;
  if (lease.attempt > mostAttempts) {
    await backToDraft(tx, await lockContract(tx, contractId), 'tried_too_often');
    return undefined;
  }
  const { stampMissedSince: since } = lease;
  const mayLackStamp =
    timeStampAway.then === 'seal_without' &&
    since !== null &&
    tx.now.getTime() - since.getTime() >= timeStampAway.afterMs;
  return { ...lease, at: tx.now, mayLackStamp };
}

async function backToDraft(tx: Tx, contract: Contract, reason: SealFailure): Promise<void> {
  const amount =
    contract.kind === 'bill'
      ? amountOfBills(await followedBills(tx, contract))
      : amountOf((await ordersOf(tx, contract)).orders);
  saveContract(tx, failSealing(contract, { reason, amount }));
}

/**
 * CTR-16, CTR-29, CTR-35: an order that was paid while its payment request waited for the seal, or of which cash came
 * back, or a bill that was told anew leaves a draft, and the file is dropped.
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
  const { bills, told } = await billsOf(tx, contract);
  if (changedBills(bills, told).length > 0) return backToDraft(tx, contract, 'bill_changed');
  const stored = await storeDocument(tx, { contractId, accountId, file, sha256 });
  saveContract(tx, finalizeContract(contract, { sha256: stored, at: tx.now }));
}

/**
 * After the last attempt the contract is a draft again, and its customer is told; the log has the error. Whether
 * someone outside gave an answer that did not come makes no difference: it has no effect, and is asked for anew.
 */
async function giveBackSealing(
  tx: Tx,
  { contractId, round, attempt }: Lease,
  error: Error,
): Promise<'retry' | 'ended'> {
  if (error instanceof OutsideFailed) {
    waitOn(tx, { contractId, round, attempt }, { forStamp: isForStamp(error) });
    return 'retry';
  }
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
    if (contract.status === 'official') {
      countDownload(tx, contract);
      return { contract, stored: await findDocument(tx, contractId) };
    }
    const draft = await contentNow(tx, contract, { profile, mark: 'draft', testSeal: sealKey.test });
    return { contract, draft };
  });
  const fileName = `${found.contract.number}.pdf`;
  const { draft } = found;
  const { accountId } = found.contract;
  if (draft) return { file: await rendering.draft(draft, { accountId, left }), fileName };
  if (!found.stored) throw new Error(`the file of official contract ${contractId} is missing`);
  return { ...found.stored, fileName };
}
