import type { Tx } from '@accord/core';
import { ticketColumns } from './ticket-store.ts';
import type { Ticket } from './ticket.ts';

/** All combinable; undefined takes every ticket. */
export interface TicketFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string | undefined;
  readonly kind?: Ticket['kind'] | undefined;
  readonly status?: Ticket['status'] | undefined;
  readonly contractId?: string | undefined;
  /** Open beyond its time; with another status than `submitted` there is none. */
  readonly overdue?: boolean | undefined;
  /** Submitted at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** createdAt and ticket id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

/** Ends of the range of times, so that a range that is open needs no text of its own. */
const [ever, never] = ['-infinity', 'infinity'];

/**
 * Newest first, by keyset. Each set of filters has a text of its own, in which every condition is one that an index can
 * be searched by.
 */
export function listTickets(tx: Tx, filter: TicketFilter): Promise<Ticket[]> {
  const { accountId, kind, status, contractId, overdue, after, limit } = filter;
  const values: unknown[] = [filter.from ?? ever, filter.before ?? never, limit];
  const where = ['created_at >= $1', 'created_at < $2'];
  const also = (value: unknown, condition: (place: string) => string): void => {
    if (value !== undefined) where.push(condition(`$${values.push(value)}`));
  };
  also(accountId, (place) => `account_id = ${place}`);
  also(contractId, (place) => `contract_id = ${place}`);
  also(kind, (place) => `kind = ${place}`);
  // A literal, by which the indexes of open tickets are found.
  if (status === 'submitted' || overdue) where.push(`status = 'submitted'`);
  if (status !== 'submitted') also(status, (place) => `status = ${place}`);
  if (overdue === false) also(tx.now, (place) => `not (status = 'submitted' and due_at < ${place})`);
  if (overdue) also(tx.now, (place) => `due_at < ${place}`);
  if (after)
    where.push(`(created_at, ticket_id) < ($${values.push(after[0])}, $${values.push(after[1])}::text)`);
  return tx.many<Ticket>(
    `select ${ticketColumns} from tickets where ${where.join(' and ')}
      order by created_at desc, ticket_id desc limit $3`,
    values,
  );
}
