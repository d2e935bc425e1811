import type { z } from 'zod';
import { lifecycle, Refusal, type Decision } from '@accord/core';
import type { Fact } from '@accord/events';
import type { Holder, PaymentSplit } from '@accord/events/fields';
import type { CancelReason, OrderSnapshot, VoidReason } from '@accord/events/order';
import { add, isZero, zero, type Money } from '@accord/money';

export const orderLifecycle = lifecycle('order', 'unpaid', {
  unpaid: { pay: 'paid', cancel: 'cancelled', expire: 'cancelled' },
  paid: { void: 'voided' },
  cancelled: {},
  voided: {},
});

export const fulfilmentLifecycle = lifecycle('fulfilment', 'none', {
  none: { start: 'creating' },
  creating: { create: 'created', fail: 'failed' },
  created: {},
  failed: {},
});

/**
 * An order is refunded by instances: the last one makes it full (ORD-14). A failed fulfilment needs no hold:
 * it is full at once.
 */
export const refundStateLifecycle = lifecycle('refund_state', 'none', {
  none: { hold: 'in_progress', refundAll: 'full' },
  in_progress: { release: 'none', releasePart: 'partial', refundPart: 'partial', refundAll: 'full' },
  partial: { hold: 'in_progress' },
  full: {},
});

export type OrderId = string;
export type Hold = z.infer<typeof Holder>;
export type Parts = z.infer<typeof PaymentSplit>;
type Snapshot = z.infer<typeof OrderSnapshot>;

type Times = {
  createdAt: Date;
  payBy: Date | null;
  paidAt: Date | null;
  cancelledAt: Date | null;
  voidedAt: Date | null;
  servicePeriod: { start: Date; end: Date } | null;
};

/** What was agreed at placement; a later edit of the catalogue changes none of it. */
export type Terms = Pick<
  Snapshot,
  | 'operatorId'
  | 'productName'
  | 'category'
  | 'brand'
  | 'invoicingEntity'
  | 'productForm'
  | 'chargeType'
  | 'contractable'
  | 'refundable'
  | 'serviceType'
  | 'configuration'
  | 'count'
  | 'duration'
  | 'unitPrice'
  | 'promotion'
  | 'trial'
  | 'free'
  | 'customised'
  | 'bundleId'
>;

export type Order = Readonly<
  Omit<Snapshot, keyof Times> &
    Times & {
      /** Those of its instances that were refunded (ORD-14). */
      refundedInstanceIds: string[];
      /** Every refund that ever held it (ORD-17). */
      refundIds: string[];
    }
>;

/** A decision and how the order's history words it; `change` is null where nothing changed. */
export type OrderDecision = Decision<Order> & {
  readonly change: string | null;
  readonly note: string | null;
};

/** ORD-4: what owes nothing is placed as paid. Version 1. */
export function placeOrder(
  order: Omit<Order, 'version' | 'status' | 'fulfilment' | 'payBy' | 'paidAt' | 'paidParts'>,
  payBy: Date,
): OrderDecision {
  const owes = !isZero(order.payableAmount);
  const nothing = zero(order.payableAmount.currency);
  const placed: Order = {
    ...order,
    version: 1,
    status: owes ? 'unpaid' : 'paid',
    fulfilment: owes ? 'none' : 'creating',
    payBy: owes ? payBy : null,
    paidAt: owes ? null : order.createdAt,
    paidParts: owes ? null : { cash: nothing, giftCredit: nothing, storedCard: nothing, voucher: nothing },
  };
  return {
    state: placed,
    facts: [{ type: 'order.placed', data: { order: snapshot(placed) } }],
    change: 'placed',
    note: null,
  };
}

/** ORD-5: only unpaid and before payBy. */
export function expectPayable(order: Order, now: Date) {
  if (orderLifecycle.allows(order.status, 'pay') && !isOverdue(order, now)) return;
  throw new Refusal('conflict', 'order.not_payable', {
    orderId: order.orderId,
    status: order.status,
    payBy: order.payBy?.toISOString() ?? null,
  });
}

/**
 * ORD-5. `parts` together equal payableAmount; that is the payment's to check. The contract that holds it
 * keeps it (CTR-29).
 */
export function payOrder(
  order: Order,
  payment: { reference: string; parts: Parts; at: Date },
): OrderDecision {
  expectPayable(order, payment.at);
  const { cash, giftCredit, storedCard, voucher } = payment.parts;
  const next = amend(order, {
    status: orderLifecycle.after(order.status, 'pay'),
    fulfilment: fulfilmentLifecycle.after(order.fulfilment, 'start'),
    cashPaid: [giftCredit, storedCard].reduce<Money>(add, cash),
    voucherPaid: voucher,
    paidParts: payment.parts,
    paidAt: payment.at,
  });
  return changed(next, 'paid', payment.reference, {
    type: 'order.paid',
    data: { order: snapshot(next), paymentReference: payment.reference },
  });
}

/**
 * ORD-6: only an unpaid order is cancelled; its hold dies with it, whoever holds it. `text` is the reason in
 * the asker's words.
 */
export function cancelOrder(
  order: Order,
  why: { reason: z.infer<typeof CancelReason>; text: string | null; at: Date },
): OrderDecision {
  if (!orderLifecycle.allows(order.status, 'cancel')) {
    throw new Refusal('conflict', 'order.not_cancellable', { orderId: order.orderId, status: order.status });
  }
  const next = amend(order, {
    status: orderLifecycle.after(order.status, 'cancel'),
    cancelledAt: why.at,
    hold: null,
  });
  return changed(next, 'cancelled', why.text ?? why.reason, {
    type: 'order.cancelled',
    data: { order: snapshot(next), reason: why.reason },
  });
}

/** ORD-8: an unpaid order whose payBy has come is cancelled, reason `expired`; any other stays as it is. */
export function expireOrder(order: Order, now: Date): OrderDecision {
  return isOverdue(order, now)
    ? cancelOrder(order, { reason: 'expired', text: null, at: now })
    : unchanged(order);
}

/** ORD-10: what a paid order gave. `servicePeriod` is null where it pays for no period. */
export function fulfilOrder(
  order: Order,
  given: { instanceIds: string[]; servicePeriod: Order['servicePeriod'] },
): OrderDecision {
  expectFulfillable(order);
  const next = amend(order, { ...given, fulfilment: fulfilmentLifecycle.after(order.fulfilment, 'create') });
  return changed(next, 'fulfilled', null, { type: 'order.fulfilled', data: { order: snapshot(next) } });
}

/** ORD-10: a paid order whose fulfilment failed is voided in the same moment, and its hold dies. */
export function failFulfilment(order: Order, failure: { reason: string | null; at: Date }): OrderDecision {
  expectFulfillable(order);
  const fulfilment = fulfilmentLifecycle.after(order.fulfilment, 'fail');
  const next = amend(order, {
    fulfilment,
    status: orderLifecycle.after(order.status, 'void'),
    voidedAt: failure.at,
    hold: null,
  });
  return changed(
    next,
    'fulfilment_failed',
    failure.reason,
    { type: 'order.fulfilment_failed', data: { order: snapshot(next), reason: failure.reason } },
    voided(next, 'fulfilment_failed'),
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

/** ORD-12: why `holder` cannot have it; undefined where it can. */
export function obstacle(order: Order, holder: Hold) {
  if (order.status === 'cancelled') return 'order.cancelled' as const;
  if (order.status === 'voided') return 'order.voided' as const;
  return order.hold && !sameHolder(order.hold, holder)
    ? (`order.held_by_${order.hold.kind}` as const)
    : undefined;
}

/**
 * Takes the hold of a free order. The new version is announced by the reservation's `order.reserved`, with
 * all orders held together.
 */
export function holdOrder(order: Order, holder: Hold): OrderDecision {
  const refund = holder.kind === 'refund' && {
    refundState: refundStateLifecycle.after(order.refundState, 'hold'),
    refundIds: [...order.refundIds, holder.id],
  };
  return changed(amend(order, { hold: holder, ...refund }), `held_by_${holder.kind}`, holder.id);
}

/** ORD-13: ends `holder`'s hold. An order that it does not hold, or no longer holds, stays as it is. */
export function releaseOrder(order: Order, holder: Hold | null): OrderDecision {
  if (!holder || !sameHolder(order.hold, holder)) return unchanged(order);
  const back = order.refundedInstanceIds.length > 0 ? 'releasePart' : 'release';
  const refund = holder.kind === 'refund' && {
    refundState: refundStateLifecycle.after(order.refundState, back),
  };
  const next = amend(order, { hold: null, ...refund });
  return changed(next, 'released', holder.id, {
    type: 'order.released',
    data: { order: snapshot(next), holder },
  });
}

/**
 * ORD-14: `instanceIds` of an order held by `holder` were refunded; the last one makes it full and voids it.
 */
export function refundOrder(
  order: Order,
  refund: { holder: Hold; instanceIds: readonly string[]; at: Date },
): OrderDecision {
  const { holder } = refund;
  const now = order.instanceIds.filter(
    (id) => refund.instanceIds.includes(id) && !order.refundedInstanceIds.includes(id),
  );
  if (!sameHolder(order.hold, holder) || now.length === 0) return releaseOrder(order, holder);
  const refundedInstanceIds = [...order.refundedInstanceIds, ...now];
  if (refundedInstanceIds.length < order.instanceIds.length) {
    const part = amend(order, {
      hold: null,
      refundedInstanceIds,
      refundState: refundStateLifecycle.after(order.refundState, 'refundPart'),
    });
    const released = { type: 'order.released', data: { order: snapshot(part), holder } } as const;
    return changed(part, 'refunded_in_part', holder.id, announced(part, ['refundState']), released);
  }
  const status = orderLifecycle.after(order.status, 'void');
  const refundState = refundStateLifecycle.after(order.refundState, 'refundAll');
  const next = amend(order, { hold: null, refundedInstanceIds, refundState, status, voidedAt: refund.at });
  return changed(next, 'refunded', holder.id, voided(next, 'refunded'));
}

/** RFD-14: what a failed fulfilment had been paid with went back. */
export function refundFailedFulfilment(order: Order, refundId: string): OrderDecision {
  if (order.fulfilment !== 'failed' || !refundStateLifecycle.allows(order.refundState, 'refundAll'))
    return unchanged(order);
  const next = amend(order, {
    refundState: refundStateLifecycle.after(order.refundState, 'refundAll'),
    refundIds: [...order.refundIds, refundId],
  });
  return changed(next, 'refunded', refundId, announced(next, ['refundState']));
}

/**
 * ORD-8: an unpaid order that was in a drafted contract keeps the later payBy, also after that contract has
 * ended.
 */
export function movePayBy(order: Order, payWithinMs: number): OrderDecision {
  const payBy = new Date(order.createdAt.getTime() + payWithinMs);
  if (order.status !== 'unpaid' || order.payBy?.getTime() === payBy.getTime()) return unchanged(order);
  const next = amend(order, { payBy });
  return changed(next, 'pay_by_moved', payBy.toISOString(), announced(next, ['payBy']));
}

/** ORD-22: facts that refunds need and that change later. Equal facts change nothing. */
export function changeFacts(
  order: Order,
  facts: { invoiced?: boolean; supportRightsUsed?: boolean; instanceIds?: string[] },
): OrderDecision {
  const what = (Object.keys(facts) as (keyof typeof facts)[]).filter(
    (name) => facts[name] !== undefined && String(facts[name]) !== String(order[name]),
  );
  if (what.length === 0) return unchanged(order);
  const next = amend(order, Object.fromEntries(what.map((name) => [name, facts[name]])));
  return changed(next, 'facts_changed', what.join(', '), announced(next, what));
}

/** An open order keeps its instances to itself (ORD-3): unpaid, or paid and not yet fulfilled. */
export const isOpen = (order: Order) =>
  order.status === 'unpaid' || (order.status === 'paid' && order.fulfilment === 'creating');

export const isOverdue = (order: Order, now: Date) =>
  order.status === 'unpaid' && order.payBy !== null && order.payBy <= now;

export type Operation = 'view' | 'pay' | 'cancel' | 'request_contract' | 'unsubscribe';

/** ORD-16. */
export function allowedOperations(order: Order): Operation[] {
  const live = order.status === 'unpaid' || order.status === 'paid';
  return [
    'view',
    ...(order.status === 'unpaid' ? (['pay', 'cancel'] as const) : []),
    ...(live && order.contractable && !order.hold ? (['request_contract'] as const) : []),
    ...(order.status === 'paid' && order.refundable ? (['unsubscribe'] as const) : []),
  ];
}

export function snapshot({
  refundedInstanceIds: _refunded,
  refundIds: _refunds,
  servicePeriod,
  ...order
}: Order): Snapshot {
  return {
    ...order,
    servicePeriod: servicePeriod && {
      start: servicePeriod.start.toISOString(),
      end: servicePeriod.end.toISOString(),
    },
    createdAt: order.createdAt.toISOString(),
    payBy: order.payBy?.toISOString() ?? null,
    paidAt: order.paidAt?.toISOString() ?? null,
    cancelledAt: order.cancelledAt?.toISOString() ?? null,
    voidedAt: order.voidedAt?.toISOString() ?? null,
  };
}

const sameHolder = (hold: Hold | null, holder: Hold) => hold?.kind === holder.kind && hold.id === holder.id;
const amend = (order: Order, change: Partial<Order>): Order => ({
  ...order,
  ...change,
  version: order.version + 1,
});
const unchanged = (order: Order): OrderDecision => ({ state: order, facts: [], change: null, note: null });
const changed = (state: Order, change: string, note: string | null, ...facts: Fact[]): OrderDecision => ({
  state,
  facts,
  change,
  note,
});
const announced = (order: Order, what: string[]): Fact => ({
  type: 'order.changed',
  data: { order: snapshot(order), what },
});
const voided = (order: Order, reason: z.infer<typeof VoidReason>): Fact => ({
  type: 'order.voided',
  data: { order: snapshot(order), reason },
});
