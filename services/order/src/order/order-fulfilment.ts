import { amend, recorded, Refusal, type Decision } from '@accord/core';
import { fulfilmentLifecycle, orderLifecycle, orderSnapshot, orderVoided, type Order } from './order.ts';

// The fulfilment of an order: its instances are made, or it is voided (ORD-10).

/** ORD-10: a paid order gave its instances. `servicePeriod` is null where it pays for no period. */
export function fulfilOrder(
  order: Order,
  given: { instanceIds: string[]; servicePeriod: Order['servicePeriod'] },
): Decision<Order> {
  expectFulfillable(order);
  const next = amend(order, { ...given, fulfilment: fulfilmentLifecycle.after(order.fulfilment, 'create') });
  return recorded(
    next,
    { change: 'fulfilled', note: null },
    { type: 'order.fulfilled', data: { order: orderSnapshot(next) } },
  );
}

/** ORD-10: a paid order whose fulfilment failed is voided in the same moment, and its hold dies. */
export function failFulfilment(order: Order, failure: { reason: string | null; at: Date }): Decision<Order> {
  expectFulfillable(order);
  const fulfilment = fulfilmentLifecycle.after(order.fulfilment, 'fail');
  const next = amend(order, {
    fulfilment,
    status: orderLifecycle.after(order.status, 'void'),
    voidedAt: failure.at,
    hold: null,
  });
  return recorded(
    next,
    { change: 'fulfilment_failed', note: failure.reason },
    { type: 'order.fulfilment_failed', data: { order: orderSnapshot(next), reason: failure.reason } },
    orderVoided(next, 'fulfilment_failed'),
  );
}

export function expectFulfillable(order: Order) {
  if (order.status === 'paid' && order.fulfilment === 'creating') return;
  throw new Refusal('conflict', 'order.not_fulfillable', {
    orderId: order.orderId,
    status: order.status,
    fulfilment: order.fulfilment,
  });
}
