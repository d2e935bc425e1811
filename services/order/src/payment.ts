import { Refusal, type Tx } from '@accord/core';
import type { Data, Event } from '@accord/events';
import { expectVersion } from '@accord/http';
import { add, equal, isNegative, money, sum, zero, type Money } from '@accord/money';
import { lockOrder, saveOrder } from './order/order-store.ts';
import { expectPayable, isOverdue, payOrder, type Order, type Parts } from './order/order.ts';

// Payments are the platform's business. It tells them over REST, where a no is an answer, or by topic
// (EVT-14), where nobody hears a no: money that pays no order there is announced as `payment.unapplied`, and
// the refund service credits it to the account (ORD-5).

/** One payment of one order, as it was made; it never changes. */
export interface Payment {
  readonly paymentReference: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly parts: Parts;
  readonly paidAt: Date;
}

type Unapplied = Data<'payment.unapplied'>['reason'];
type Told = { readonly paymentReference: string; readonly parts: Parts };

/**
 * ORD-5. The order's lock decides between payments, and between a payment and a cancel or expiry. The same
 * reference again for the same order and parts is the same payment.
 *
 * @throws Refusal `order.not_found`, `order.not_payable`, `order.payment_mismatch`, `payment.reference_used`,
 * `request.version_mismatch`.
 */
export async function pay(
  tx: Tx,
  ask: { orderId: string; paymentReference: string; parts: Partial<Parts>; ifMatch?: number | undefined },
): Promise<Payment> {
  const { paymentReference } = ask;
  const order = await lockOrder(tx, ask.orderId);
  const parts = completed(ask.parts, order.payableAmount.currency);
  const earlier = await findPayment(tx, paymentReference);
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
 * @throws Refusal `order.not_found`, `payment.reference_used`: a reference that tells different things is
 * nobody's to interpret.
 */
export async function onPaymentReceived(tx: Tx, { data }: Event<'payment.received'>): Promise<void> {
  const { paymentReference } = data;
  const order = await lockOrder(tx, data.orderId);
  const parts = received(data.parts);
  const earlier = (await findPayment(tx, paymentReference)) ?? (await findUnapplied(tx, paymentReference));
  if (earlier) return void sameAgain(earlier, order, parts);
  const reason = whyUnapplied(order, parts, tx.now);
  if (reason) await giveBack(tx, order, { paymentReference, parts, reason });
  else await applyPayment(tx, order, { paymentReference, parts });
}

/** Undefined where it pays the order. */
function whyUnapplied(order: Order, parts: Parts, now: Date): Unapplied | undefined {
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

async function applyPayment(tx: Tx, order: Order, { paymentReference, parts }: Told): Promise<Payment> {
  const payment = await tx.one<Payment>(insertPayment, [
    paymentReference,
    order.orderId,
    order.accountId,
    parts,
    tx.now,
  ]);
  if (!payment) throw new Refusal('conflict', 'payment.reference_used', { paymentReference });
  saveOrder(tx, payOrder(order, { reference: paymentReference, parts, at: tx.now }));
  return payment;
}

async function giveBack(
  tx: Tx,
  { orderId, accountId }: Order,
  { paymentReference, parts, reason }: Told & { reason: Unapplied },
): Promise<void> {
  const stored = await tx.one(insertUnapplied, [paymentReference, orderId, accountId, parts, tx.now, reason]);
  if (!stored) throw new Refusal('conflict', 'payment.reference_used', { paymentReference });
  const amount = sum(
    names.map((name) => parts[name]),
    parts.cash.currency,
  );
  tx.emit({
    type: 'payment.unapplied',
    data: { paymentReference, accountId, orderId, amount, parts, reason },
  });
}

const names = ['cash', 'giftCredit', 'storedCard', 'voucher'] as const;

/** Parts that were not given are zero. */
const completed = (
  { cash, giftCredit, storedCard, voucher }: { [name in (typeof names)[number]]?: Money | undefined },
  currency: string,
): Parts => ({
  cash: cash ?? zero(currency),
  giftCredit: giftCredit ?? zero(currency),
  storedCard: storedCard ?? zero(currency),
  voucher: voucher ?? zero(currency),
});

/** In its own currency, whatever the order's; every amount with the currency's digits. */
function received(told: Data<'payment.received'>['parts']): Parts {
  const given = names.flatMap((name) =>
    told[name] ? [[name, money(told[name].amount, told[name].currency)] as const] : [],
  );
  return completed(Object.fromEntries(given), given[0]![1].currency);
}

function fits({ payableAmount }: Order, parts: Parts): boolean {
  const { currency } = payableAmount;
  return (
    names.every((name) => parts[name].currency === currency && !isNegative(parts[name])) &&
    equal(
      sum(
        names.map((name) => parts[name]),
        currency,
      ),
      payableAmount,
    )
  );
}

/** A reference pays one order, once, with one split. */
function sameAgain<P extends Pick<Payment, 'paymentReference' | 'orderId' | 'parts'>>(
  payment: P,
  { orderId }: Order,
  parts: Parts,
): P {
  const same =
    payment.orderId === orderId &&
    names.every(
      (name) =>
        payment.parts[name].amount === parts[name].amount &&
        payment.parts[name].currency === parts[name].currency,
    );
  if (!same)
    throw new Refusal('conflict', 'payment.reference_used', { paymentReference: payment.paymentReference });
  return payment;
}

const columns = `payment_reference as "paymentReference", order_id as "orderId", account_id as "accountId", parts`;

const findPayment = (tx: Tx, paymentReference: string) =>
  tx.one<Payment>(`select ${columns}, paid_at as "paidAt" from payments where payment_reference = $1`, [
    paymentReference,
  ]);

const findUnapplied = (tx: Tx, paymentReference: string) =>
  tx.one<Omit<Payment, 'paidAt'>>(`select ${columns} from unapplied_payments where payment_reference = $1`, [
    paymentReference,
  ]);

/** Nothing where the reference names a payment already, also another account's. */
const newReference = `with fresh as (
    insert into payment_references (payment_reference, account_id) values ($1, $3) on conflict do nothing returning payment_reference)`;

const insertPayment = `${newReference}
  insert into payments (payment_reference, order_id, account_id, parts, paid_at) select payment_reference, $2, $3, $4, $5 from fresh
  returning ${columns}, paid_at as "paidAt"`;

const insertUnapplied = `${newReference}
  insert into unapplied_payments (payment_reference, order_id, account_id, parts, received_at, reason)
  select payment_reference, $2, $3, $4, $5, $6 from fresh returning payment_reference`;

export const cashOf = ({ parts }: Payment) => add(add(parts.cash, parts.giftCredit), parts.storedCard);
