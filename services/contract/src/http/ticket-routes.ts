import { z } from 'zod';
import type { Locale, Tx } from '@accord/core';
import { AccountId, Id, Moment, Reason } from '@accord/events/fields';
import { TicketSnapshot } from '@accord/events/ticket';
import { remarkOf } from '@accord/events/wording';
import {
  ActorView,
  listFilter,
  maskActor,
  paged,
  pageOf,
  pageQuery,
  rangeQuery,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { listTickets as findTickets } from '../contract/contract-list.ts';
import { getTicket as readTicket } from '../contract/contract-store.ts';
import { isOverdue, ticketSnapshot, type Ticket } from '../contract/ticket.ts';
import { approveVoidTicket, rejectOpenTicket, submitVoidTicket, withdrawOpenTicket } from '../voiding.ts';
import { GivenReason } from './schemas.ts';

const ById = z.strictObject({ ticketId: Id });
const Text = Reason(2_000);
const reader = { customer: 'contracts:read', operator: true } as const;
const writer = { customer: 'contracts:write', operator: true } as const;

const TicketAnswer = TicketSnapshot.extend({
  reason: GivenReason,
  /** Why it was rejected or withdrawn. */
  decisionText: z.string().nullable(),
  applicant: ActorView,
  createdAt: Moment,
  closedAt: Moment.nullable(),
  overdue: z.boolean(),
}).meta({ id: 'Ticket' });

const toTicketAnswer = (
  ticket: Ticket,
  { now, actor }: Tx,
  locale: Locale,
): z.input<typeof TicketAnswer> => ({
  ...ticketSnapshot(ticket),
  reason: ticket.reason,
  decisionText: ticket.decisionText && remarkOf(ticket.decisionText, locale),
  applicant: maskActor(actor, ticket.applicant),
  createdAt: ticket.createdAt.toISOString(),
  closedAt: ticket.closedAt && ticket.closedAt.toISOString(),
  overdue: isOverdue(ticket, now),
});

const answered = (ticket: Ticket, tx: Tx, locale: Locale) => ({
  body: toTicketAnswer(ticket, tx, locale),
  version: ticket.version,
});

const submitTicket = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/tickets',
    operationId: 'submitTicket',
    summary: 'Asks the provider to void an official contract.',
    access: writer,
    body: z.strictObject({
      kind: z.literal('void_official'),
      contractId: Id,
      reason: GivenReason.default('other'),
      text: Text,
    }),
    example: {
      kind: 'void_official',
      contractId: 'ctr_0199a2013ab97155850ff2f85a2d7bf3',
      reason: 'incorrect_terms',
      text: 'The period is wrong',
    },
    answer: TicketAnswer,
    success: [201],
    refusals: [
      'contract.not_found',
      'contract.voided',
      'ticket.contract_not_official',
      'ticket.already_open',
    ],
    inTransaction: async (tx, { locale, body: { contractId, reason, text } }) => {
      const ticket = await submitVoidTicket(tx, profile, { contractId, reason, text });
      return { status: 201, ...answered(ticket, tx, locale), location: `/v1/tickets/${ticket.ticketId}` };
    },
  });

const listTickets = route({
  method: 'get',
  path: '/v1/tickets',
  operationId: 'listTickets',
  summary: 'Tickets, newest first.',
  access: reader,
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: TicketSnapshot.shape.status.optional(),
    contractId: Id.optional(),
    ...rangeQuery,
  }),
  answer: paged(TicketAnswer),
  refusals: ['request.account_not_yours', 'request.range_reversed'],
  inTransaction: async (tx, { locale, ...request }) => {
    const tickets = await findTickets(tx, listFilter(request));
    const item = (ticket: Ticket) => toTicketAnswer(ticket, tx, locale);
    const key = ({ createdAt, ticketId }: Ticket) => [createdAt.toISOString(), ticketId];
    return { body: pageOf(tickets, request.query.limit, { item, key }) };
  },
});

const getTicket = route({
  method: 'get',
  path: '/v1/tickets/{ticketId}',
  operationId: 'getTicket',
  summary: 'One ticket.',
  access: reader,
  params: ById,
  answer: TicketAnswer,
  refusals: ['ticket.not_found'],
  inTransaction: async (tx, { params, locale }) =>
    answered(await readTicket(tx, params.ticketId), tx, locale),
});

const approveTicket = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/approve',
  operationId: 'approveTicket',
  summary: 'Approves a ticket and does what it asks for. Not by its applicant.',
  access: { operator: true },
  params: ById,
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'ticket.own_approval', 'request.version_mismatch'],
  inTransaction: async (tx, { params, ifMatch, locale }) =>
    answered(await approveVoidTicket(tx, { ...params, ifMatch }), tx, locale),
});

const rejectTicket = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/reject',
  operationId: 'rejectTicket',
  summary: 'Rejects a ticket and says why.',
  access: { operator: true },
  params: ById,
  body: z.strictObject({ text: Text }),
  example: { text: 'The terms are as they were agreed' },
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch, locale }) =>
    answered(await rejectOpenTicket(tx, { ...params, ...body, ifMatch }), tx, locale),
});

const withdrawTicket = route({
  method: 'post',
  path: '/v1/tickets/{ticketId}/withdraw',
  operationId: 'withdrawTicket',
  summary: 'Withdraws a ticket and says why.',
  access: writer,
  params: ById,
  body: z.strictObject({ text: Text }),
  example: { text: 'Settled by telephone' },
  answer: TicketAnswer,
  refusals: ['ticket.not_found', 'ticket.not_open', 'request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch, locale }) =>
    answered(await withdrawOpenTicket(tx, { ...params, ...body, ifMatch }), tx, locale),
});

/** CTR-24, as far as contracts are voided by it. */
export const ticketRoutes = (profile: Profile): readonly Route[] => [
  submitTicket(profile),
  listTickets,
  getTicket,
  approveTicket,
  rejectTicket,
  withdrawTicket,
];
