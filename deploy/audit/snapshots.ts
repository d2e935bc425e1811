import type { Data } from '@accord/events';

// The snapshot an owner announces of an aggregate, as SQL over its own row.

/**
 * All that an owner announces of its aggregate, each field as SQL over the owner's row `o`. A field that is
 * new to the schema does not type-check until it is here.
 */
export type Announced<Snapshot> = Readonly<Record<keyof Snapshot, string>>;

/**
 * As it is announced: UTC, milliseconds. A text that is no time is a difference, and no statement that fails.
 */
const instant = (column: string) =>
  `to_char(o.${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const period = (start: string, end: string) =>
  `case when o.${start} is not null and o.${end} is not null
    then jsonb_build_object('start', ${instant(start)}, 'end', ${instant(end)}) end`;
/** The exact digits, as text. */
const amount = (column: string) =>
  `case when o.${column} is not null then jsonb_build_object('amount', o.${column}::text, 'currency', o.currency) end`;
/** A term agreed at placement, as it is stored. */
export const term = (name: keyof Data<'order.placed'>['order']) => `o.terms -> '${name}'`;

export const announcedOrder: Announced<Data<'order.placed'>['order']> = {
  orderId: 'o.order_id',
  version: 'o.version',
  accountId: 'o.account_id',
  operatorId: term('operatorId'),
  productCode: 'o.product_code',
  productName: term('productName'),
  category: term('category'),
  brand: term('brand'),
  invoicingEntity: term('invoicingEntity'),
  productForm: term('productForm'),
  orderType: 'o.order_type',
  billType: 'o.bill_type',
  chargeType: term('chargeType'),
  contractable: term('contractable'),
  refundable: term('refundable'),
  serviceType: term('serviceType'),
  configuration: term('configuration'),
  plan: term('plan'),
  planChange: term('planChange'),
  count: term('count'),
  duration: term('duration'),
  unitPrice: term('unitPrice'),
  productAmount: amount('product_amount'),
  discountAmount: amount('discount_amount'),
  payableAmount: amount('payable_amount'),
  cashPaid: amount('cash_paid'),
  voucherPaid: amount('voucher_paid'),
  cashReturned: amount('cash_returned'),
  paidParts: 'o.paid_parts',
  promotion: term('promotion'),
  trial: term('trial'),
  free: term('free'),
  customised: term('customised'),
  bundleId: term('bundleId'),
  supportRightsUsed: 'o.support_rights_used',
  invoiced: 'o.invoiced',
  instanceIds: 'o.instance_ids',
  // `told` is the owner's own; the plan is the order's.
  instances: `(select coalesce(jsonb_agg(each - 'told' || jsonb_build_object('plan', o.terms #> '{plan,code}')
      order by nth), '[]')
    from jsonb_array_elements(o.instances) with ordinality as listed (each, nth))`,
  servicePeriod: period('period_start', 'period_end'),
  status: 'o.status',
  fulfilment: 'o.fulfilment',
  refundState: 'o.refund_state',
  hold: `case when o.hold_id is not null then jsonb_build_object('kind', o.hold_kind, 'id', o.hold_id) end`,
  createdAt: instant('created_at'),
  payBy: instant('pay_by'),
  paidAt: instant('paid_at'),
  cancelledAt: instant('cancelled_at'),
  voidedAt: instant('voided_at'),
};

export const announcedResource: Announced<Data<'resource.changed'>['resource']> = {
  instanceId: 'o.instance_id',
  version: 'o.version',
  reportVersion: 'o.report_version',
  accountId: 'o.account_id',
  productCode: 'o.product_code',
  orderIds: 'o.order_ids',
  start: instant('starts_at'),
  end: instant('ends_at'),
  usage: 'o.usage',
  inEffect: 'o.in_effect',
  frozenBy: 'o.frozen_by',
  released: 'o.released',
  archived: 'o.archived',
  nextRenewalPeriod: period('next_renewal_start', 'next_renewal_end'),
  scaledAt: instant('scaled_at'),
  region: 'o.region',
  ipAddress: 'o.ip_address',
  plan: 'o.plan',
  knownSince: instant('known_since'),
};

export const announcedProduct: Announced<Data<'product.published'>['product']> = {
  productCode: 'o.product_code',
  version: 'o.version',
  name: 'o.name',
  category: 'o.category',
  brand: 'o.brand',
  form: 'o.form',
  chargeTypes: 'o.charge_types',
  invoicingEntity: 'o.invoicing_entity',
  prices: 'o.prices',
  plans: 'o.plans',
  serviceTypes: 'o.service_types',
  onSale: 'o.on_sale',
  renewable: 'o.renewable',
  contractable: 'o.contractable',
  refundable: 'o.refundable',
  termsUrl: 'o.terms_url',
};
