import { amend, recorded, unchanged, type Decision } from '@accord/core';
import type { Holder } from '@accord/events/fields';
import { add, isZero, type Money } from '@accord/money';
import {
  orderChanged,
  orderLifecycle,
  orderSnapshot,
  orderVoided,
  refundStateLifecycle,
  releaseOrder,
  sameHolder,
  type Order,
} from './order.ts';

// The money of an order went back, in part or in full (ORD-14, RFD-14).

/**
 * ORD-14: `instanceIds` of an order held by `holder` were refunded, and `returned` of its cash with them; the last
 * one makes it full and voids it.
 */
export function refundOrder(
  order: Order,
  refund: { holder: Holder; instanceIds: readonly string[]; returned: Money; at: Date },
): Decision<Order> {
  const { holder } = refund;
  const now = order.instanceIds.filter(
    (id) => refund.instanceIds.includes(id) && !order.refundedInstanceIds.includes(id),
  );
  if (!sameHolder(order.hold, holder) || now.length === 0) return releaseOrder(order, holder);
  const refundedInstanceIds = [...order.refundedInstanceIds, ...now];
  const cashReturned = add(order.cashReturned, refund.returned);
  if (refundedInstanceIds.length < order.instanceIds.length) {
    const part = amend(order, {
      hold: null,
      refundedInstanceIds,
      cashReturned,
      refundState: refundStateLifecycle.after(order.refundState, 'refundPart'),
    });
    const released = { type: 'order.released', data: { order: orderSnapshot(part), holder } } as const;
    return recorded(
      part,
      { change: 'refunded_in_part', note: holder.id },
      orderChanged(part, ['refundState', ...ofCash(refund.returned)]),
      released,
    );
  }
  const status = orderLifecycle.after(order.status, 'void');
  const refundState = refundStateLifecycle.after(order.refundState, 'refundAll');
  const next = amend(order, {
    hold: null,
    refundedInstanceIds,
    cashReturned,
    refundState,
    status,
    voidedAt: refund.at,
  });
  return recorded(next, { change: 'refunded', note: holder.id }, orderVoided(next, 'refunded'));
}

/** A refund that came by itself, and the part of it that is this order's cash. */
type Automatic = { readonly refundId: string; readonly returned: Money };

/** ORD-24: a part of what paid for the rest went back after a downgrade, its own order's links included. */
export function linkDifference(order: Order, { refundId, returned }: Automatic): Decision<Order> {
  if (order.refundIds.includes(refundId)) return unchanged(order);
  const next = amend(order, {
    refundIds: [...order.refundIds, refundId],
    cashReturned: add(order.cashReturned, returned),
  });
  return recorded(
    next,
    { change: 'difference_returned', note: refundId },
    orderChanged(next, ['refunds', ...ofCash(returned)]),
  );
}

/** RFD-14: the money that had paid for a failed fulfilment went back. */
export function refundFailedFulfilment(order: Order, { refundId, returned }: Automatic): Decision<Order> {
  if (order.fulfilment !== 'failed' || !refundStateLifecycle.allows(order.refundState, 'refundAll'))
    return unchanged(order);
  const next = amend(order, {
    refundState: refundStateLifecycle.after(order.refundState, 'refundAll'),
    refundIds: [...order.refundIds, refundId],
    cashReturned: add(order.cashReturned, returned),
  });
  return recorded(
    next,
    { change: 'refunded', note: refundId },
    orderChanged(next, ['refundState', ...ofCash(returned)]),
  );
}

const ofCash = (returned: Money): string[] => (isZero(returned) ? [] : ['cashReturned']);
