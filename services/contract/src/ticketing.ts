import { actorId, expectVersion, newId, Refusal, type Tx } from '@accord/core';
import { businessDayEnd, type Profile } from '@accord/profile';
import { reasonAgainst, refusalOf } from './application-refusal.ts';
import { voidContract } from './contract/contract-end.ts';
import { lockContract } from './contract/contract-store.ts';
import type { Contract, GivenReason } from './contract/contract.ts';
import { findOrders } from './order-view.ts';
import { getTicket, insertTicket, lockTicket, saveTicket } from './ticket/ticket-store.ts';
import {
  approveTicket,
  expectSubject,
  rejectTicket,
  submitTicket,
  withdrawTicket,
  type Ticket,
} from './ticket/ticket.ts';
import { endContract } from './voiding.ts';

// A ticket asks the provider's staff (CTR-24). It is about a contract, with which it ends, or about a set of orders,
// and is decided by another person than its applicant. Locks go contract first, then its tickets.

interface TicketSubmission {
  readonly kind: Ticket['kind'];
  /** The account of the orders; where there is a contract, that it has to be of. */
  readonly accountId: string | undefined;
  readonly contractId: string | null;
  readonly orderIds: readonly string[];
  /** Of `void_official`. */
  readonly reason: GivenReason;
  readonly text: string;
}

/**
 * @throws Refusal `ticket.kind_not_offered`, `ticket.contract_needed`, `ticket.orders_needed`,
 * `ticket.one_subject_needed`, `ticket.already_open`, and as `subjectOf` does
 */
export async function submit(tx: Tx, profile: Profile, ask: TicketSubmission): Promise<Ticket> {
  const { kind, reason, text } = ask;
  if (kind === 'marketplace' && profile.contracts.marketplace === 'excluded')
    throw new Refusal('invalid', 'ticket.kind_not_offered', { kind });
  expectSubject(kind, ask);
  const subject = await subjectOf(tx, ask);
  const ticket = submitTicket({
    ...subject,
    ticketId: newId('tkt'),
    kind,
    reason: kind === 'void_official' ? reason : 'other',
    text,
    applicant: actorId(tx.actor),
    createdAt: tx.now,
    dueAt: businessDayEnd(profile, tx.now, 1),
  });
  return insertTicket(tx, ticket);
}

/**
 * @throws Refusal `contract.not_found`, `contract.voided`, `ticket.contract_not_official`, `ticket.contract_ended`;
 * of the orders `order.not_found`, `order.cancelled`, `order.voided`, or `contract.application_refused`
 */
async function subjectOf(
  tx: Tx,
  { kind, accountId, contractId, orderIds }: TicketSubmission,
): Promise<Pick<Ticket, 'accountId' | 'contractId' | 'contractNumber' | 'orderIds'>> {
  if (contractId === null) return ordersOf(tx, accountId!, orderIds);
  const contract = await lockContract(tx, contractId);
  if (accountId !== undefined && accountId !== contract.accountId)
    throw new Refusal('not_found', 'contract.not_found', { contractId });
  if (kind === 'void_official') expectOfficial(contract);
  else expectLive(contract);
  const { number, orderIds: listed } = contract;
  return { accountId: contract.accountId, contractId, contractNumber: number, orderIds: listed };
}

async function ordersOf(tx: Tx, accountId: string, orderIds: readonly string[]) {
  const sorted = [...new Set(orderIds)].sort();
  const known = new Map(
    (await findOrders(tx, { accountId, orderIds: sorted })).map(({ orderId, status }) => [orderId, status]),
  );
  const reasons = sorted.flatMap((orderId) => {
    const status = known.get(orderId);
    if (!status) return reasonAgainst({ orderId }, 'order.not_found');
    return status === 'cancelled' || status === 'voided' ? reasonAgainst({ orderId }, `order.${status}`) : [];
  });
  if (reasons.length > 0) throw refusalOf(reasons);
  return { accountId, contractId: null, contractNumber: null, orderIds: sorted };
}

/** The remedy for a contract that no ticket is needed for, by its status. */
const withoutTicket = {
  requested: 'void_contract',
  draft: 'void_contract',
  sealing: 'try_again_when_sealed',
  refused: 'apply_again',
} as const;

function expectOfficial({ contractId, status }: Contract): void {
  if (status === 'voided')
    throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
  if (status === 'official') return;
  const remedy = withoutTicket[status];
  throw new Refusal('conflict', 'ticket.contract_not_official', { contractId, status, remedy });
}

function expectLive({ contractId, status }: Contract): void {
  const remedy = 'apply_again';
  if (status === 'voided') throw new Refusal('conflict', 'contract.voided', { contractId, remedy });
  if (status === 'refused')
    throw new Refusal('conflict', 'ticket.contract_ended', { contractId, status, remedy });
}

interface TicketAsk {
  readonly ticketId: string;
  readonly ifMatch: readonly number[] | undefined;
}

/** For update, the contract first, as every end of a contract locks them. */
async function lockTicketAndContract(
  tx: Tx,
  { ticketId, ifMatch }: TicketAsk,
): Promise<{ ticket: Ticket; contract: Contract | undefined }> {
  const { contractId } = await getTicket(tx, ticketId);
  const contract = contractId === null ? undefined : await lockContract(tx, contractId);
  const ticket = await lockTicket(tx, ticketId);
  expectVersion(ifMatch, ticket.version);
  return { ticket, contract };
}

/**
 * CTR-24: by `void_official` the contract is void in the same transaction; by every other kind an operator may record
 * a contract signed outside.
 *
 * @throws Refusal `ticket.not_found`, `ticket.own_approval`, `ticket.not_open`, `request.version_mismatch`
 */
export async function approve(tx: Tx, ask: TicketAsk): Promise<Ticket> {
  const { ticket, contract } = await lockTicketAndContract(tx, ask);
  const approved = saveTicket(tx, approveTicket(ticket, { by: actorId(tx.actor), at: tx.now }));
  const { kind, reason, text } = ticket;
  if (contract && kind === 'void_official')
    await endContract(tx, voidContract(contract, { reason, text, orderId: null, at: tx.now }));
  return approved;
}

/** @throws Refusal `ticket.not_found`, `ticket.not_open`, `request.version_mismatch` */
export async function reject(tx: Tx, { text, ...ask }: TicketAsk & { text: string }): Promise<Ticket> {
  const { ticket } = await lockTicketAndContract(tx, ask);
  return saveTicket(tx, rejectTicket(ticket, { text, at: tx.now }));
}

/** @throws Refusal `ticket.not_found`, `ticket.not_open`, `request.version_mismatch` */
export async function withdraw(tx: Tx, { text, ...ask }: TicketAsk & { text: string }): Promise<Ticket> {
  const { ticket } = await lockTicketAndContract(tx, ask);
  return saveTicket(tx, withdrawTicket(ticket, { text, at: tx.now }));
}
