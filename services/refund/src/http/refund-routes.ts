import { z } from 'zod';
import type { RefusalCode } from '@accord/core';
import { RefundStatus } from '@accord/events/refund';
import {
  accountOf,
  accountRefusals,
  decodeTimeCursor,
  encodeCursor,
  paged,
  pageQuery,
  route,
  type Access,
  type Route,
  type RouteRequest,
  type RouteResponse,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { quote } from '../quote.ts';
import { findQuote, findRefund, listRefunds } from '../refund/refund-store.ts';
import { refundLifecycle, requestReasons, type Refund } from '../refund/refund.ts';
import { request } from '../request.ts';
import { approveRefund, rejectRefund, retryRefund, withdrawRefund } from '../review.ts';
import { eligibleRoutes } from './eligible-routes.ts';
import { QuoteBody, quoteBody, RefundBody, refundBody } from './schemas.ts';

const Id = z.string().min(1).max(64);
const Text = z.string().trim().min(1).max(500);
const RefundId = z.strictObject({ refundId: Id });
const reader = { customer: 'refunds:read', operator: true } as const;
const writer = { customer: 'refunds:write', operator: true } as const;
const operator = { operator: true } as const;

const AskQuote = z
  .strictObject({
    instanceIds: z
      .array(Id)
      .min(1)
      .max(10)
      .refine((ids) => new Set(ids).size === ids.length, {
        message: 'names each instance once',
        params: { 'zh-CN': '每个实例只能出现一次' },
      })
      .optional(),
    bundleId: Id.optional().meta({ description: 'Instead: all instances of a bundle, whatever its size.' }),
    accountId: Id.optional().meta({ description: 'For operators: whose instances.' }),
  })
  .refine(({ instanceIds, bundleId }) => (instanceIds === undefined) !== (bundleId === undefined), {
    message: 'names either instanceIds or bundleId',
    params: { 'zh-CN': '请指定 instanceIds 或 bundleId 之一' },
  });

const AskRefund = z.strictObject({ quoteId: Id, reason: z.enum(requestReasons), text: Text.optional() });
const Decide = z.strictObject({ text: Text });
const RefundsQuery = z.strictObject({
  ...pageQuery,
  accountId: Id.optional(),
  status: RefundStatus.optional(),
  orderId: Id.optional(),
  instanceId: Id.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Exclusive.' }),
});

const answer = (
  refund: Refund,
  by: Pick<RouteRequest, 'actor' | 'locale'>,
  status = 200,
): RouteResponse<z.input<typeof RefundBody>> => ({
  status,
  body: refundBody(refund, by),
  version: refund.version,
  location: `/v1/refunds/${refund.refundId}`,
});

/** Nothing more will happen by itself: an end, a review to wait for, or a payout that failed. */
const isOutcome = ({ status }: Refund) =>
  refundLifecycle.ends.includes(status) || status === 'reviewing' || status === 'failed';

export const refundRoutes = (profile: Profile): Route[] => [
  ...quoteRoutes(profile),
  ...eligibleRoutes(profile),
  requestRoute,
  ...readRoutes,
  ...decisionRoutes,
];

const quoteRoutes = (profile: Profile): Route[] => [
  route({
    method: 'post',
    path: '/v1/refund-quotes',
    summary: 'What each instance would give back now, and everything against it. Changes nothing.',
    access: writer,
    body: AskQuote,
    answer: QuoteBody,
    success: [201],
    refusals: ['refund.mixed_currencies', 'refund.bundle_not_found', ...accountRefusals],
    inTransaction: async (tx, { body: { accountId, ...ask }, actor, locale }) => {
      const made = await quote(tx, profile, { accountId: accountOf(actor, accountId), ...ask });
      return {
        status: 201,
        body: quoteBody({ ...made, refundId: null }, locale),
        location: `/v1/refund-quotes/${made.quoteId}`,
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/refund-quotes/{quoteId}',
    summary: 'A quote as it was made.',
    access: reader,
    params: z.strictObject({ quoteId: Id }),
    answer: QuoteBody,
    refusals: ['refund.quote_not_found'],
    inTransaction: async (tx, { params, locale }) => ({
      body: quoteBody(await findQuote(tx, params.quoteId), locale),
    }),
  }),
];

const requestRoute = route({
  method: 'post',
  path: '/v1/refunds',
  summary: 'Ask for the refund that was quoted. Prefer: wait answers with the outcome.',
  access: writer,
  body: AskRefund,
  answer: RefundBody,
  success: [202, 200],
  idempotencyKey: 'required',
  refusals: [
    'refund.quote_not_found',
    'refund.quote_expired',
    'refund.quote_used',
    'refund.not_refundable',
    'refund.text_required',
    'refund.trade_in_progress',
    'refund.too_large',
  ],
  inTransaction: async (tx, { body, ...by }) =>
    answer(await request(tx, { ...body, text: body.text ?? null }), by, 202),
  outcome: async (tx, { refundId }, locale) => {
    const refund = await findRefund(tx, refundId);
    return isOutcome(refund) ? answer(refund, { actor: tx.actor, locale }) : undefined;
  },
});

const readRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/refunds',
    summary: 'Refunds, newest first.',
    access: reader,
    query: RefundsQuery,
    answer: paged(RefundBody),
    refusals: ['request.account_not_yours'],
    inTransaction: async (tx, { query: { limit, cursor, ...query }, actor, locale }) => {
      const [createdAt, refundId] = cursor ? decodeTimeCursor(cursor) : [];
      const found = await listRefunds(tx, {
        accountId: actor.kind === 'customer' ? accountOf(actor, query.accountId) : (query.accountId ?? null),
        status: query.status ?? null,
        orderId: query.orderId ?? null,
        instanceId: query.instanceId ?? null,
        from: query.from ? new Date(query.from) : null,
        to: query.to ? new Date(query.to) : null,
        before: createdAt && refundId ? { createdAt, refundId } : null,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const nextCursor =
        found.length > limit && last ? encodeCursor([last.createdAt.toISOString(), last.refundId]) : null;
      return { body: { data: page.map((refund) => refundBody(refund, { actor, locale })), nextCursor } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/refunds/{refundId}',
    summary: 'One refund with its calculation.',
    access: reader,
    params: RefundId,
    answer: RefundBody,
    refusals: ['refund.not_found'],
    inTransaction: async (tx, { params, ...by }) => answer(await findRefund(tx, params.refundId), by),
  }),
];

/** A decision of the provider or the customer about one refund. */
const decision = (
  name: 'approve' | 'reject' | 'withdraw' | 'retry',
  spec: { summary: string; access: Access; refusals: RefusalCode[] },
) => ({
  method: 'post' as const,
  path: `/v1/refunds/{refundId}/${name}` as const,
  params: RefundId,
  answer: RefundBody,
  ...spec,
  refusals: [
    'refund.not_found',
    'refund.transition_refused',
    'request.version_mismatch',
    ...spec.refusals,
  ] satisfies RefusalCode[],
});

const decisionRoutes: Route[] = [
  route({
    ...decision('approve', {
      summary: 'Approves a refund that waits for a review.',
      access: operator,
      refusals: ['refund.approver_is_applicant'],
    }),
    body: Decide,
    inTransaction: async (tx, { params, body, ifMatch, ...by }) =>
      answer(await approveRefund(tx, { ...params, ...body, ifMatch }), by),
  }),
  route({
    ...decision('reject', {
      summary: 'Rejects a refund that waits for a review.',
      access: operator,
      refusals: ['refund.approver_is_applicant'],
    }),
    body: Decide,
    inTransaction: async (tx, { params, body, ifMatch, ...by }) =>
      answer(await rejectRefund(tx, { ...params, ...body, ifMatch }), by),
  }),
  route({
    ...decision('withdraw', {
      summary: 'Withdraws a refund that waits for a review; an operator also one whose payout failed.',
      access: writer,
      refusals: ['refund.only_operator_withdraws'],
    }),
    inTransaction: async (tx, { params, ifMatch, ...by }) =>
      answer(await withdrawRefund(tx, { ...params, ifMatch }), by),
  }),
  route({
    ...decision('retry', { summary: 'Tries a failed payout again.', access: operator, refusals: [] }),
    inTransaction: async (tx, { params, ifMatch, ...by }) =>
      answer(await retryRefund(tx, { ...params, ifMatch }), by),
  }),
];
