import { expectVersion, Refusal, type Tx } from '@accord/core';
import { lockOrder, saveOrder } from './order/order-store.ts';
import { cancelOrder, type Order, type OrderId } from './order/order.ts';

// Cancelling takes effect here at once (ORD-6). A contract that held the order hears `order.cancelled` and is
// voided; its `contract.voided` frees the other orders: `onContractEnded` in reservation.ts (EVT-21).

type Cancellation = { orderId: OrderId; reason: string; ifMatch?: readonly number[] | undefined };

/**
 * @param ask `reason` is in the asker's words.
 * @throws Refusal `order.not_found`, `order.not_cancellable`, `request.version_mismatch`.
 */
export async function cancel(tx: Tx, { orderId, reason: text, ifMatch }: Cancellation): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  expectVersion(ifMatch, order.version);
  const reason = tx.actor.kind === 'customer' ? 'by_customer' : 'by_operator';
  return saveOrder(tx, cancelOrder(order, { reason, text, at: tx.now }));
}

/**
 * ORD-20: the platform found the name of an unpaid order registered by somebody else. Of an order that has ended
 * unpaid it is no news.
 *
 * @throws Refusal `order.not_found`, `order.not_a_domain`, `order.not_cancellable` where it was paid,
 * `request.version_mismatch`.
 */
export async function reportDomainTaken(
  tx: Tx,
  { orderId, ifMatch }: Omit<Cancellation, 'reason'>,
): Promise<Order> {
  const order = await lockOrder(tx, orderId);
  if (order.productForm !== 'domain') throw new Refusal('invalid', 'order.not_a_domain', { orderId });
  if (order.status === 'cancelled') return order;
  expectVersion(ifMatch, order.version);
  return saveOrder(tx, cancelOrder(order, { reason: 'domain_taken', text: null, at: tx.now }));
}

/**
 * Runs one item of a batch in a transaction of its own; a repeat of the batch answers a done item as it was
 * (API-6).
 */
type RunItem = <T>(id: string, work: (tx: Tx) => Promise<T>) => Promise<T>;
export type Outcome = { orderId: OrderId; version: number } | { orderId: OrderId; refused: Refusal };

/** ORD-7: one refusal spoils no other. */
export async function cancelSeveral(
  runItem: RunItem,
  { orderIds, reason }: { orderIds: readonly OrderId[]; reason: string },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const orderId of orderIds) {
    try {
      outcomes.push(
        await runItem(orderId, async (tx) => ({
          orderId,
          version: (await cancel(tx, { orderId, reason })).version,
        })),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcomes.push({ orderId, refused: error });
    }
  }
  return outcomes;
}
