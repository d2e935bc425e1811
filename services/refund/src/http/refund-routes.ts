import { z } from 'zod';
import { AccountId, Id, Reason } from '@accord/events/fields';
import { RefundStatus } from '@accord/events/refund';
import {
  accountOf,
  accountRefusals,
  listFilter,
  paged,
  pageOf,
  pageQuery,
  rangeQuery,
  route,
  type Route,
  type RouteRequest,
} from '@accord/http';
import { mostInstancesOfQuote, type Profile } from '@accord/profile';
import { quote, request } from '../refund-request.ts';
import * as quoteStore from '../refund/quote-store.ts';
import * as refundStore from '../refund/refund-store.ts';
import { refundLifecycle, requestReasons, type Refund } from '../refund/refund.ts';
import { approve, read, reject, retry, withdraw } from '../review.ts';
import { QuoteAnswer, reader, RefundAnswer, toQuoteAnswer, toRefundAnswer, writer } from './schemas.ts';

const Text = Reason(500);
const RefundId = z.strictObject({ refundId: Id });
const operator = { operator: true } as const;

const AskQuote = z
  .strictObject({
    instanceIds: z
      .array(Id)
      .min(1)
      .max(mostInstancesOfQuote)
      .refine((ids) => new Set(ids).size === ids.length, {
        message: 'names each instance once',
        params: { 'zh-CN': '每个实例只能出现一次' },
      })
      .meta({ uniqueItems: true })
      .optional(),
    bundleId: Id.optional().meta({ description: 'Instead: all instances of a bundle, whatever its size.' }),
    kind: z.enum(['unsubscribe', 'renewal_only']).default('unsubscribe').meta({
      description:
        '`renewal_only` gives back the renewals that have not begun, in full, and keeps the instances (RFD-9).',
    }),
    accountId: AccountId.optional().meta({ description: 'For operators: whose instances.' }),
  })
  .refine(({ instanceIds, bundleId }) => (instanceIds === undefined) !== (bundleId === undefined), {
    message: 'names either instanceIds or bundleId',
    params: { 'zh-CN': '请指定 instanceIds 或 bundleId 之一' },
  })
  .meta({
    not: {
      anyOf: [
        { required: ['instanceIds', 'bundleId'] },
        { not: { anyOf: [{ required: ['instanceIds'] }, { required: ['bundleId'] }] } },
      ],
    },
  });

const quoteRefund = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/refund-quotes',
    operationId: 'quoteRefund',
    summary: 'What each instance would give back now, and everything against it. Changes nothing.',
    access: writer,
    body: AskQuote,
    example: { instanceIds: ['i-bp1a2b3c'] },
    answer: QuoteAnswer,
    success: [201],
    refusals: ['refund.mixed_currencies', 'refund.bundle_not_found', ...accountRefusals],
    inTransaction: async (tx, { body: { accountId, ...ask }, actor, locale }) => {
      const made = await quote(tx, profile, { accountId: accountOf(actor, accountId), ...ask });
      return {
        status: 201,
        body: toQuoteAnswer({ ...made, refundId: null }, locale),
        location: `/v1/refund-quotes/${made.quoteId}`,
      };
    },
  });

const getQuote = route({
  method: 'get',
  path: '/v1/refund-quotes/{quoteId}',
  operationId: 'getQuote',
  summary: 'A quote as it was made.',
  access: reader,
  params: z.strictObject({ quoteId: Id }),
  answer: QuoteAnswer,
  refusals: ['refund.quote_not_found'],
  inTransaction: async (tx, { params: { quoteId }, locale }) => ({
    body: toQuoteAnswer(await quoteStore.getQuote(tx, quoteId), locale),
  }),
});

const AskRefund = z.strictObject({ quoteId: Id, reason: z.enum(requestReasons), text: Text.optional() });
const Verdict = z.strictObject({ text: Text });
const RefundsQuery = z.strictObject({
  ...pageQuery,
  accountId: AccountId.optional(),
  status: RefundStatus.optional(),
  orderId: Id.optional(),
  instanceId: Id.optional(),
  ...rangeQuery,
});

const answer = (refund: Refund, by: Pick<RouteRequest, 'actor' | 'locale'>, status = 200) => ({
  status,
  body: toRefundAnswer(refund, by),
  version: refund.version,
  location: `/v1/refunds/${refund.refundId}`,
});

/** Nothing more will happen by itself: an end, a review to wait for, or a payout that failed. */
const isOutcome = ({ status }: Refund) =>
  refundLifecycle.ends.includes(status) || status === 'reviewing' || status === 'failed';

const requestRefund = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/refunds',
    operationId: 'requestRefund',
    summary: 'Ask for the refund that was quoted. Prefer: wait answers with the outcome.',
    access: writer,
    body: AskRefund,
    example: { quoteId: 'quo_0199a2013ab97155850ff2f85a2d7bf3', reason: 'not_usable' },
    answer: RefundAnswer,
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
      answer(await request(tx, profile, { ...body, text: body.text ?? null }), by, 202),
    outcome: async (tx, { refundId }, locale) => {
      const refund = await refundStore.getRefund(tx, refundId);
      return isOutcome(refund) ? answer(refund, { actor: tx.actor, locale }) : undefined;
    },
  });

const listRefunds = route({
  method: 'get',
  path: '/v1/refunds',
  operationId: 'listRefunds',
  summary: 'Refunds, newest first.',
  access: reader,
  query: RefundsQuery,
  answer: paged(RefundAnswer),
  refusals: ['request.account_not_yours', 'request.range_reversed'],
  inTransaction: async (tx, request) => {
    const rows = await refundStore.listRefunds(tx, listFilter(request));
    return {
      body: pageOf(rows, request.query.limit, {
        item: (refund) => toRefundAnswer(refund, request),
        key: (last) => [last.createdAt.toISOString(), last.refundId],
      }),
    };
  },
});

const getRefund = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/refunds/{refundId}',
    operationId: 'getRefund',
    summary: 'One refund with its calculation and, while it waits for a review, what changed since.',
    access: reader,
    params: RefundId,
    answer: RefundAnswer,
    refusals: ['refund.not_found'],
    inTransaction: async (tx, { params, ...by }) => answer(await read(tx, profile, params), by),
  });

const reviewRefusals = ['refund.not_found', 'refund.transition_refused', 'request.version_mismatch'] as const;

const approveRefund = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/refunds/{refundId}/approve',
    operationId: 'approveRefund',
    summary: 'Approves a refund that waits for a review; refused where facts are against it by now.',
    access: operator,
    params: RefundId,
    body: Verdict,
    example: { text: 'As agreed with the customer' },
    answer: RefundAnswer,
    refusals: [...reviewRefusals, 'refund.approver_is_applicant'],
    inTransaction: async (tx, { params, body, ifMatch, ...by }) =>
      answer(await approve(tx, profile, { ...params, ...body, ifMatch }), by),
  });

const rejectRefund = route({
  method: 'post',
  path: '/v1/refunds/{refundId}/reject',
  operationId: 'rejectRefund',
  summary: 'Rejects a refund that waits for a review.',
  access: operator,
  params: RefundId,
  body: Verdict,
  example: { text: 'The instance was used' },
  answer: RefundAnswer,
  refusals: [...reviewRefusals, 'refund.approver_is_applicant'],
  inTransaction: async (tx, { params, body, ifMatch, ...by }) =>
    answer(await reject(tx, { ...params, ...body, ifMatch }), by),
});

const withdrawRefund = route({
  method: 'post',
  path: '/v1/refunds/{refundId}/withdraw',
  operationId: 'withdrawRefund',
  summary:
    'Withdraws a refund that waits for a review; an operator also one that waits for the order service, or ' +
    'whose payout failed.',
  access: writer,
  params: RefundId,
  answer: RefundAnswer,
  refusals: [...reviewRefusals, 'refund.only_operator_withdraws'],
  inTransaction: async (tx, { params, ifMatch, ...by }) =>
    answer(await withdraw(tx, { ...params, ifMatch }), by),
});

const retryRefund = route({
  method: 'post',
  path: '/v1/refunds/{refundId}/retry',
  operationId: 'retryRefund',
  summary: 'Tries a failed payout again.',
  access: operator,
  params: RefundId,
  answer: RefundAnswer,
  refusals: reviewRefusals,
  inTransaction: async (tx, { params, ifMatch, ...by }) =>
    answer(await retry(tx, { ...params, ifMatch }), by),
});

export const refundRoutes = (profile: Profile): readonly Route[] => [
  quoteRefund(profile),
  getQuote,
  requestRefund(profile),
  listRefunds,
  getRefund(profile),
  approveRefund(profile),
  rejectRefund,
  withdrawRefund,
  retryRefund,
];
