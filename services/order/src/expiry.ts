import type { Database, DueItem, Tx, Worker } from '@accord/core';
import { listExpiring, listOverdue, lockFreeOrders, rememberExpiring } from './order/expiry-store.ts';
import { lockOrders, saveOrders } from './order/order-store.ts';
import { expireOrder, orderSnapshot, type Order } from './order/order.ts';

// Orders that nobody pays, over all accounts. They fall due one by one, or in masses after the service was down: so
// several are done in one transaction, which waits for none that is being paid.

const noticeMs = 24 * 3_600_000;

/**
 * ORD-8: past payBy an unpaid order is cancelled, also when the service was down meanwhile. The order's lock
 * decides against a payment.
 */
export const expire = perOrder('expire', {
  everyMs: 1_000,
  due: listOverdue,
  act(tx, orders) {
    saveOrders(
      tx,
      orders.map((order) => expireOrder(order, tx.now)),
    );
  },
});

/**
 * ORD-9: 24 h before payBy, once for each payBy. Where an order has less than that from the start, there is
 * nothing to announce.
 */
export const expiring = perOrder('expiring', {
  everyMs: 10_000,
  due: (tx, limit) => listExpiring(tx, noticeMs, limit),
  act: announceExpiry,
});

async function announceExpiry(tx: Tx, orders: readonly Order[]): Promise<void> {
  const soon = orders.filter(
    ({ status, payBy }) => status === 'unpaid' && payBy && payBy.getTime() <= tx.now.getTime() + noticeMs,
  );
  const fresh = await rememberExpiring(
    tx,
    soon.map(({ orderId }) => orderId),
  );
  for (const order of soon.filter(({ orderId }) => fresh.has(orderId)))
    tx.emit({
      type: 'order.expiring',
      data: { order: orderSnapshot(order), payBy: order.payBy!.toISOString() },
    });
}

interface Work {
  readonly everyMs: number;
  readonly due: Worker['due'];
  /** On locked orders, which may have changed since they were found. */
  readonly act: (tx: Tx, orders: readonly Order[]) => void | Promise<void>;
}

function perOrder(name: string, { everyMs, due, act }: Work): Worker {
  return {
    name,
    everyMs,
    due,
    run: (db, { id, accountId }) =>
      db.transaction({ kind: 'system', id: name, accountId }, async (tx) =>
        act(tx, await lockOrders(tx, [id])),
      ),
    together: (db: Database, items: readonly DueItem[]) =>
      db.transaction({ kind: 'system', id: name }, async (tx) =>
        act(
          tx,
          await lockFreeOrders(
            tx,
            items.map(({ id }) => id),
          ),
        ),
      ),
  };
}
