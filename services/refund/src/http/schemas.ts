import { z } from 'zod';
import type { Locale } from '@accord/core';
import { Moment, Money, PaymentSplit } from '@accord/events/fields';
import { RefundStatus } from '@accord/events/refund';
import { ActorView, maskActor, type RouteRequest } from '@accord/http';
import type { InstanceQuote } from '../quote.ts';
import { remedies, type Reason } from '../refund/eligibility.ts';
import type { StoredQuote } from '../refund/refund-store.ts';
import { requestReasons, type Refund } from '../refund/refund.ts';
import { textOf } from './reason-texts.ts';

// What the routes answer: schemas, and the answers made of our nouns.

export const Kind = z.enum(['unsubscribe', 'renewal_only', 'failed_fulfilment']);

export const ReasonBody = z.object({
  code: z.string().meta({ description: 'A code of RFD-3, or QUOTE_STALE.' }),
  remedy: z.enum(remedies),
  text: z.string(),
  instanceId: z.string().nullable(),
  orderId: z.string().nullable(),
  facts: z.record(z.string(), z.string()),
});

const amounts = {
  paid: Money,
  consumed: Money,
  fee: Money,
  refund: Money,
  split: PaymentSplit,
};
export const LineBody = z.object({
  orderId: z.string(),
  instanceId: z.string().nullable(),
  ...amounts,
  calculation: z.array(z.object({ step: z.string(), formula: z.string(), result: z.string() })),
});

export const QuoteBody = z.object({
  quoteId: z.string(),
  accountId: z.string(),
  kind: Kind,
  refundable: z.boolean(),
  amounts: z.object(amounts).nullable().meta({ description: 'The refundable instances together.' }),
  instances: z.array(
    z.object({
      instanceId: z.string(),
      refundable: z.boolean(),
      reasons: z.array(ReasonBody),
      amounts: z
        .object(amounts)
        .nullable()
        .meta({ description: 'What would come back were the reasons mended.' }),
      lines: z.array(LineBody),
    }),
  ),
  createdAt: Moment,
  expiresAt: Moment,
  refundId: z.string().nullable().meta({ description: 'The refund that was requested with it.' }),
});

export const RefundBody = z.object({
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
  lines: z.array(LineBody),
  reason: z.enum([...requestReasons, 'fulfilment_failed']),
  text: z.string().nullable(),
  requestedBy: ActorView,
  review: z.object({ by: ActorView, text: z.string(), at: Moment }).nullable(),
  refusals: z.array(ReasonBody),
  newQuoteId: z.string().nullable(),
  failure: z.string().nullable(),
  createdAt: Moment,
  endedAt: Moment.nullable(),
});

export const reasonBody = (reason: Reason, locale: Locale) => ({ ...reason, text: textOf(reason, locale) });
const linesBody = (lines: Refund['lines']) =>
  lines.map((line) => ({ ...line, calculation: [...line.calculation] }));

export const quoteBody = (quote: StoredQuote, locale: Locale): z.input<typeof QuoteBody> => ({
  quoteId: quote.quoteId,
  accountId: quote.accountId,
  kind: quote.kind,
  refundable: quote.instances.every(({ refundable }) => refundable),
  amounts: quote.total,
  instances: quote.instances.map((instance) => instanceBody(instance, locale)),
  createdAt: quote.createdAt.toISOString(),
  expiresAt: quote.expiresAt.toISOString(),
  refundId: quote.refundId,
});

const instanceBody = (
  { instanceId, refundable, reasons, amounts: sums, lines }: InstanceQuote,
  locale: Locale,
) => ({
  instanceId,
  refundable,
  reasons: reasons.map((reason) => reasonBody(reason, locale)),
  amounts: sums,
  lines: linesBody(lines),
});

export const refundBody = (
  refund: Refund,
  { actor, locale }: Pick<RouteRequest, 'actor' | 'locale'>,
): z.input<typeof RefundBody> => ({
  ...refund,
  asOf: refund.asOf.toISOString(),
  instanceIds: [...refund.instanceIds],
  orderIds: [...refund.orderIds],
  lines: linesBody(refund.lines),
  requestedBy: maskActor(actor, refund.requestedBy),
  review: refund.review && { ...refund.review, by: maskActor(actor, refund.review.by) },
  refusals: refund.refusals.map((reason) => reasonBody(reason, locale)),
  createdAt: refund.createdAt.toISOString(),
  endedAt: refund.endedAt?.toISOString() ?? null,
});
