import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import { ordersOf } from './contract-content.ts';
import { amountOf } from './contract/contract-orders.ts';
import { lockLiveContractOf, saveContract } from './contract/contract-store.ts';
import { followAmount } from './contract/contract.ts';
import { orderRows } from './voiding.ts';

// A refund and a live contract never have the same order (ORD-12). The difference of a downgrade takes no hold, so
// cash of an order comes back also while a contract has it: a draft states the amount that is left, a file that is
// being sealed is dropped (sealing.ts), and an official one stays as signed (CTR-16).

/** CTR-16. */
async function onOrderChanged(tx: Tx, { data: { order, what } }: Event<'order.changed'>): Promise<void> {
  if (!what.includes('cashReturned')) return;
  const contract = await lockLiveContractOf(tx, order.orderId);
  if (contract?.status !== 'draft') return;
  const { orders } = await ordersOf(tx, contract);
  saveContract(tx, followAmount(contract, amountOf(orders)));
}

export const draftAmountSubscriptions: Subscriptions = {
  'order.changed': { on: onOrderChanged, locks: orderRows },
};
