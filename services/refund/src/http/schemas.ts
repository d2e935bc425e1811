import { z } from 'zod';
import type { Locale } from '@accord/core';
import { Moment, Money, PaymentSplit } from '@accord/events/fields';
import { RefundStatus } from '@accord/events/refund';
import { ActorView, maskActor, type RouteRequest } from '@accord/http';
import { remedies, type RefusalReason } from '../refund/eligibility.ts';
import type { StoredQuote } from '../refund/quote-store.ts';
import type { InstanceQuote } from '../refund/quote.ts';
import { requestReasons, type Refund } from '../refund/refund.ts';
import { textOf } from './reason-texts.ts';

// Schemas of the answers, and the answers made of our nouns.

export const reader = { customer: 'refunds:read', operator: true } as const;
export const writer = { customer: 'refunds:write', operator: true } as const;

const Kind = z.enum(['unsubscribe', 'renewal_only', 'failed_fulfilment']).meta({ id: 'RefundKind' });

export const ReasonAnswer = z
  .object({
    code: z.string().meta({ description: 'A code of RFD-3, or QUOTE_STALE.' }),
    remedy: z.enum(remedies),
    text: z.string(),
    instanceId: z.string().nullable(),
    orderId: z.string().nullable(),
    facts: z.record(z.string(), z.string()),
  })
  .meta({ id: 'RefundRefusal' });

const amounts = {
  paid: Money,
  consumed: Money,
  fee: Money,
  refund: Money,
  split: PaymentSplit,
};
const Amounts = z.object(amounts).meta({ id: 'RefundAmounts' });
const LineAnswer = z
  .object({
    orderId: z.string(),
    instanceId: z.string().nullable(),
    ...amounts,
    calculation: z.array(
      z.object({ step: z.string(), formula: z.string(), result: z.string() }).meta({ id: 'CalculationStep' }),
    ),
  })
  .meta({ id: 'RefundLine' });

export const QuoteAnswer = z
  .object({
    quoteId: z.string(),
    accountId: z.string(),
    kind: Kind,
    refundable: z.boolean(),
    amounts: Amounts.nullable().meta({ description: 'The refundable instances together.' }),
    instances: z.array(
      z
        .object({
          instanceId: z.string(),
          refundable: z.boolean(),
          reasons: z.array(ReasonAnswer),
          amounts: Amounts.nullable().meta({ description: 'What would come back were the reasons mended.' }),
          lines: z.array(LineAnswer),
        })
        .meta({ id: 'InstanceQuote' }),
    ),
    createdAt: Moment,
    expiresAt: Moment,
    refundId: z.string().nullable().meta({ description: 'The refund that was requested with it.' }),
  })
  .meta({ id: 'RefundQuote' });

export const RefundAnswer = z
  .object({
    refundId: z.string(),
    version: z.int(),
    accountId: z.string(),
    status: RefundStatus,
    kind: Kind,
    quoteId: z.string().nullable(),
    asOf: Moment,
    instanceIds: z.array(z.string()),
    orderIds: z.array(z.string()),
    amount: Money,
    split: PaymentSplit,
    lines: z.array(LineAnswer),
    reason: z.enum([...requestReasons, 'fulfilment_failed']).meta({ id: 'RefundReason' }),
    text: z.string().nullable(),
    requestedBy: ActorView,
    review: z.object({ by: ActorView, text: z.string(), at: Moment }).meta({ id: 'Review' }).nullable(),
    refusals: z.array(ReasonAnswer),
    newQuoteId: z.string().nullable(),
    failure: z.string().nullable(),
    createdAt: Moment,
    endedAt: Moment.nullable(),
  })
  .meta({ id: 'Refund' });

export const toReasonAnswer = (reason: RefusalReason, locale: Locale) => ({
  ...reason,
  text: textOf(reason, locale),
});
const toLineAnswers = (lines: Refund['lines']) =>
  lines.map((line) => ({ ...line, calculation: [...line.calculation] }));

export const toQuoteAnswer = (quote: StoredQuote, locale: Locale): z.input<typeof QuoteAnswer> => ({
  quoteId: quote.quoteId,
  accountId: quote.accountId,
  kind: quote.kind,
  refundable: quote.instances.every(({ refundable }) => refundable),
  amounts: quote.total,
  instances: quote.instances.map((instance) => toInstanceAnswer(instance, locale)),
  createdAt: quote.createdAt.toISOString(),
  expiresAt: quote.expiresAt.toISOString(),
  refundId: quote.refundId,
});

const toInstanceAnswer = (
  { instanceId, refundable, reasons, amounts: sums, lines }: InstanceQuote,
  locale: Locale,
) => ({
  instanceId,
  refundable,
  reasons: reasons.map((reason) => toReasonAnswer(reason, locale)),
  amounts: sums,
  lines: toLineAnswers(lines),
});

export const toRefundAnswer = (
  refund: Refund,
  { actor, locale }: Pick<RouteRequest, 'actor' | 'locale'>,
): z.input<typeof RefundAnswer> => ({
  ...refund,
  asOf: refund.asOf.toISOString(),
  instanceIds: [...refund.instanceIds],
  orderIds: [...refund.orderIds],
  lines: toLineAnswers(refund.lines),
  requestedBy: maskActor(actor, refund.requestedBy),
  review: refund.review && { ...refund.review, by: maskActor(actor, refund.review.by) },
  refusals: refund.refusals.map((reason) => toReasonAnswer(reason, locale)),
  createdAt: refund.createdAt.toISOString(),
  endedAt: refund.endedAt?.toISOString() ?? null,
});
