import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, Money, PaymentSplit, Version } from './fields.ts';

export const RefundStatus = z
  .enum([
    'requested',
    'checking',
    'reviewing',
    'approved',
    'refused',
    'rejected',
    'withdrawn',
    'paying',
    'succeeded',
    'failed',
    'unknown',
  ])
  .meta({ id: 'RefundStatus' });

/** One original order's part in a refund, per instance (RFD-1, RFD-5). */
const RefundLine = z.object({
  orderId: z.string(),
  instanceId: z.string().nullable(),
  paid: Money,
  consumed: Money,
  fee: Money,
  refund: Money,
});

export const RefundSnapshot = z.object({
  refundId: z.string(),
  version: Version,
  accountId: AccountId,
  status: RefundStatus,
  kind: z.enum(['unsubscribe', 'renewal_only', 'failed_fulfilment']),
  instanceIds: z.array(z.string()),
  /** All orders of the instances that the refund concerns. */
  orderIds: z.array(z.string()),
  amount: Money,
  split: PaymentSplit,
  lines: z.array(RefundLine),
  reason: z.enum([
    'not_usable',
    'lacks_function',
    'too_complex',
    'unhappy_with_service',
    'other',
    'fulfilment_failed',
  ]),
  createdAt: Moment,
  endedAt: Moment.nullable(),
});

/**
 * The rest of what a dearer plan had cost, after a downgrade (ORD-24): made and paid in one, like a failed
 * fulfilment.
 */
const DifferenceSnapshot = RefundSnapshot.extend({
  kind: z.literal('downgrade_difference'),
  reason: z.literal('downgraded'),
});

/** RFD-3, RFD-12. Published events have plain text here, so that a reader takes a code newer than itself. */
export const RefundRefusalCode = z.enum([
  'POSTPAID',
  'EXPIRED',
  'PACKAGE_WINDOW_PASSED',
  'PACKAGE_USED',
  'PACKAGE_IN_EFFECT',
  'ZERO_AMOUNT',
  'PRODUCT_NOT_SUPPORTED',
  'TRADE_IN_PROGRESS',
  'PROMOTION_EXCLUDED',
  'TRIAL',
  'ONE_TIME',
  'FREE',
  'FROZEN',
  'INVOICED_MARKETPLACE',
  'GIFT_CAMPAIGN',
  'CONTRACT_LINKED',
  'SUPPORT_RIGHTS_USED',
  'BUNDLE_MEMBER',
  'INSTANCE_NOT_FOUND',
  'ARCHIVED',
  'SCALED_AFTER_RENEWAL',
  'QUOTA_EXHAUSTED',
  'UNPAID',
  'QUOTE_STALE',
]);
export type RefundRefusalCode = z.infer<typeof RefundRefusalCode>;

const RefundRefusalReason = z.object({
  instanceId: z.string().nullable(),
  orderId: z.string().nullable(),
  code: z.string(),
  /** Named by the words of the reason: a contract's number, by whom the instance is frozen … */
  facts: z.record(z.string(), z.string()).optional(),
});

const aboutRefund = ({
  refund,
}: {
  refund: Pick<z.infer<typeof RefundSnapshot>, 'refundId' | 'version' | 'accountId'>;
}) => ({ id: refund.refundId, version: refund.version, accountId: refund.accountId });

const refundEvent = <S extends z.ZodRawShape>(summary: string, more: S) =>
  event({
    speaker: 'refund',
    aggregate: 'refund',
    summary,
    data: z.object({ refund: RefundSnapshot, ...more }),
    about: (data) => aboutRefund(data as unknown as { refund: z.infer<typeof RefundSnapshot> }),
  });

export const refundEvents = {
  'refund.requested': refundEvent(
    'A customer asked for a refund; the order service is asked to hold the orders of the instances.',
    {},
  ),
  'refund.refused': refundEvent('The refund was refused by its rules.', {
    refusals: z.array(RefundRefusalReason),
  }),
  'refund.review_required': refundEvent('An operator has to decide.', {}),
  'refund.approved': refundEvent('The refund is approved and will be paid back.', {}),
  'refund.rejected': refundEvent('An operator rejected the refund.', { text: z.string() }),
  'refund.withdrawn': refundEvent('The customer or an operator withdrew the refund.', {}),
  'refund.succeeded': refundEvent('The money went back.', {}),
  'refund.difference_returned': event({
    speaker: 'refund',
    aggregate: 'refund',
    summary: 'After a change to a cheaper plan the difference of the rest went back by itself.',
    data: z.object({ refund: DifferenceSnapshot }),
    about: aboutRefund,
  }),
  'refund.failed': refundEvent('Paying back failed; the orders stay held until it is settled.', {
    reason: z.string(),
  }),
};
