import { z } from 'zod';
import type { Locale } from '@accord/core';
import { Moment, Money, PaymentSplit } from '@accord/events/fields';
import { RefundStatus } from '@accord/events/refund';
import { ActorView, maskActor, type RouteRequest } from '@accord/http';
import { remedies, type RefusalReason } from '../refund/eligibility.ts';
import type { StoredQuote } from '../refund/quote-store.ts';
import { factNames, type InstanceQuote } from '../refund/quote.ts';
import { payoutFailures, requestReasons, type Refund } from '../refund/refund.ts';
import { stepNames, stepsOf } from './calculation-texts.ts';
import { failureText, textOf } from './reason-texts.ts';

// Schemas of the answers, and the answers made of our nouns.

export const reader = { customer: 'refunds:read', operator: true } as const;
export const writer = { customer: 'refunds:write', operator: true } as const;

const Kind = z
  .enum(['unsubscribe', 'renewal_only', 'failed_fulfilment', 'downgrade_difference'])
  .meta({ id: 'RefundKind' });

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
    calculation: z
      .array(
        z
          .object({ step: z.enum(stepNames), formula: z.string(), result: z.string() })
          .meta({ id: 'CalculationStep' }),
      )
      .meta({ description: 'Step by step, in the language of the answer; each formula gives its result.' }),
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

const ChangeAnswer = z
  .object({
    instanceId: z.string().nullable(),
    orderId: z.string().nullable(),
    fact: z.enum(factNames),
    before: z.string().nullable(),
    now: z.string().nullable(),
  })
  .meta({ id: 'RefundFactChange' });

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
    reason: z.enum([...requestReasons, 'fulfilment_failed', 'downgraded']).meta({ id: 'RefundReason' }),
    text: z.string().nullable(),
    requestedBy: ActorView,
    review: z.object({ by: ActorView, text: z.string(), at: Moment }).meta({ id: 'Review' }).nullable(),
    changes: z.array(ChangeAnswer).meta({
      description:
        'Facts that changed since the orders were held: until now in the detail of a refund that waits for a ' +
        'review, else until it was refused or its payout failed.',
    }),
    refusals: z.array(ReasonAnswer),
    newQuoteId: z.string().nullable(),
    failure: z
      .object({ code: z.enum(payoutFailures), text: z.string() })
      .meta({ id: 'PayoutFailure' })
      .nullable()
      .meta({ description: 'Why the last payout failed.' }),
    createdAt: Moment,
    endedAt: Moment.nullable(),
  })
  .meta({ id: 'Refund' });

export const toReasonAnswer = (reason: RefusalReason, locale: Locale) => ({
  ...reason,
  text: textOf(reason, locale),
});
const toLineAnswers = (lines: Refund['lines'], locale: Locale) =>
  lines.map((line) => ({
    orderId: line.orderId,
    instanceId: line.instanceId,
    paid: line.paid,
    consumed: line.consumed,
    fee: line.fee,
    refund: line.refund,
    split: line.split,
    calculation: stepsOf(line, locale),
  }));

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
  lines: toLineAnswers(lines, locale),
});

export const toRefundAnswer = (
  { reservedFacts: _reserved, ...refund }: Refund,
  { actor, locale }: Pick<RouteRequest, 'actor' | 'locale'>,
): z.input<typeof RefundAnswer> => ({
  ...refund,
  changes: [...refund.changes],
  asOf: refund.asOf.toISOString(),
  instanceIds: [...refund.instanceIds],
  orderIds: [...refund.orderIds],
  lines: toLineAnswers(refund.lines, locale),
  requestedBy: maskActor(actor, refund.requestedBy),
  review: refund.review && { ...refund.review, by: maskActor(actor, refund.review.by) },
  refusals: refund.refusals.map((reason) => toReasonAnswer(reason, locale)),
  failure: refund.failure && { code: refund.failure, text: failureText(refund.failure, locale) },
  createdAt: refund.createdAt.toISOString(),
  endedAt: refund.endedAt?.toISOString() ?? null,
});
