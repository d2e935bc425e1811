import { amend, recorded, Refusal, type Decision } from '@accord/core';
import { isWhole } from './fulfilment-fit.ts';
import { joinInstances, servicePeriodOf, type OrderInstance } from './order-instance.ts';
import {
  fulfilmentLifecycle,
  orderChanged,
  orderLifecycle,
  orderSnapshot,
  orderVoided,
  type Order,
} from './order.ts';

// The fulfilment of an order: its instances are made, or it is voided (ORD-10).

/**
 * ORD-26: a paid order was given instances, in addition to those it has or told anew. With the last one it is
 * fulfilled (ORD-10).
 */
export function fulfilOrder(order: Order, given: readonly OrderInstance[]): Decision<Order> {
  expectFulfillable(order);
  const instances = joinInstances(order.instances, given);
  if (!isWhole(order, instances)) return giveInstances(order, given);
  const next = amend(order, {
    ...withInstances(order, instances),
    servicePeriod: servicePeriodOf(instances),
    fulfilment: fulfilmentLifecycle.after(order.fulfilment, 'create'),
  });
  return recorded(
    next,
    { change: 'fulfilled', note: null },
    { type: 'order.fulfilled', data: { order: orderSnapshot(next) } },
  );
}

/** Some of its instances, by a fulfilment or a report (ORD-11). */
export function giveInstances(order: Order, given: readonly OrderInstance[]): Decision<Order> {
  const next = amend(order, withInstances(order, joinInstances(order.instances, given)));
  const note = given.map(({ instanceId }) => instanceId).join(', ');
  return recorded(
    next,
    { change: 'instances_given', note },
    orderChanged(next, ['instanceIds', 'instances']),
  );
}

const withInstances = ({ instanceIds }: Order, instances: OrderInstance[]) => ({
  instances,
  instanceIds: [...new Set([...instanceIds, ...instances.map(({ instanceId }) => instanceId)])],
});

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
