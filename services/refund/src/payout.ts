import type { Tx, Worker } from '@accord/core';
import type { Event } from '@accord/events';
import { money, zero, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import { post } from './ledger/ledger-store.ts';
import { refundPostings, unappliedPostings } from './ledger/ledger.ts';
import { listOrders } from './order-view.ts';
import { afterLine, isWithinPaid, untouched, type Line, type Split } from './refund/amount.ts';
import { refundFailedFulfilment, returnDifference } from './refund/automatic-refund.ts';
import type { Order } from './refund/candidate.ts';
import { returnsDifference } from './refund/plan-difference.ts';
import {
  claimFailedFulfilment,
  insertRefund,
  listPayable,
  lockRefundedOrders,
  saveRefund,
  saveRefundedOrders,
  settleDowngrade,
} from './refund/refund-store.ts';
import { failRefund, refuseRefund, succeedRefund } from './refund/refund.ts';
import { lockRefundAndFacts, lookAgain } from './second-look.ts';

// Money goes to the account's balance, in the transaction that ends the refund; the ledger takes each refund
// once (RFD-15, EVT-33).

/** Pays what is approved. */
export const payout = (profile: Profile): Worker => ({
  name: 'payout',
  everyMs: 1000,
  wakesOn: ['refund.approved'],
  due: listPayable,
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'payout', accountId }, (tx) => pay(tx, profile, { refundId: id })),
});

/** RFD-13: not where facts are against it by now, or give another amount than was approved. */
async function pay(tx: Tx, profile: Profile, { refundId }: { refundId: string }): Promise<void> {
  const refund = await lockRefundAndFacts(tx, refundId);
  const { status, orderIds, accountId, split, lines } = refund;
  if (status !== 'approved' && status !== 'paying') return;
  const { facts, ...against } = await lookAgain(tx, profile, refund);
  if (against.refusals.length > 0) {
    const why = { ...against, at: tx.now };
    const failure = 'refund.not_refundable';
    saveRefund(
      tx,
      status === 'approved' ? refuseRefund(refund, why) : failRefund(refund, { ...why, failure }),
    );
    return;
  }
  const orders = facts.orders.filter(({ orderId }) => orderIds.includes(orderId));
  if (!(await recordRefunded(tx, orders, lines))) {
    saveRefund(tx, failRefund(refund, { failure: 'refund.exceeds_paid', at: tx.now }));
    return;
  }
  await post(tx, accountId, {
    cause: { kind: 'refund', refundId, orderId: null },
    postings: refundPostings(split),
  });
  saveRefund(tx, succeedRefund(refund, { at: tx.now }));
}

/**
 * RFD-14: at once and in full, exactly once for each order; an order that nothing was paid for gives nothing
 * back.
 */
export async function onFulfilmentFailed(
  tx: Tx,
  { data: { order } }: Event<'order.fulfilment_failed'>,
): Promise<void> {
  const decision = refundFailedFulfilment(order, { at: tx.now });
  const { refundId, accountId, split, lines } = decision.state;
  const postings = refundPostings(split);
  if (postings.length === 0) return;
  if (!(await claimFailedFulfilment(tx, { orderId: order.orderId, accountId, refundId }))) return;
  await insertRefund(tx, decision);
  if (!(await recordRefunded(tx, [order], lines)))
    throw new Error(`order ${order.orderId} gave back more than was paid`);
  await post(tx, accountId, { cause: { kind: 'refund', refundId, orderId: order.orderId }, postings });
}

/**
 * ORD-24: as of the downgrade's placement, exactly once for each downgrade that says so.
 *
 * @throws Refusal `refund.orders_to_come` while one that paid for the rest is not known yet.
 */
export const onOrderFulfilled =
  ({ timeZone }: Pick<Profile, 'timeZone'>) =>
  async (tx: Tx, { data: { order: downgrade } }: Event<'order.fulfilled'>): Promise<void> => {
    if (!returnsDifference(downgrade)) return;
    const { orderId, accountId, planChange } = downgrade;
    const orderIds = [...new Set(planChange?.rest.map((rest) => rest.orderId))];
    const orders = await listOrders(tx, orderIds);
    const before = await lockRefundedOrders(tx, orderIds);
    const decision = returnDifference({ downgrade, orders }, before, { at: tx.now, timeZone });
    const { refundId, split, lines } = decision.state;
    const postings = refundPostings(split);
    const isNothing = postings.length === 0;
    if (!(await settleDowngrade(tx, { orderId, accountId, refundId: isNothing ? null : refundId }))) return;
    if (isNothing) return;
    await insertRefund(tx, decision);
    const giving = orders.filter((order) => lines.some((line) => line.orderId === order.orderId));
    if (!(await recordRefunded(tx, giving, lines)))
      throw new Error(`downgrade ${orderId} gave back more than was paid`);
    await post(tx, accountId, { cause: { kind: 'refund', refundId, orderId }, postings });
  };

const cashAlone = (cash: Money): Split => {
  const none = zero(cash.currency);
  return { cash, giftCredit: none, storedCard: none, voucher: none };
};

/** ORD-5. */
export async function onPaymentUnapplied(tx: Tx, { data }: Event<'payment.unapplied'>): Promise<void> {
  const { paymentReference, orderId } = data;
  const amount = money(data.amount.amount, data.amount.currency);
  const postings = unappliedPostings(data.parts ?? cashAlone(amount));
  await post(tx, data.accountId, {
    cause: { kind: 'unapplied_payment', paymentReference, orderId },
    postings,
  });
}

/** False, and nothing recorded, where an order would give back more than was paid (RFD-20). */
async function recordRefunded(tx: Tx, orders: readonly Order[], lines: readonly Line[]): Promise<boolean> {
  const before = await lockRefundedOrders(
    tx,
    orders.map(({ orderId }) => orderId),
  );
  const after = orders.map((order) => {
    const soFar = before.find(({ orderId }) => orderId === order.orderId) ?? untouched(order);
    return lines.filter(({ orderId }) => orderId === order.orderId).reduce(afterLine, soFar);
  });
  if (!after.every(isWithinPaid)) return false;
  saveRefundedOrders(tx, orders[0]?.accountId ?? '', after);
  return true;
}
