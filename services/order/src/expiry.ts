import type { Tx, Worker } from '@accord/core';
import { listExpiring, listOverdue, rememberExpiring } from './order/expiry-store.ts';
import { lockOrder, saveOrder } from './order/order-store.ts';
import { expireOrder, orderSnapshot } from './order/order.ts';

const noticeMs = 24 * 3_600_000;

/**
 * ORD-8: past payBy an unpaid order is cancelled, also when the service was down meanwhile. The order's lock
 * decides against a payment.
 */
export const expire: Worker = {
  name: 'expire',
  everyMs: 1_000,
  due: (tx, limit) => listOverdue(tx, limit),
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'expire', accountId }, async (tx) => {
      saveOrder(tx, expireOrder(await lockOrder(tx, id), tx.now));
    }),
};

/**
 * ORD-9: 24 h before payBy, once for each payBy. Where an order has less than that from the start, there is
 * nothing to announce.
 */
export const expiring: Worker = {
  name: 'expiring',
  everyMs: 10_000,
  due: (tx, limit) => listExpiring(tx, noticeMs, limit),
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'expiring', accountId }, (tx) => announceExpiry(tx, id)),
};

async function announceExpiry(tx: Tx, orderId: string) {
  const order = await lockOrder(tx, orderId);
  const soon =
    order.status === 'unpaid' && order.payBy && order.payBy.getTime() <= tx.now.getTime() + noticeMs
      ? order.payBy
      : null;
  if (!soon || !(await rememberExpiring(tx, orderId))) return;
  tx.emit({ type: 'order.expiring', data: { order: orderSnapshot(order), payBy: soon.toISOString() } });
}
