import type { z } from 'zod';
import { amend, changed, isSameSubject, lifecycle, Refusal, type Decision } from '@accord/core';
import type { TicketSnapshot } from '@accord/events/ticket';
import type { GivenReason } from '../contract/contract.ts';

export const ticketLifecycle = lifecycle('ticket', 'submitted', {
  submitted: { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn' },
  approved: {},
  rejected: {},
  withdrawn: {},
});

type Snapshot = z.infer<typeof TicketSnapshot>;

export interface Ticket {
  readonly ticketId: string;
  readonly version: number;
  readonly accountId: string;
  readonly kind: Snapshot['kind'];
  readonly status: Snapshot['status'];
  readonly contractId: string | null;
  /** Of that contract, as people know it. */
  readonly contractNumber: string | null;
  /** Of the contract; else the set that it is about, sorted. */
  readonly orderIds: readonly string[];
  /** Why the contract shall be voided (CTR-26); `other` of every other kind. */
  readonly reason: GivenReason;
  readonly text: string;
  /** Why it was rejected or withdrawn. */
  readonly decisionText: string | null;
  /** The actor that submitted it, as `customer:usr_1`. */
  readonly applicant: string;
  readonly createdAt: Date;
  /** End of the next business day; an overdue ticket is flagged, never decided by itself. */
  readonly dueAt: Date;
  readonly closedAt: Date | null;
}

export const ticketSnapshot = ({
  ticketId,
  version,
  accountId,
  kind,
  status,
  contractId,
  contractNumber,
  orderIds,
  text,
  dueAt,
}: Ticket): Snapshot => ({
  ticketId,
  version,
  accountId,
  kind,
  status,
  contractId,
  contractNumber,
  orderIds: [...orderIds],
  text,
  dueAt: dueAt.toISOString(),
});

export const isOverdue = (ticket: Ticket, now: Date) => ticket.status === 'submitted' && ticket.dueAt < now;

/** The subject of each kind: a contract, a set of orders, or either (CTR-24). */
const subjects = {
  void_official: 'contract',
  extra_terms: 'either',
  physical_seal: 'either',
  offline_contract: 'orders',
  marketplace: 'orders',
} as const satisfies { readonly [K in Ticket['kind']]: string };

/** The kinds whose approval lets an operator record a contract signed outside. */
export const leadsToPapers = ({ kind }: Pick<Ticket, 'kind'>): boolean => kind !== 'void_official';

/**
 * CTR-24: whether it names what its kind is about, and nothing else.
 *
 * @throws Refusal `ticket.contract_needed`, `ticket.orders_needed`, `ticket.one_subject_needed`
 */
export function expectSubject(
  kind: Ticket['kind'],
  { contractId, orderIds }: { readonly contractId: string | null; readonly orderIds: readonly string[] },
): void {
  const named = contractId === null ? 'orders' : 'contract';
  const isOne = (contractId === null) === orderIds.length > 0;
  const wanted = subjects[kind];
  if (isOne && (wanted === 'either' || wanted === named)) return;
  if (wanted === 'either') throw new Refusal('invalid', 'ticket.one_subject_needed', { kind });
  const code = wanted === 'contract' ? 'ticket.contract_needed' : 'ticket.orders_needed';
  throw new Refusal('invalid', code, { kind });
}

/**
 * CTR-24: an approved ticket lets a contract be recorded.
 *
 * @throws Refusal `ticket.not_approved`, `ticket.no_papers`
 */
export function expectRecordable(ticket: Ticket): void {
  const { ticketId, status, kind } = ticket;
  if (!leadsToPapers(ticket)) throw new Refusal('conflict', 'ticket.no_papers', { ticketId, kind });
  if (status !== 'approved') throw new Refusal('conflict', 'ticket.not_approved', { ticketId, status });
}

type SubmittedTicket = Omit<Ticket, 'version' | 'status' | 'decisionText' | 'closedAt'>;

export function submitTicket(of: SubmittedTicket): Decision<Ticket> {
  const ticket: Ticket = {
    ...of,
    version: 1,
    status: ticketLifecycle.start,
    decisionText: null,
    closedAt: null,
  };
  return changed(ticket, { type: 'ticket.submitted', data: { ticket: ticketSnapshot(ticket) } });
}

const close = (
  ticket: Ticket,
  action: 'approve' | 'reject' | 'withdraw',
  { text, at }: { text: string | null; at: Date },
): Ticket => {
  if (!ticketLifecycle.allows(ticket.status, action)) {
    throw new Refusal('conflict', 'ticket.not_open', { ticketId: ticket.ticketId, status: ticket.status });
  }
  const status = ticketLifecycle.after(ticket.status, action);
  return amend(ticket, { status, decisionText: text, closedAt: at });
};

/** @throws Refusal `ticket.own_approval`, `ticket.not_open` (CTR-24) */
export function approveTicket(ticket: Ticket, { by, at }: { by: string; at: Date }): Decision<Ticket> {
  if (isSameSubject(ticket.applicant, by))
    throw new Refusal('forbidden', 'ticket.own_approval', { ticketId: ticket.ticketId });
  const state = close(ticket, 'approve', { text: null, at });
  return changed(state, { type: 'ticket.approved', data: { ticket: ticketSnapshot(state) } });
}

/** @throws Refusal `ticket.not_open` */
export function rejectTicket(ticket: Ticket, { text, at }: { text: string; at: Date }): Decision<Ticket> {
  const state = close(ticket, 'reject', { text, at });
  return changed(state, { type: 'ticket.rejected', data: { ticket: ticketSnapshot(state), text } });
}

/** `text` is a person's, or `contract_ended` where the contract took it along. @throws Refusal `ticket.not_open` */
export function withdrawTicket(ticket: Ticket, { text, at }: { text: string; at: Date }): Decision<Ticket> {
  const state = close(ticket, 'withdraw', { text, at });
  return changed(state, { type: 'ticket.withdrawn', data: { ticket: ticketSnapshot(state), text } });
}
