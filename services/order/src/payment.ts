import { add, equal, isNegative, sum, zero } from '@accord/money';
import { Refusal, type Tx } from '@accord/platform';
import { expectPayable, payOrder, type Order, type Parts } from './order.ts';
import { lockOrder, saveOrder } from './order-store.ts';

/** One payment of one order, as it was made; it never changes. */
export interface Payment {
  readonly paymentReference: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly parts: Parts;
  readonly paidAt: Date;
}

const columns = `payment_reference as "paymentReference", order_id as "orderId", account_id as "accountId", parts, paid_at as "paidAt"`;

/**
 * ORD-5. The order's lock decides between payments, and between a payment and a cancel or expiry. The same reference again for the same order
 * and parts is the same payment.
 *
 * @throws Refusal `order.not_found`, `order.not_payable`, `order.payment_mismatch`, `payment.reference_used`.
 */
export async function pay(tx: Tx, ask: { orderId: string; paymentReference: string; parts: Partial<Parts> }): Promise<Payment> {
  const { paymentReference } = ask;
  const order = await lockOrder(tx, ask.orderId);
  const parts = completed(order, ask.parts);
  const earlier = await tx.one<Payment>(`select ${columns} from payments where payment_reference = $1`, [paymentReference]);
  if (earlier) return sameAgain(earlier, order, parts);

  expectPayable(order, tx.now);
  checkSum(order, parts);
  const payment = await tx.one<Payment>(
    `insert into payments (payment_reference, order_id, account_id, parts, paid_at) values ($1, $2, $3, $4, $5)
     on conflict (payment_reference) do nothing returning ${columns}`,
    [paymentReference, order.orderId, order.accountId, parts, tx.now],
  );
  if (!payment) throw new Refusal('conflict', 'payment.reference_used', { paymentReference });
  saveOrder(tx, payOrder(order, { reference: paymentReference, parts, at: tx.now }));
  return payment;
}

const names = ['cash', 'giftCredit', 'storedCard', 'voucher'] as const;

/** Parts that were not given are zero in the order's currency. */
const completed = ({ payableAmount: { currency } }: Order, { cash, giftCredit, storedCard, voucher }: Partial<Parts>): Parts => ({
  cash: cash ?? zero(currency),
  giftCredit: giftCredit ?? zero(currency),
  storedCard: storedCard ?? zero(currency),
  voucher: voucher ?? zero(currency),
});

function checkSum({ payableAmount }: Order, parts: Parts) {
  const { currency } = payableAmount;
  const fits =
    names.every((name) => parts[name].currency === currency && !isNegative(parts[name])) &&
    equal(sum(names.map((name) => parts[name]), currency), payableAmount);
  if (!fits) throw new Refusal('invalid', 'order.payment_mismatch', { payableAmount });
}

/** A reference pays one order, once, with one split. */
function sameAgain(payment: Payment, { orderId }: Order, parts: Parts): Payment {
  const same = payment.orderId === orderId && names.every((name) => payment.parts[name].amount === parts[name].amount && payment.parts[name].currency === parts[name].currency);
  if (!same) throw new Refusal('conflict', 'payment.reference_used', { paymentReference: payment.paymentReference });
  return payment;
}

export const cashOf = ({ parts }: Payment) => add(add(parts.cash, parts.giftCredit), parts.storedCard);
