import { Refusal, type Tx } from '@accord/core';
import type { Data } from '@accord/events';
import type { PaymentSplit } from '@accord/events/fields';
import type { OrderId } from './order.ts';

/** One payment of one order, as it was made; it never changes. */
export interface Payment {
  readonly paymentReference: string;
  readonly orderId: OrderId;
  readonly accountId: string;
  readonly parts: PaymentSplit;
  readonly paidAt: Date;
}

/** Money that could pay no order (ORD-5). */
type UnappliedPayment = Omit<Payment, 'paidAt'>;
export type UnappliedReason = Data<'payment.unapplied'>['reason'];

const columns = `payment_reference as "paymentReference", order_id as "orderId", account_id as "accountId", parts`;

export const findPayment = (tx: Tx, paymentReference: string) =>
  tx.one<Payment>(`select ${columns}, paid_at as "paidAt" from payments where payment_reference = $1`, [
    paymentReference,
  ]);

export const findUnappliedPayment = (tx: Tx, paymentReference: string) =>
  tx.one<UnappliedPayment>(`select ${columns} from unapplied_payments where payment_reference = $1`, [
    paymentReference,
  ]);

/** No row where the reference names a payment already, also another account's. */
const newReference = `with fresh as (
    insert into payment_references (payment_reference, account_id) values ($1, $3)
    on conflict do nothing returning payment_reference)`;

/** Received at `tx.now`. @throws Refusal `payment.reference_used`. */
export async function insertPayment(tx: Tx, payment: UnappliedPayment): Promise<Payment> {
  const { paymentReference, orderId, accountId, parts } = payment;
  const stored = await tx.one<Payment>(
    `${newReference}
     insert into payments (payment_reference, order_id, account_id, parts, paid_at)
     select payment_reference, $2, $3, $4, $5 from fresh returning ${columns}, paid_at as "paidAt"`,
    [paymentReference, orderId, accountId, parts, tx.now],
  );
  if (!stored) throw new Refusal('conflict', 'payment.reference_used', { paymentReference });
  return stored;
}

/** Received at `tx.now`, under references that are new; else the transaction fails. */
export const insertPayments = (tx: Tx, payments: readonly UnappliedPayment[]): void =>
  tx.write(
    `with told as (
       select * from jsonb_to_recordset($1::jsonb)
         as p ("paymentReference" text, "orderId" text, "accountId" text, parts jsonb)),
     fresh as (
       insert into payment_references (payment_reference, account_id) select "paymentReference", "accountId" from told)
     insert into payments (payment_reference, order_id, account_id, parts, paid_at)
     select "paymentReference", "orderId", "accountId", parts, $2 from told`,
    [JSON.stringify(payments), tx.now],
  );

/** Received at `tx.now`. @throws Refusal `payment.reference_used`. */
export async function insertUnappliedPayment(
  tx: Tx,
  payment: UnappliedPayment,
  reason: UnappliedReason,
): Promise<void> {
  const { paymentReference, orderId, accountId, parts } = payment;
  const stored = await tx.one(
    `${newReference}
     insert into unapplied_payments (payment_reference, order_id, account_id, parts, received_at, reason)
     select payment_reference, $2, $3, $4, $5, $6 from fresh returning payment_reference`,
    [paymentReference, orderId, accountId, parts, tx.now, reason],
  );
  if (!stored) throw new Refusal('conflict', 'payment.reference_used', { paymentReference });
}
