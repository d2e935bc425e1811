import { newId, Refusal, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { findAccount, getAccount } from './account/account-store.ts';
import { isCertified, partyOf, type Account } from './account/account.ts';
import {
  inContract,
  reasonAgainst,
  refusalOf,
  type ApplicationRefusalReason,
} from './application-refusal.ts';
import {
  claimOrders,
  findLiveContracts,
  keepReserved,
  listContractOrders,
  listUnreleased,
} from './contract/contract-orders-store.ts';
import { amountOf, changedOrders, withLaterFacts } from './contract/contract-orders.ts';
import { insertContract, saveContract } from './contract/contract-store.ts';
import { refuseContract, requestContract, type Contract } from './contract/contract.ts';
import { findOffline, insertOffline, storeFile, takeFile } from './contract/offline-store.ts';
import { expectForeignNumber, expectSigned, recordContract, type Offline } from './contract/offline.ts';
import type { DocumentLanguage } from './document/content.ts';
import { pdfFaultOf } from './document/pdf-check.ts';
import { isTooLarge, reasonsOfState, type Asked } from './objections.ts';
import { findOrders, type Order } from './order-view.ts';
import { lockTicket } from './ticket/ticket-store.ts';
import { expectRecordable } from './ticket/ticket.ts';

// A contract that was signed outside (CTR-36, CTR-38). Its file is stored first and is nobody's; the recording takes
// the orders by the saga that every application takes (EVT-20), and makes the contract official, or refuses it whole.
// The file stays as it came: it is checked to be a PDF by its structure, and nothing in it is run.

interface UploadedFile {
  readonly accountId: string;
  /** In hex. */
  readonly sha256: string;
  readonly bytes: Buffer;
}

/** @throws Refusal `account.not_found`, `contract.file_not_pdf`, `contract.file_encrypted` */
export async function storeOfflineFile(
  tx: Tx,
  { accountId, sha256, bytes }: UploadedFile,
): Promise<{ sha256: string; size: number }> {
  await getAccount(tx, accountId);
  const fault = pdfFaultOf(bytes);
  if (fault) throw new Refusal('invalid', `contract.file_${fault}`, { sha256 });
  storeFile(tx, { accountId, sha256, file: bytes });
  return { sha256, size: bytes.length };
}

/** An approved ticket, or an operator's reason and the orders that it is about (CTR-38). */
type Basis =
  | { readonly ticketId: string }
  | { readonly accountId: string; readonly orderIds: readonly string[]; readonly reason: string };

type Recording = Pick<Offline, 'number' | 'signedOn' | 'sha256'> & {
  readonly language: DocumentLanguage;
  readonly basis: Basis;
};

type Subject = Pick<Offline, 'ticketId' | 'reason'> & {
  readonly accountId: string;
  readonly orderIds: readonly string[];
};

/** Locks the ticket, where there is one. */
async function subjectOf(tx: Tx, basis: Basis): Promise<Subject> {
  if ('reason' in basis) return { ...basis, orderIds: [...new Set(basis.orderIds)], ticketId: null };
  const ticket = await lockTicket(tx, basis.ticketId);
  expectRecordable(ticket);
  const { ticketId, accountId, orderIds } = ticket;
  return { ticketId, accountId, orderIds, reason: null };
}

/**
 * CTR-36, CTR-38: asks for the orders of a contract signed outside.
 *
 * @throws Refusal `ticket.not_found`, `ticket.not_approved`, `ticket.no_papers`, `ticket.already_recorded`,
 * `contract.number_reserved`, `contract.number_taken`, `contract.signed_in_future`, `contract.file_not_found`; with
 * the one code that all reasons against the orders share, or `contract.application_refused`
 */
export async function recordOffline(
  tx: Tx,
  profile: Profile,
  { basis, language, number, signedOn, sha256 }: Recording,
): Promise<Contract> {
  expectForeignNumber(number);
  expectSigned(signedOn, profile.timeZone, tx.now);
  const { ticketId, reason, accountId, orderIds } = await subjectOf(tx, basis);
  const { account, orders } = await expectFree(tx, profile, { accountId, orderIds });
  const contractId = newId('ctr');
  await claim(tx, profile, { accountId, contractId, orderIds });
  await takeFile(tx, { accountId, sha256 });
  const earlierEnded = await listUnreleased(tx, orderIds);
  const request = requestContract(
    {
      contractId,
      accountId,
      kind: 'offline',
      language,
      invoicingEntity: orders[0]!.invoicingEntity,
      partyA: partyOf(account),
      orderIds,
      billIds: [],
      amount: amountOf(orders),
      createdAt: tx.now,
    },
    { earlierEnded },
  );
  const contract = insertContract(tx, request, { orders, bills: [] });
  await insertOffline(tx, contract, { number, signedOn, sha256, ticketId, reason });
  return contract;
}

/** The orders in the order they were asked for in, and their account. @throws Refusal with all reasons together */
async function expectFree(
  tx: Tx,
  profile: Profile,
  { accountId, orderIds }: Pick<Subject, 'accountId' | 'orderIds'>,
): Promise<{ account: Account & { certifiedName: string }; orders: Order[] }> {
  const account = await findAccount(tx, accountId);
  const known = new Map(
    (await findOrders(tx, { accountId, orderIds })).map((order) => [order.orderId, order]),
  );
  const live = await findLiveContracts(tx, [...known.keys()]);
  const asked = orderIds.map((orderId) => ({
    orderId,
    order: known.get(orderId),
    live: live.get(orderId) ?? null,
  }));
  const reasons = reasonsAgainstRecording(asked, account, profile);
  if (reasons.length > 0 || !isCertified(account)) throw refusalOf(reasons);
  return { account, orders: asked.flatMap(({ order }) => order ?? []) };
}

/** The profile's limits of self-service keep no order from paper, which is the way for those beyond them. */
function reasonsAgainstRecording(
  asked: readonly Asked[],
  account: Account | undefined,
  { contracts: rules }: Profile,
): ApplicationRefusalReason[] {
  const orders = asked.flatMap(({ order }) => order ?? []);
  const entities = new Set(orders.map((order) => `${order.invoicingEntity} ${order.payableAmount.currency}`));
  return [
    ...(isCertified(account) ? [] : [reasonAgainst(null, 'contract.not_certified')]),
    ...asked.flatMap((one) => reasonsOfState(one, rules)),
    ...(entities.size > 1 ? [reasonAgainst(null, 'contract.several_entities')] : []),
    ...(isTooLarge(orders) ? [reasonAgainst(null, 'contract.too_large')] : []),
  ];
}

/** Of two that ask for one order at once, the later to claim it loses here (CTR-4). */
async function claim(
  tx: Tx,
  { contracts: rules }: Profile,
  of: { accountId: string; contractId: string; orderIds: readonly string[] },
): Promise<void> {
  const { accountId, contractId, orderIds } = of;
  const lost = await claimOrders(
    tx,
    orderIds.map((orderId) => ({ orderId, contractId, accountId })),
  );
  if (lost.length === 0) return;
  const winners = await findLiveContracts(tx, lost);
  throw refusalOf(lost.map((orderId) => inContract({ orderId }, winners.get(orderId), rules)));
}

/** The order service's yes, to a contract of kind `offline` that waits for it. */
export async function recordOrRefuse(tx: Tx, contract: Contract, answered: readonly Order[]): Promise<void> {
  const { contractId } = contract;
  const [known, decided, offline] = await Promise.all([
    findOrders(tx, contract),
    listContractOrders(tx, contractId),
    findOffline(tx, contract),
  ]);
  const reserved = withLaterFacts(answered, known);
  const changed = changedOrders(decided, reserved);
  if (changed.length > 0) {
    const code = 'contract.order_changed';
    const refusals = changed.map(
      (orderId) => ({ orderId, code, contractId: null, contractNumber: null }) as const,
    );
    saveContract(tx, refuseContract(contract, refusals));
    return;
  }
  keepReserved(tx, contractId, reserved);
  const { number, sha256, signedOn } = offline!;
  saveContract(tx, recordContract(contract, { number, sha256, signedOn, at: tx.now }));
}
