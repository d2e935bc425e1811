import { z } from 'zod';
import { AccountId, event, Holder, Instant, MoneyJson, PaymentSplit, Version } from './shared.ts';

export const OrderStatus = z.enum(['unpaid', 'paid', 'cancelled', 'voided']);
export const Fulfilment = z.enum(['none', 'creating', 'created', 'failed']);
export const RefundState = z.enum(['none', 'in_progress', 'partial', 'full']);
export const OrderType = z.enum([
  'purchase',
  'renewal',
  'upgrade',
  'downgrade',
  'configuration_change',
  'compensation',
]);
export const BillType = z.enum(['prepay', 'postpay']);
export const ChargeType = z.enum(['subscription', 'package', 'one_time', 'pay_as_you_go']);
export const ProductForm = z.enum(['instance', 'usage_package', 'storage_package', 'one_time', 'domain']);
export const DomainServiceType = z.enum([
  'registration',
  'renewal',
  'transfer_in',
  'redemption',
  'buyback',
  'buyback_zhiyu',
]);
export const PriceUnit = z.enum(['minute', 'month', 'year', 'piece', 'gb', 'thousand_requests']);
export const Duration = z.object({ value: z.int().positive(), unit: z.enum(['minute', 'month', 'year']) });
export const CancelReason = z.enum(['by_customer', 'by_operator', 'expired', 'domain_taken']);
export const VoidReason = z.enum(['fulfilment_failed', 'refunded']);

export const Promotion = z.object({
  id: z.string(),
  kind: z.enum(['discount', 'bundle_gift', 'coupon_pack', 'discount_plan', 'lottery', 'referral']),
  terms: z.enum(['refundable', 'no_seven_day_refund', 'no_refund']),
});

export const ServicePeriod = z.object({ start: Instant, end: Instant });

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
  productName: z.object({ zh: z.string(), en: z.string() }),
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
  configuration: z.array(z.object({ name: z.string(), value: z.string() })),
  count: z.int().positive(),
  duration: Duration.nullable(),
  unitPrice: z.object({ amount: z.string(), currency: z.string(), unit: PriceUnit }),
  productAmount: MoneyJson.nullable(),
  discountAmount: MoneyJson,
  payableAmount: MoneyJson,
  cashPaid: MoneyJson,
  voucherPaid: MoneyJson,
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
  servicePeriod: ServicePeriod.nullable(),
  status: OrderStatus,
  fulfilment: Fulfilment,
  refundState: RefundState,
  hold: Holder.nullable(),
  createdAt: Instant,
  payBy: Instant.nullable(),
  paidAt: Instant.nullable(),
  cancelledAt: Instant.nullable(),
  voidedAt: Instant.nullable(),
});

/**
 * A running instance, usage package or storage package (ORD-11). `version` is ours; `reportVersion` is the
 * platform's own.
 */
export const ResourceSnapshot = z.object({
  instanceId: z.string(),
  version: Version,
  reportVersion: z.int().nonnegative(),
  accountId: AccountId,
  productCode: z.string(),
  orderIds: z.array(z.string()),
  start: Instant.nullable(),
  end: Instant.nullable(),
  /** Used part of a package, as the platform counts it; '0' when unused. */
  usage: z.string(),
  inEffect: z.boolean(),
  frozenBy: z.enum(['police', 'platform']).nullable(),
  released: z.boolean(),
  archived: z.boolean(),
  nextRenewalPeriod: ServicePeriod.nullable(),
  scaledAt: Instant.nullable(),
  region: z.string().nullable(),
  ipAddress: z.string().nullable(),
});

export const ProductSnapshot = z.object({
  productCode: z.string(),
  version: Version,
  name: z.object({ zh: z.string(), en: z.string() }),
  category: z.string(),
  brand: z.string(),
  form: ProductForm,
  chargeTypes: z.array(ChargeType),
  invoicingEntity: z.string(),
  prices: z.array(
    z.object({ chargeType: ChargeType, amount: z.string(), currency: z.string(), unit: PriceUnit }),
  ),
  serviceTypes: z.array(DomainServiceType),
  onSale: z.boolean(),
  contractable: z.boolean(),
  refundable: z.boolean(),
  termsUrl: z.string().nullable(),
});

/** ORD-12. */
export const ReservationRefusalCode = z.enum([
  'order.held_by_contract',
  'order.held_by_refund',
  'order.cancelled',
  'order.voided',
  'order.instance_busy',
  'order.not_found',
  'holder.ended',
  'holder.too_large',
]);
export type ReservationRefusalCode = z.infer<typeof ReservationRefusalCode>;

/**
 * One of the asked orders or instances cannot be held (ORD-12). Another account's is `order.not_found`,
 * without a holder.
 */
export const ReservationRefusalReason = z.object({
  orderId: z.string().nullable(),
  instanceId: z.string().nullable(),
  code: ReservationRefusalCode,
  holder: Holder.nullable(),
});
export type ReservationRefusalReason = z.infer<typeof ReservationRefusalReason>;

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

const aboutReservation = ({ holder, accountId }: { holder: z.infer<typeof Holder>; accountId: string }) => ({
  id: holder.id,
  version: 1,
  accountId,
});

export const orderEvents = {
  'order.placed': orderEvent('An order was placed; a postpay or free one is paid at once.', {}),
  'order.paid': orderEvent('An unpaid order was paid in full.', { paymentReference: z.string() }),
  'order.expiring': orderEvent('An unpaid order expires in 24 hours; once for each payBy.', {
    payBy: Instant,
  }),
  'order.cancelled': orderEvent('An unpaid order was cancelled or expired; its hold died with it.', {
    reason: CancelReason,
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
  /**
   * Answers a holder: keyed by it, about the reservation, with every order concerned as it is now held
   * (EVT-5).
   */
  'order.reserved': event({
    speaker: 'order',
    aggregate: 'reservation',
    summary: 'All orders asked for are held by the holder.',
    data: z.object({
      holder: Holder,
      accountId: AccountId,
      orders: z.array(OrderSnapshot),
      resources: z.array(ResourceSnapshot),
    }),
    about: aboutReservation,
  }),
  'order.reservation_refused': event({
    speaker: 'order',
    aggregate: 'reservation',
    summary: 'None of the orders asked for is held by the holder, and why.',
    data: z.object({
      holder: Holder,
      accountId: AccountId,
      refusals: z.array(ReservationRefusalReason),
      orders: z.array(OrderSnapshot),
    }),
    about: aboutReservation,
  }),
  'payment.unapplied': event({
    speaker: 'order',
    aggregate: 'payment',
    summary: 'Money arrived that pays no order; it is credited to the account.',
    data: z.object({
      paymentReference: z.string(),
      accountId: AccountId,
      orderId: z.string(),
      amount: MoneyJson,
      /**
       * What the amount is made of: each part goes back to where it came from. Left out where all of it is
       * cash.
       */
      parts: PaymentSplit.optional(),
      reason: z.enum(['cancelled', 'expired', 'already_paid', 'wrong_amount', 'voided']),
    }),
    about: (data) => ({
      id: data.paymentReference,
      version: 1,
      accountId: data.accountId,
    }),
  }),
  'resource.changed': event({
    speaker: 'order',
    aggregate: 'resource',
    summary: 'A resource was created, reported on, shortened or released.',
    data: z.object({ resource: ResourceSnapshot }),
    about: ({ resource }) => ({
      id: resource.instanceId,
      version: resource.version,
      accountId: resource.accountId,
    }),
  }),
  'product.published': event({
    speaker: 'order',
    aggregate: 'product',
    summary: 'A product was published, changed or withdrawn.',
    data: z.object({ product: ProductSnapshot }),
    about: ({ product }) => ({ id: product.productCode, version: product.version }),
  }),
  'remittance.claimed': event({
    speaker: 'order',
    aggregate: 'remittance',
    summary: 'A customer claimed a received transfer for orders.',
    data: z.object({
      remittanceId: z.string(),
      version: Version,
      accountId: AccountId,
      bankReference: z.string(),
      amount: MoneyJson,
      orderIds: z.array(z.string()),
    }),
    about: (data) => ({
      id: data.remittanceId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
  'export.ready': event({
    speaker: 'order',
    aggregate: 'export',
    summary: 'A requested export can be downloaded.',
    data: z.object({
      exportId: z.string(),
      version: Version,
      accountId: AccountId,
      sha256: z.string(),
      expiresAt: Instant,
    }),
    about: (data) => ({
      id: data.exportId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
};
