import { expectVersion, Refusal, type Tx } from '@accord/core';
import type { Data, Event } from '@accord/events';
import type { PaymentSplit } from '@accord/events/fields';
import type { Subscriptions } from '@accord/messaging';
import { add, equal, isNegative, money, sum, zero, type Money } from '@accord/money';
import { lockOrder, saveOrder, saveOrders } from './order/order-store.ts';
import { expectPayable, isOverdue, payOrder, type Order } from './order/order.ts';
import {
  findPayment,
  findUnappliedPayment,
  insertPayment,
  insertPayments,
  insertUnappliedPayment,
  type Payment,
  type UnappliedReason,
} from './order/payment-store.ts';

// Payments are the platform's business. It tells them over REST, where a refusal is an answer, or by topic
// (EVT-14), where a refusal has no hearer: money that pays no order there is announced as `payment.unapplied`,
// and the refund service credits it to the account (ORD-5).

/**
 * ORD-5. The order's lock decides between payments, and between a payment and a cancel or expiry. The same
 * reference again for the same order and parts is the same payment.
 *
 * @throws Refusal `order.not_found`, `order.not_payable`, `order.payment_mismatch`, `payment.reference_used`,
 * `request.version_mismatch`.
 */
export async function pay(
  tx: Tx,
  ask: {
    orderId: string;
    paymentReference: string;
    parts: Partial<PaymentSplit>;
    ifMatch?: readonly number[] | undefined;
  },
): Promise<Payment> {
  const { paymentReference } = ask;
  // They leave together, and the second looks once the first has its lock.
  const [order, earlier] = await Promise.all([lockOrder(tx, ask.orderId), findPayment(tx, paymentReference)]);
  const parts = completed(ask.parts, order.payableAmount.currency);
  if (earlier) return sameAgain(earlier, order, parts);
  expectVersion(ask.ifMatch, order.version);
  expectPayable(order, tx.now);
  if (!fits(order, parts))
    throw new Refusal('invalid', 'order.payment_mismatch', { payableAmount: order.payableAmount });
  return applyPayment(tx, order, { paymentReference, parts });
}

/**
 * ORD-5, EVT-14. Pays as `pay` does, or says why it could not, once for each reference. An order that is not
 * known, by this account, may be so later: the fact waits for it, and is at last a dead letter.
 *
 * @throws Refusal `order.not_found`; `payment.reference_used` where the reference told another order or other
 * parts before.
 */
async function onPaymentReceived(tx: Tx, { data }: Event<'payment.received'>): Promise<void> {
  const { paymentReference } = data;
  const [order, payment, unapplied] = await Promise.all([
    lockOrder(tx, data.orderId),
    findPayment(tx, paymentReference),
    findUnappliedPayment(tx, paymentReference),
  ]);
  const parts = received(data.parts);
  const earlier = payment ?? unapplied;
  if (earlier) return void sameAgain(earlier, order, parts);
  const reason = whyUnapplied(order, parts, tx.now);
  if (reason) await giveBack(tx, order, { paymentReference, parts, reason });
  else await applyPayment(tx, order, { paymentReference, parts });
}

/** Undefined where it pays the order. */
function whyUnapplied(order: Order, parts: PaymentSplit, now: Date): UnappliedReason | undefined {
  if (order.status === 'paid') return 'already_paid';
  if (order.status === 'voided') return 'voided';
  const isLate =
    order.status === 'cancelled'
      ? order.payBy !== null && order.cancelledAt! >= order.payBy
      : isOverdue(order, now);
  if (isLate) return 'expired';
  if (order.status === 'cancelled') return 'cancelled';
  return fits(order, parts) ? undefined : 'wrong_amount';
}

type ReportedPayment = { readonly paymentReference: string; readonly parts: PaymentSplit };

async function applyPayment(
  tx: Tx,
  order: Order,
  { paymentReference, parts }: ReportedPayment,
): Promise<Payment> {
  const { orderId, accountId } = order;
  const payment = await insertPayment(tx, { paymentReference, orderId, accountId, parts });
  saveOrder(tx, payOrder(order, { reference: paymentReference, parts, at: tx.now }));
  return payment;
}

/**
 * ORD-21: pays locked orders in cash, each its own amount under a reference that is new.
 *
 * @throws Refusal `order.not_payable`.
 */
export function payInFull(tx: Tx, orders: readonly Order[], referenceOf: (order: Order) => string): void {
  const paid = orders.map((order) => {
    const { orderId, accountId, payableAmount } = order;
    const parts = completed({ cash: payableAmount }, payableAmount.currency);
    const reference = referenceOf(order);
    return {
      payment: { paymentReference: reference, orderId, accountId, parts },
      decision: payOrder(order, { reference, parts, at: tx.now }),
    };
  });
  insertPayments(
    tx,
    paid.map(({ payment }) => payment),
  );
  saveOrders(
    tx,
    paid.map(({ decision }) => decision),
  );
}

async function giveBack(
  tx: Tx,
  { orderId, accountId }: Order,
  { paymentReference, parts, reason }: ReportedPayment & { reason: UnappliedReason },
): Promise<void> {
  await insertUnappliedPayment(tx, { paymentReference, orderId, accountId, parts }, reason);
  const amount = totalOf(parts, parts.cash.currency);
  tx.emit({
    type: 'payment.unapplied',
    data: { paymentReference, accountId, orderId, amount, parts, reason },
  });
}

const names = ['cash', 'giftCredit', 'storedCard', 'voucher'] as const;

/** A part that was not given is zero. */
const completed = (
  { cash, giftCredit, storedCard, voucher }: { [name in (typeof names)[number]]?: Money | undefined },
  currency: string,
): PaymentSplit => ({
  cash: cash ?? zero(currency),
  giftCredit: giftCredit ?? zero(currency),
  storedCard: storedCard ?? zero(currency),
  voucher: voucher ?? zero(currency),
});

/** In its own currency, whatever the order's; every amount with the currency's digits. */
function received(told: Data<'payment.received'>['parts']): PaymentSplit {
  const given = names.flatMap((name) =>
    told[name] ? [[name, money(told[name].amount, told[name].currency)] as const] : [],
  );
  return completed(Object.fromEntries(given), given[0]![1].currency);
}

const totalOf = (parts: PaymentSplit, currency: string): Money =>
  sum(
    names.map((name) => parts[name]),
    currency,
  );

function fits({ payableAmount }: Order, parts: PaymentSplit): boolean {
  const { currency } = payableAmount;
  return (
    names.every((name) => parts[name].currency === currency && !isNegative(parts[name])) &&
    equal(totalOf(parts, currency), payableAmount)
  );
}

/** A reference pays one order, once, with one split. */
function sameAgain<P extends Pick<Payment, 'paymentReference' | 'orderId' | 'parts'>>(
  payment: P,
  { orderId }: Order,
  parts: PaymentSplit,
): P {
  const same = payment.orderId === orderId && names.every((name) => equal(payment.parts[name], parts[name]));
  if (!same)
    throw new Refusal('conflict', 'payment.reference_used', { paymentReference: payment.paymentReference });
  return payment;
}

/** Cash, gift credit and stored card make up the cash part (ORD-5). */
export const cashOf = ({ parts }: Payment) => add(add(parts.cash, parts.giftCredit), parts.storedCard);

export const paymentSubscriptions: Subscriptions = {
  'payment.received': { on: onPaymentReceived, locks: ({ data }) => [data.orderId] },
};
