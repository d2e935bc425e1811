import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import { money, zero, type Money } from '@accord/money';
import { returnsDifference, type Profile } from '@accord/profile';
import { isNothing, post } from './ledger-store.ts';
import { listOrders } from './order-view.ts';
import { giveBack } from './refund-request.ts';
import type { Split } from './refund/amount.ts';
import { refundFailedFulfilment, returnDifference } from './refund/automatic-refund.ts';
import {
  claimFailedFulfilment,
  insertRefund,
  lockRefundedOrders,
  settleDowngrade,
} from './refund/refund-store.ts';

// Money that comes back to the account by an event alone, at once: nobody asks for it.

/**
 * RFD-14: at once and in full, exactly once for each order; an order that nothing was paid for gives nothing
 * back.
 */
async function onFulfilmentFailed(
  tx: Tx,
  { data: { order } }: Event<'order.fulfilment_failed'>,
): Promise<void> {
  const decision = refundFailedFulfilment(order, { at: tx.now });
  const { refundId, accountId, split } = decision.state;
  const { orderId } = order;
  if (isNothing(split)) return;
  if (!(await claimFailedFulfilment(tx, { orderId, accountId, refundId }))) return;
  const refund = await insertRefund(tx, decision);
  if (!(await giveBack(tx, refund, { orders: [order], orderId })))
    throw new Error(`order ${orderId} gave back more than was paid`);
}

/**
 * ORD-24: as of the downgrade's placement, exactly once for each downgrade that says so.
 *
 * @throws Refusal `refund.orders_to_come` while one that paid for the rest is not known yet.
 */
const onOrderFulfilled =
  ({ timeZone }: Pick<Profile, 'timeZone'>) =>
  async (tx: Tx, { data: { order: downgrade } }: Event<'order.fulfilled'>): Promise<void> => {
    if (!returnsDifference(downgrade)) return;
    const { orderId, accountId, planChange } = downgrade;
    const orderIds = [...new Set(planChange?.rest.map((rest) => rest.orderId))];
    const orders = await listOrders(tx, orderIds);
    const before = await lockRefundedOrders(tx, orderIds);
    const decision = returnDifference({ downgrade, orders }, before, { at: tx.now, timeZone });
    const { refundId, split } = decision.state;
    const nothing = isNothing(split);
    if (!(await settleDowngrade(tx, { orderId, accountId, refundId: nothing ? null : refundId }))) return;
    if (nothing) return;
    const refund = await insertRefund(tx, decision);
    if (!(await giveBack(tx, refund, { orders, orderId })))
      throw new Error(`downgrade ${orderId} gave back more than was paid`);
  };

const cashAlone = (cash: Money): Split => {
  const none = zero(cash.currency);
  return { cash, giftCredit: none, storedCard: none, voucher: none };
};

/** ORD-5. */
async function onPaymentUnapplied(tx: Tx, { data }: Event<'payment.unapplied'>): Promise<void> {
  const { paymentReference, orderId } = data;
  const amount = money(data.amount.amount, data.amount.currency);
  const cause = { kind: 'unapplied_payment', paymentReference, orderId } as const;
  await post(tx, data.accountId, { cause, split: data.parts ?? cashAlone(amount) });
}

/** The balance that a downgrade moves; any other order moves none. */
const downgradeRows = ({ data: { order } }: Event<'order.fulfilled'>) =>
  returnsDifference(order) ? [order.accountId] : [];

export const automaticCreditSubscriptions = (profile: Profile): Subscriptions => ({
  'order.fulfilled': { on: onOrderFulfilled(profile), locks: downgradeRows },
  'order.fulfilment_failed': { on: onFulfilmentFailed, locks: ({ data }) => [data.order.accountId] },
  'payment.unapplied': { on: onPaymentUnapplied, locks: ({ data }) => [data.accountId] },
});
