import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Ticket } from './ticket.ts';

export const ticketColumns = `ticket_id as "ticketId", version, account_id as "accountId", kind, status,
  contract_id as "contractId", contract_number as "contractNumber", order_ids as "orderIds", reason, text,
  decision_text as "decisionText", applicant, created_at as "createdAt", due_at as "dueAt", closed_at as "closedAt"`;

const found = (ticket: Ticket | undefined, ticketId: string): Ticket => {
  if (!ticket) throw new Refusal('not_found', 'ticket.not_found', { ticketId });
  return ticket;
};

/** @throws Refusal `ticket.not_found`, also where it is another account's (API-5). */
export const getTicket = async (tx: Tx, ticketId: string): Promise<Ticket> =>
  found(
    await tx.one<Ticket>(`select ${ticketColumns} from tickets where ticket_id = $1`, [ticketId]),
    ticketId,
  );

/** For update; lock the ticket's contract first. @throws Refusal `ticket.not_found` */
export const lockTicket = async (tx: Tx, ticketId: string): Promise<Ticket> =>
  found(
    await tx.one<Ticket>(`select ${ticketColumns} from tickets where ticket_id = $1 for update`, [ticketId]),
    ticketId,
  );

/** For update, in the order of their ids. */
export const lockOpenTicketsOf = (tx: Tx, contractId: string) =>
  tx.many<Ticket>(
    `select ${ticketColumns} from tickets
      where contract_id = $1 and status = 'submitted' order by ticket_id for update`,
    [contractId],
  );

/**
 * Announced.
 *
 * @throws Refusal `ticket.already_open`: one per contract, or without one per order set, and kind (CTR-24).
 */
export async function insertTicket(tx: Tx, { state: ticket, facts }: Decision<Ticket>): Promise<Ticket> {
  const inserted = await tx.one(
    `insert into tickets (ticket_id, version, account_id, kind, status, contract_id, contract_number, order_ids,
       reason, text, applicant, created_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict do nothing returning ticket_id`,
    [
      ticket.ticketId,
      ticket.version,
      ticket.accountId,
      ticket.kind,
      ticket.status,
      ticket.contractId,
      ticket.contractNumber,
      ticket.orderIds,
      ticket.reason,
      ticket.text,
      ticket.applicant,
      ticket.createdAt,
      ticket.dueAt,
    ],
  );
  if (!inserted) {
    const { kind, contractId, orderIds } = ticket;
    const remedy = 'await_its_decision';
    throw new Refusal('conflict', 'ticket.already_open', { kind, contractId, orderIds, remedy });
  }
  tx.emit(...facts);
  return ticket;
}

/** Saved and announced. */
export function saveTicket(tx: Tx, { state: ticket, facts }: Decision<Ticket>): Ticket {
  tx.write(
    'update tickets set version = $2, status = $3, decision_text = $4, closed_at = $5 where ticket_id = $1',
    [ticket.ticketId, ticket.version, ticket.status, ticket.decisionText, ticket.closedAt],
  );
  tx.emit(...facts);
  return ticket;
}
