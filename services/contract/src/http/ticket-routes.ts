import { z } from 'zod';
import type { Tx } from '@accord/core';
import { AccountId, Moment } from '@accord/events/fields';
import { TicketSnapshot } from '@accord/events/ticket';
import { accountOf, ActorView, maskActor, paged, pageQuery, route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { getTicket, listTickets } from '../ticket/ticket-store.ts';
import { isOverdue, ticketSnapshot, type Ticket } from '../ticket/ticket.ts';
import { approveVoidTicket, rejectOpenTicket, submitVoidTicket, withdrawOpenTicket } from '../voiding.ts';
import { afterOf, pageOf } from './page.ts';
import { GivenReason } from './schemas.ts';

const Id = z.string().min(1).max(64);
const ById = z.strictObject({ ticketId: Id });
const Text = z.string().trim().min(1).max(2_000);
const read = { customer: 'contracts:read', operator: true } as const;
const write = { customer: 'contracts:write', operator: true } as const;

const TicketAnswer = TicketSnapshot.extend({
  reason: GivenReason,
  /** Why it was rejected or withdrawn. */
  decisionText: z.string().nullable(),
  applicant: ActorView,
  createdAt: Moment,
  closedAt: Moment.nullable(),
  overdue: z.boolean(),
}).meta({ id: 'Ticket' });

const ticketBody = (ticket: Ticket, { now, actor }: Tx): z.input<typeof TicketAnswer> => ({
  ...ticketSnapshot(ticket),
  reason: ticket.reason,
  decisionText: ticket.decisionText,
  applicant: maskActor(actor, ticket.applicant),
  createdAt: ticket.createdAt.toISOString(),
  closedAt: ticket.closedAt && ticket.closedAt.toISOString(),
  overdue: isOverdue(ticket, now),
});

const answered = (ticket: Ticket, tx: Tx) => ({ body: ticketBody(ticket, tx), version: ticket.version });

const submission = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/tickets',
    summary: 'Asks the provider to void an official contract.',
    access: write,
    body: z.strictObject({
      kind: z.literal('void_official'),
      contractId: Id,
      reason: GivenReason.default('other'),
      text: Text,
    }),
    answer: TicketAnswer,
    success: [201],
    refusals: [
      'contract.not_found',
      'contract.voided',
      'ticket.contract_not_official',
      'ticket.already_open',
    ],
    inTransaction: async (tx, { body: { contractId, reason, text } }) => {
      const ticket = await submitVoidTicket(tx, { contractId, reason, text }, profile);
      return { status: 201, ...answered(ticket, tx), location: `/v1/tickets/${ticket.ticketId}` };
    },
  });

const list = route({
  method: 'get',
  path: '/v1/tickets',
  summary: 'Tickets, newest first.',
  access: read,
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: TicketSnapshot.shape.status.optional(),
    contractId: Id.optional(),
  }),
  answer: paged(TicketAnswer),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx, { actor, query: { limit, cursor, accountId, ...filter } }) => {
    const own =
      actor.kind === 'customer' || accountId !== undefined ? { accountId: accountOf(actor, accountId) } : {};
    const tickets = await listTickets(tx, { ...filter, ...own, ...afterOf(cursor) }, limit + 1);
    const item = (ticket: Ticket) => ticketBody(ticket, tx);
    return {
      body: pageOf(tickets, limit, { item, key: (last) => [last.createdAt.toISOString(), last.ticketId] }),
    };
  },
});

const detail = route({
  method: 'get',
  path: '/v1/tickets/{ticketId}',
  summary: 'One ticket.',
  access: read,
  params: ById,
  answer: TicketAnswer,
  refusals: ['ticket.not_found'],
  inTransaction: async (tx, { params }) => answered(await getTicket(tx, params.ticketId), tx),
});

const approval = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/approve',
  summary: 'Approves a ticket and does what it asks for. Not by its applicant.',
  access: { operator: true },
  params: ById,
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'ticket.own_approval', 'request.version_mismatch'],
  inTransaction: async (tx, { params, ifMatch }) =>
    answered(await approveVoidTicket(tx, { ...params, ifMatch }), tx),
});

const rejection = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/reject',
  summary: 'Rejects a ticket and says why.',
  access: { operator: true },
  params: ById,
  body: z.strictObject({ text: Text }),
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch }) =>
    answered(await rejectOpenTicket(tx, { ...params, ...body, ifMatch }), tx),
});

const withdrawal = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/withdraw',
  summary: 'Withdraws a ticket and says why.',
  access: write,
  params: ById,
  body: z.strictObject({ text: Text }),
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch }) =>
    answered(await withdrawOpenTicket(tx, { ...params, ...body, ifMatch }), tx),
});

/** CTR-24, as far as contracts are voided by it. */
export const ticketRoutes = (profile: Profile): readonly Route[] => [
  submission(profile),
  list,
  detail,
  approval,
  rejection,
  withdrawal,
];
