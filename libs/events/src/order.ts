import { z } from 'zod';
import { event } from './definition.ts';
import {
  AccountId,
  Holder,
  LocalizedName,
  Moment,
  Money,
  PaymentSplit,
  ServicePeriod,
  Version,
} from './fields.ts';
import { ChargeType, ConfigurationItem, DomainServiceType, PriceUnit, ProductForm } from './product.ts';

export const OrderStatus = z.enum(['unpaid', 'paid', 'cancelled', 'voided']).meta({ id: 'OrderStatus' });
export const Fulfilment = z.enum(['none', 'creating', 'created', 'failed']).meta({ id: 'FulfilmentState' });
export const RefundState = z.enum(['none', 'in_progress', 'partial', 'full']).meta({ id: 'RefundState' });
export const OrderType = z
  .enum(['purchase', 'renewal', 'upgrade', 'downgrade', 'configuration_change', 'compensation'])
  .meta({ id: 'OrderType' });
export const BillType = z.enum(['prepay', 'postpay']).meta({ id: 'BillType' });
export const Duration = z
  .object({ value: z.int().positive(), unit: z.enum(['minute', 'month', 'year']) })
  .meta({ id: 'Duration' });
export const CancelReason = z.enum(['by_customer', 'by_operator', 'expired', 'domain_taken']);
export const VoidReason = z.enum(['fulfilment_failed', 'refunded']);

export const Promotion = z
  .object({
    id: z.string(),
    kind: z.enum(['discount', 'bundle_gift', 'coupon_pack', 'discount_plan', 'lottery', 'referral']),
    terms: z.enum(['refundable', 'no_seven_day_refund', 'no_refund']),
  })
  .meta({ id: 'Promotion' });

/** The plan that an order pays for: as it was called when the order was placed (ORD-24). */
const OrderPlan = z.object({ code: z.string(), name: LocalizedName }).meta({ id: 'OrderPlan' });

/** An exact price for a whole period, before anything is rounded. */
const ExactPrice = z.string().regex(/^\d{1,23}(\.\d{1,8})?$/);
/** From 0 to 1, exact: `25/28`. */
const ExactPart = z.string().regex(/^\d+(\/\d+)?$/);

/**
 * A change to another plan, for the rest of all that is paid for (ORD-24): of each period that an order pays for
 * on an instance the units that remain, counted as a refund counts them (RFD-6), and what the period costs with
 * the plan before, as it was ordered, and with the one after. An upgrade before pays for a part of the same time: a
 * downgrade names it, too, where something comes back of it.
 */
const PlanChange = z
  .object({
    /** The plan before; null where the instance had none. */
    from: z.string().nullable(),
    /** Whether a downgrade gives the difference of the rest back. */
    returns: z.enum(['none', 'difference']),
    rest: z.array(
      z
        .object({
          instanceId: z.string(),
          /** The order that pays for the period. */
          orderId: z.string(),
          /** The part of it that remains: exactly `remaining` units. */
          start: Moment,
          end: Moment,
          unit: z.enum(['day', 'hour']),
          remaining: z.int().positive(),
          total: z.int().positive(),
          priceBefore: ExactPrice,
          priceAfter: ExactPrice,
          /**
           * Where the difference comes back: the part that comes back of all that the order paid for the instance.
           * Absent in events of before: as the prices say.
           */
          returned: ExactPart.optional(),
          /** And the part of what it left unused that the order pays for from then on. */
          kept: ExactPart.optional(),
        })
        .meta({ id: 'RestOfPeriod' }),
    ),
  })
  .meta({ id: 'PlanChange' });

/**
 * One instance that was told of, with the period that the order pays for there, as last reported, its plan and
 * its place (RFD-22, ORD-25, ORD-26).
 */
export const OrderInstance = z
  .object({
    instanceId: z.string(),
    start: Moment.nullable(),
    end: Moment.nullable(),
    region: z.string().nullable(),
    ipAddress: z.string().nullable(),
    /** Code of the plan that the order pays for; null where the product has none. Absent in events of before. */
    plan: z.string().nullable().optional(),
    /** When its period or its place was told last. Absent in events of before. */
    knownSince: Moment.nullable().optional(),
  })
  .meta({ id: 'OrderInstance' });

/**
 * An order as others may see it. Every order event carries it, so that a reader never has to ask back
 * (EVT-5).
 */
export const OrderSnapshot = z.object({
  orderId: z.string(),
  version: Version,
  accountId: AccountId,
  operatorId: z.string(),
  productCode: z.string(),
  productName: LocalizedName,
  category: z.string(),
  brand: z.string(),
  invoicingEntity: z.string(),
  productForm: ProductForm,
  orderType: OrderType,
  billType: BillType,
  chargeType: ChargeType,
  /**
   * Facts of the product at placement: whether it has contracts and self-service refunds (ORD-16, ORD-22).
   */
  contractable: z.boolean(),
  refundable: z.boolean(),
  serviceType: DomainServiceType.nullable(),
  configuration: z.array(ConfigurationItem),
  /** Null where the product has no plans. Absent in events of before. */
  plan: OrderPlan.nullable().optional(),
  /** Of an upgrade or a downgrade between plans. Absent in events of before. */
  planChange: PlanChange.nullable().optional(),
  count: z.int().positive(),
  duration: Duration.nullable(),
  unitPrice: z
    .object({ amount: z.string(), currency: z.string(), unit: PriceUnit })
    .meta({ id: 'UnitPrice' }),
  productAmount: Money.nullable(),
  discountAmount: Money,
  payableAmount: Money,
  cashPaid: Money,
  voucherPaid: Money,
  /**
   * All that came back of cashPaid so far: by refunds (ORD-14) and by differences of downgrades (ORD-24). Absent in
   * events of before: nothing.
   */
  cashReturned: Money.optional(),
  /** The parts of cashPaid and the voucher; null until paid. */
  paidParts: PaymentSplit.nullable(),
  promotion: Promotion.nullable(),
  trial: z.boolean(),
  free: z.boolean(),
  customised: z.boolean(),
  bundleId: z.string().nullable(),
  supportRightsUsed: z.boolean(),
  invoiced: z.boolean(),
  instanceIds: z.array(z.string()),
  /** Absent in events of before, which tell one period for all instances. */
  instances: z.array(OrderInstance).optional(),
  /** From the first start to the last end of its instances; a change of plan says it from its placement. */
  servicePeriod: ServicePeriod.nullable(),
  status: OrderStatus,
  fulfilment: Fulfilment,
  refundState: RefundState,
  hold: Holder.nullable(),
  createdAt: Moment,
  /** Until when it may be paid, or, of a cancelled order, might have been; null once it is paid (ORD-8). */
  payBy: Moment.nullable(),
  paidAt: Moment.nullable(),
  cancelledAt: Moment.nullable(),
  voidedAt: Moment.nullable(),
});

type OrderSnapshot = z.infer<typeof OrderSnapshot>;

const aboutOrder = ({ order }: { order: OrderSnapshot }) => ({
  id: order.orderId,
  version: order.version,
  accountId: order.accountId,
});

const orderEvent = <S extends z.ZodRawShape>(summary: string, more: S) =>
  event({
    speaker: 'order',
    aggregate: 'order',
    summary,
    data: z.object({ order: OrderSnapshot, ...more }),
    about: (data) => aboutOrder(data as unknown as { order: OrderSnapshot }),
  });

export const orderEvents = {
  'order.placed': orderEvent('An order was placed; a postpay or free one is paid at once.', {}),
  'order.paid': orderEvent('An unpaid order was paid in full.', { paymentReference: z.string() }),
  'order.expiring': orderEvent('An unpaid order expires in 24 hours; once for each payBy.', {
    payBy: Moment,
  }),
  'order.cancelled': orderEvent('An unpaid order was cancelled or expired; its hold died with it.', {
    reason: CancelReason,
    /** The words of the person who cancelled it; null where nobody did. */
    text: z.string().nullable().optional(),
    /** The instance whose release left nothing to pay for; absent where it was cancelled for another reason. */
    releasedInstanceId: z.string().optional(),
  }),
  'order.fulfilled': orderEvent('The platform created what was ordered.', {}),
  'order.fulfilment_failed': orderEvent(
    'The platform could not create what was ordered; the order is voided and refunds itself.',
    {
      reason: z.string().nullable(),
    },
  ),
  'order.voided': orderEvent('A paid order has ended: refunded in full, or its fulfilment failed.', {
    reason: VoidReason,
  }),
  'order.released': orderEvent('A hold of the order ended; it may be in a new application.', {
    holder: Holder,
  }),
  'order.changed': orderEvent(
    'A fact of the order changed that has no event of its own (payBy, invoiced, partial refund …).',
    {
      what: z.array(z.string()),
    },
  ),
};
