import { z } from 'zod';
import type { Locale, Tx } from '@accord/core';
import { AccountId, Id, Moment, Reason } from '@accord/events/fields';
import { TicketKind, TicketSnapshot } from '@accord/events/ticket';
import { remarkOf } from '@accord/events/wording';
import {
  accountOf,
  accountRefusals,
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
import { listTickets as findTickets } from '../ticket/ticket-list.ts';
import { getTicket as readTicket } from '../ticket/ticket-store.ts';
import { isOverdue, leadsToPapers, ticketSnapshot, type Ticket } from '../ticket/ticket.ts';
import { approve, reject, submit, withdraw } from '../ticketing.ts';
import { addressFor, worded } from './refusal-texts.ts';
import { GivenReason, OfflineAddress } from './schemas.ts';

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
  overdue: z.boolean().meta({ description: 'Open beyond dueAt; it is never decided by itself.' }),
  offlineAddress: OfflineAddress.nullable().meta({
    description: 'Where the papers of a contract signed outside go; null of `void_official`.',
  }),
}).meta({ id: 'Ticket' });

interface Reading {
  readonly locale: Locale;
  readonly profile: Profile;
}

const toTicketAnswer = (
  ticket: Ticket,
  { now, actor }: Tx,
  { locale, profile }: Reading,
): z.input<typeof TicketAnswer> => ({
  ...ticketSnapshot(ticket),
  reason: ticket.reason,
  decisionText: ticket.decisionText && remarkOf(ticket.decisionText, locale),
  applicant: maskActor(actor, ticket.applicant),
  createdAt: ticket.createdAt.toISOString(),
  closedAt: ticket.closedAt && ticket.closedAt.toISOString(),
  overdue: isOverdue(ticket, now),
  offlineAddress: leadsToPapers(ticket) ? addressFor(profile.contracts.offlineAddress, locale) : null,
});

const answered = (ticket: Ticket, tx: Tx, reading: Reading) => ({
  body: toTicketAnswer(ticket, tx, reading),
  version: ticket.version,
});

const Submission = z.strictObject({
  kind: TicketKind,
  contractId: Id.optional().meta({
    description:
      'Of `void_official`: official. Of `extra_terms` and `physical_seal`, instead of orders: live.',
  }),
  orderIds: z.array(Id).min(1).max(500).optional().meta({
    description:
      'Of `offline_contract` and `marketplace`. Of `extra_terms` and `physical_seal`, instead of a contract.',
  }),
  accountId: AccountId.optional().meta({
    description: 'Of the orders, for operators; a customer asks for the own account.',
  }),
  reason: GivenReason.default('other').meta({
    description: 'Of `void_official`; `other` of every other kind.',
  }),
  text: Text,
});

const submitTicket = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/tickets',
    operationId: 'submitTicket',
    summary: 'Asks the provider to void an official contract, or for a contract that is signed outside.',
    access: writer,
    body: Submission,
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
      'contract.application_refused',
      'order.not_found',
      'order.cancelled',
      'order.voided',
      'ticket.contract_needed',
      'ticket.orders_needed',
      'ticket.one_subject_needed',
      'ticket.kind_not_offered',
      'ticket.contract_not_official',
      'ticket.contract_ended',
      'ticket.already_open',
      ...accountRefusals,
    ],
    inTransaction: async (tx, { actor, locale, body }) => {
      const { contractId = null, orderIds = [], accountId, ...asked } = body;
      const account =
        contractId === null || accountId !== undefined ? accountOf(actor, accountId) : undefined;
      const ask = { ...asked, contractId, orderIds, accountId: account };
      const ticket = await worded(submit(tx, profile, ask), locale);
      const location = `/v1/tickets/${ticket.ticketId}`;
      return { status: 201, ...answered(ticket, tx, { locale, profile }), location };
    },
  });

const listTickets = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/tickets',
    operationId: 'listTickets',
    summary: 'Tickets, newest first: for operators the inbox, over all accounts.',
    access: reader,
    query: z.strictObject({
      ...pageQuery,
      accountId: AccountId.optional(),
      kind: TicketKind.optional(),
      status: TicketSnapshot.shape.status.optional(),
      contractId: Id.optional(),
      overdue: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: 'Only open ones beyond dueAt, or all the others.' }),
      ...rangeQuery,
    }),
    answer: paged(TicketAnswer),
    refusals: ['request.account_not_yours', 'request.range_reversed'],
    inTransaction: async (tx, { locale, ...request }) => {
      const { overdue, ...filter } = listFilter(request);
      const tickets = await findTickets(tx, { ...filter, overdue: overdue && overdue === 'true' });
      const item = (ticket: Ticket) => toTicketAnswer(ticket, tx, { locale, profile });
      const key = ({ createdAt, ticketId }: Ticket) => [createdAt.toISOString(), ticketId];
      return { body: pageOf(tickets, request.query.limit, { item, key }) };
    },
  });

const getTicket = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/tickets/{ticketId}',
    operationId: 'getTicket',
    summary: 'One ticket.',
    access: reader,
    params: ById,
    answer: TicketAnswer,
    refusals: ['ticket.not_found'],
    inTransaction: async (tx, { params, locale }) =>
      answered(await readTicket(tx, params.ticketId), tx, { locale, profile }),
  });

const approveTicket = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/tickets/{ticketId}/approve',
    operationId: 'approveTicket',
    summary: 'Approves a ticket and does what it asks for. Not by its applicant.',
    access: { operator: true },
    params: ById,
    answer: TicketAnswer,
    refusals: ['ticket.not_found', 'ticket.not_open', 'ticket.own_approval', 'request.version_mismatch'],
    inTransaction: async (tx, { params, ifMatch, locale }) =>
      answered(await approve(tx, { ...params, ifMatch }), tx, { locale, profile }),
  });

const rejectTicket = (profile: Profile) =>
  route({
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
      answered(await reject(tx, { ...params, ...body, ifMatch }), tx, { locale, profile }),
  });

const withdrawTicket = (profile: Profile) =>
  route({
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
      answered(await withdraw(tx, { ...params, ...body, ifMatch }), tx, { locale, profile }),
  });

/** CTR-24. */
export const ticketRoutes = (profile: Profile): readonly Route[] => [
  submitTicket(profile),
  listTickets(profile),
  getTicket(profile),
  approveTicket(profile),
  rejectTicket(profile),
  withdrawTicket(profile),
];
