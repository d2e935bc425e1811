import type { z } from 'zod';
import { actorId, newId, Refusal, type Tx } from '@accord/core';
import type { BillType, Duration, OrderType, Promotion } from '@accord/events/order';
import type { ChargeType, DomainServiceType } from '@accord/events/product';
import { isNegative, subtract, zero, type Money } from '@accord/money';
import { payByOf, type Profile } from '@accord/profile';
import { claimInstances } from './instance-claim.ts';
import { insertOrder } from './order/order-store.ts';
import { placeOrder, type Order } from './order/order.ts';
import { changePlan, changesPlan, configurationOf, planOf, type Named } from './order/plan-change.ts';
import { listCurrenciesOfBundle } from './order/related-orders-store.ts';
import { pricesOf, type Plan } from './product/plan.ts';
import { nothing, quote, type Quote } from './product/price.ts';
import { findProduct } from './product/product-store.ts';
import type { Product } from './product/product.ts';

/** Terms that the provider grants; a customer cannot grant them to himself. */
interface Grants {
  readonly discountAmount?: Money | undefined;
  readonly promotion: z.infer<typeof Promotion> | null;
  readonly trial: boolean;
  readonly free: boolean;
  readonly customised: boolean;
  readonly bundleId: string | null;
}

interface Placement extends Grants {
  readonly accountId: string;
  readonly productCode: string;
  /** Code of the plan to buy or to change to. */
  readonly plan: string | null;
  readonly orderType: z.infer<typeof OrderType>;
  readonly billType: z.infer<typeof BillType>;
  readonly chargeType: z.infer<typeof ChargeType>;
  readonly serviceType: z.infer<typeof DomainServiceType> | null;
  readonly configuration: { name: string; value: string }[];
  readonly count: number;
  readonly duration: z.infer<typeof Duration> | null;
  readonly instanceIds: string[];
  /** As the caller expects it; the server computes it (ORD-1). */
  readonly productAmount?: Money | null | undefined;
}

type Rules = Pick<Profile, 'orders' | 'invoicingEntities' | 'refunds' | 'timeZone'>;

/**
 * Places an order: paid at once where nothing is owed (ORD-4), else unpaid until its payBy (ORD-8).
 *
 * @throws Refusal of ORD-1 to ORD-3 and ORD-24, `order.mixed_currencies` and, for an instance that a refund holds,
 * `order.held_by_refund` (ORD-12).
 */
export async function place(tx: Tx, rules: Rules, ask: Placement): Promise<Order> {
  checkGrants(tx, ask);
  const product = await findProduct(tx, ask.productCode);
  if (!product) throw new Refusal('invalid', 'order.product_unknown', { productCode: ask.productCode });
  checkFit(ask, product);
  const currency = currencyOf(ask, product, rules);
  const named = await claimInstances(tx, ask);
  await expectOneCurrency(tx, { ...ask, orders: named.orders }, currency);
  const plan = planOf(ask, product, named.resources);
  const { quote: quoted, ...period } = priced(
    ask,
    { product, plan, ...named },
    { rules, currency, now: tx.now },
  );
  const order = {
    ...placed(ask, product, plan),
    ...period,
    ...amountsOf(ask, quoted, currency),
    orderId: newId('ord'),
    operatorId: tx.actor.id,
    placedBy: actorId(tx.actor),
    createdAt: tx.now,
  };
  return insertOrder(tx, placeOrder(order, payByOf(order, rules.orders.payWithinMs)), rules.timeZone);
}

/**
 * ORD-2: compensations are the operators' alone, and so is everything that makes an order cheaper or counts
 * against its refund.
 */
function checkGrants({ actor }: Tx, ask: Placement) {
  if (ask.orderType === 'compensation' && actor.kind !== 'operator')
    throw new Refusal('forbidden', 'order.compensation_by_operators');
  const granted =
    ask.discountAmount ?? ask.promotion ?? ask.bundleId ?? (ask.trial || ask.free || ask.customised);
  if (actor.kind === 'customer' && granted) throw new Refusal('forbidden', 'order.terms_by_provider');
}

/** As many as one report of fulfilment, and one renewal, may name. */
export const mostInstances = 100;

/**
 * Of a package or a one-time service, told in several reports: an order with so many instances, each name as long
 * as it may be, fits one event and one contract (EVT-5).
 */
export const mostPackages = 1_000;

const chargesOf = { prepay: ['subscription', 'package', 'one_time'], postpay: ['pay_as_you_go'] } as const;

/** ORD-1, ORD-2: everything about the ask that the product alone decides. */
function checkFit(ask: Placement, product: Product) {
  const { chargeType, billType, orderType, duration, serviceType, instanceIds, count } = ask;
  const refuse = (when: boolean, code: Refusal['code'], facts: Refusal['facts'] = {}) => {
    if (when) throw new Refusal('invalid', code, facts);
  };
  const isForRest = changesPlan(ask, product);
  const timed = chargeType === 'subscription' && !isForRest;
  // A package is priced by the piece: the platform says how long it runs.
  const packaged = chargeType === 'package' && orderType !== 'compensation';
  const untimed = isForRest ? 'rest' : chargeType === 'pay_as_you_go' ? 'use' : 'piece';
  const takesNone = isForRest || packaged || chargeType === 'pay_as_you_go' || chargeType === 'one_time';
  const { productCode } = product;
  refuse(orderType === 'purchase' && !product.onSale, 'order.product_withdrawn', { productCode });
  refuse(!mayGoOn(orderType, product), 'order.not_renewable', { productCode, orderType });
  refuse(!product.chargeTypes.includes(chargeType), 'order.charge_type_not_offered', {
    chargeType,
    offered: product.chargeTypes,
  });
  refuse(!chargesOf[billType].some((fits) => fits === chargeType), 'order.bill_type_mismatch', {
    billType,
    chargeType,
  });
  refuse((timed || orderType === 'compensation') && !duration, 'order.duration_required', { chargeType });
  refuse(takesNone && duration !== null, 'order.duration_not_allowed', { chargeType, orderType, untimed });
  refuse((product.form === 'domain') !== (serviceType !== null), 'order.service_type_misfit', {
    form: product.form,
  });
  refuse(
    serviceType !== null && !product.serviceTypes.includes(serviceType),
    'order.service_type_not_offered',
    { serviceType },
  );
  const most = product.form === 'instance' || product.form === 'domain' ? mostInstances : mostPackages;
  refuse(count > most, 'order.count_too_large', { most });
  refuse(orderType === 'purchase' && instanceIds.length > 0, 'order.instance_not_allowed', { orderType });
  refuse(orderType !== 'purchase' && instanceIds.length === 0, 'order.instance_required', { orderType });
  refuse(orderType !== 'purchase' && instanceIds.length !== count, 'order.count_mismatch', {
    count,
    instances: instanceIds.length,
  });
}

/** ORD-22: withdrawing a product stops purchases only, unless it says that its instances are not renewed. */
const mayGoOn = (orderType: Placement['orderType'], { renewable, onSale }: Product): boolean =>
  ({
    purchase: true,
    compensation: true,
    renewal: renewable,
    upgrade: renewable || onSale,
    downgrade: renewable || onSale,
    configuration_change: renewable || onSale,
  })[orderType];

/** ORD-1: the currency of the order is the one that its invoicing entity bills in. */
function currencyOf(
  ask: Placement,
  product: Product,
  { invoicingEntities }: Pick<Profile, 'invoicingEntities'>,
): string {
  const entity = invoicingEntities.find(({ code }) => code === product.invoicingEntity);
  if (!entity)
    throw new Refusal('invalid', 'order.entity_unknown', { invoicingEntity: product.invoicingEntity });
  const { currency } = entity;
  const given = [ask.productAmount, ask.discountAmount].find(
    (amount) => amount && amount.currency !== currency,
  );
  if (given) throw new Refusal('invalid', 'order.currency_mismatch', { currency, given: given.currency });
  return currency;
}

/** The price of the order, and the period that it pays for where its placement decides that. */
function priced(
  ask: Placement,
  { plan, ...concerned }: Named & { readonly product: Product; readonly plan: Plan | null },
  { rules, currency, now }: { readonly rules: Rules; readonly currency: string; readonly now: Date },
): { quote: Quote } & Pick<Order, 'planChange' | 'servicePeriod'> {
  const { product } = concerned;
  if (plan && changesPlan(ask, product)) {
    const { timeZone, refunds, orders } = rules;
    const counting = { timeZone, unit: refunds.consumption, returns: orders.downgradeReturns };
    return changePlan(ask, { ...concerned, plan }, { ...counting, currency, now });
  }
  const untilFulfilled = { planChange: null, servicePeriod: null };
  if (ask.orderType === 'compensation' && ask.duration)
    return { quote: nothing(currency, ask.duration), ...untilFulfilled };
  return { quote: quote(pricesOf(product, plan), { ...ask, currency }), ...untilFulfilled };
}

type Amounts = Quote & Pick<Order, 'discountAmount' | 'payableAmount' | 'cashPaid' | 'voucherPaid'>;

/**
 * ORD-1, ORD-4: the amounts as the server computes them; pay-as-you-go, free, trial and compensation owe
 * nothing.
 */
function amountsOf(ask: Placement, quoted: Quote, currency: string): Amounts {
  const { productAmount } = quoted;
  if (ask.productAmount !== undefined && ask.productAmount?.amount !== productAmount?.amount) {
    throw new Refusal('invalid', 'order.amount_mismatch', { productAmount });
  }
  const full = productAmount ?? zero(currency);
  const discountAmount = ask.free || ask.trial ? full : (ask.discountAmount ?? zero(currency));
  const payableAmount = subtract(full, discountAmount);
  if (isNegative(discountAmount) || isNegative(payableAmount))
    throw new Refusal('invalid', 'order.discount_misfit', { productAmount: full });
  return { ...quoted, discountAmount, payableAmount, cashPaid: zero(currency), voucherPaid: zero(currency) };
}

/**
 * A refund has one currency, and gives back the whole life of an instance and a bundle as a whole (RFD-3): orders
 * that come back together are placed in one, or they never could.
 *
 * @throws Refusal `order.mixed_currencies`.
 */
async function expectOneCurrency(
  tx: Tx,
  { accountId, bundleId, instanceIds, orders }: Placement & Pick<Named, 'orders'>,
  currency: string,
) {
  const bundled = bundleId === null ? [] : await listCurrenciesOfBundle(tx, { accountId, bundleId });
  const found = new Set([...orders.map(({ payableAmount }) => payableAmount.currency), ...bundled]);
  const others = [...found].filter((other) => other !== currency);
  if (others.length > 0)
    throw new Refusal('invalid', 'order.mixed_currencies', { currency, others, instanceIds, bundleId });
}

const placed = (ask: Placement, product: Product, plan: Plan | null) => ({
  accountId: ask.accountId,
  productCode: product.productCode,
  productName: product.name,
  category: product.category,
  brand: product.brand,
  invoicingEntity: product.invoicingEntity,
  productForm: product.form,
  contractable: product.contractable,
  refundable: product.refundable,
  orderType: ask.orderType,
  billType: ask.billType,
  chargeType: ask.chargeType,
  serviceType: ask.serviceType,
  configuration: configurationOf(ask, plan),
  plan: plan && { code: plan.code, name: plan.name },
  count: ask.count,
  duration: ask.duration,
  promotion: ask.promotion,
  trial: ask.trial,
  free: ask.free,
  customised: ask.customised,
  bundleId: ask.bundleId,
  instanceIds: ask.instanceIds,
  instances: [],
  supportRightsUsed: false,
  invoiced: false,
  refundState: 'none' as const,
  hold: null,
  cancelledAt: null,
  voidedAt: null,
  refundedInstanceIds: [],
  refundIds: [],
});
