import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Ticket } from './ticket.ts';

const columns = `ticket_id as "ticketId", version, account_id as "accountId", kind, status, contract_id as "contractId",
  contract_number as "contractNumber", order_ids as "orderIds", reason, text, decision_text as "decisionText",
  applicant, created_at as "createdAt",
  due_at as "dueAt", closed_at as "closedAt"`;

/** @throws Refusal `ticket.not_found`, also where it is another account's (API-5). */
export async function getTicket(tx: Tx, ticketId: string): Promise<Ticket> {
  const ticket = await tx.one<Ticket>(`select ${columns} from tickets where ticket_id = $1`, [ticketId]);
  if (!ticket) throw new Refusal('not_found', 'ticket.not_found', { ticketId });
  return ticket;
}

/** For update; lock the ticket's contract first. @throws Refusal `ticket.not_found` */
export async function lockTicket(tx: Tx, ticketId: string): Promise<Ticket> {
  const ticket = await tx.one<Ticket>(`select ${columns} from tickets where ticket_id = $1 for update`, [
    ticketId,
  ]);
  if (!ticket) throw new Refusal('not_found', 'ticket.not_found', { ticketId });
  return ticket;
}

/** For update, in the order of their ids. */
export const lockOpenTicketsOf = (tx: Tx, contractId: string) =>
  tx.many<Ticket>(
    `select ${columns} from tickets
      where contract_id = $1 and status = 'submitted' order by ticket_id for update`,
    [contractId],
  );

export interface TicketFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string | undefined;
  readonly status?: string;
  readonly contractId?: string;
  /** Submitted at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** createdAt and ticket id of the last one seen. */
  readonly after?: readonly string[];
}

/** Newest first. */
export const listTickets = (tx: Tx, filter: TicketFilter, limit: number) =>
  tx.many<Ticket>(
    `select ${columns} from tickets
      where ($1::text is null or account_id = $1) and ($2::text is null or status = $2)
        and ($3::text is null or contract_id = $3)
        and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at < $5)
        and ($6::timestamptz is null or (created_at, ticket_id) < ($6, $7::text))
      order by created_at desc, ticket_id desc limit $8`,
    [
      filter.accountId ?? null,
      filter.status ?? null,
      filter.contractId ?? null,
      filter.from ?? null,
      filter.before ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      limit,
    ],
  );

/** Announced. @throws Refusal `ticket.already_open`: one per contract and kind (CTR-24). */
export async function insertTicket(tx: Tx, { state: ticket, facts }: Decision<Ticket>): Promise<Ticket> {
  const inserted = await tx.one(
    `insert into tickets (ticket_id, version, account_id, kind, status, contract_id, contract_number, order_ids,
       reason, text, applicant, created_at, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (contract_id, kind) where status = 'submitted' do nothing returning ticket_id`,
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
  if (!inserted)
    throw new Refusal('conflict', 'ticket.already_open', {
      contractId: ticket.contractId,
      kind: ticket.kind,
      remedy: 'await_its_decision',
    });
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
