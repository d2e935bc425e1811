import type { z } from 'zod';
import { amend, lifecycle, recorded, Refusal, unchanged, type Decision } from '@accord/core';
import type { Data, Fact } from '@accord/events';
import type { Holder, PaymentSplit } from '@accord/events/fields';
import type { OrderSnapshot, VoidReason } from '@accord/events/order';
import { add, isZero, zero, type Money } from '@accord/money';
import { isInPart, payByOf } from '@accord/profile';
import { instanceSnapshot, type OrderInstance } from './order-instance.ts';

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

type Snapshot = z.infer<typeof OrderSnapshot>;

type Times = {
  createdAt: Date;
  payBy: Date | null;
  paidAt: Date | null;
  cancelledAt: Date | null;
  voidedAt: Date | null;
  instances: readonly OrderInstance[];
  servicePeriod: { start: Date; end: Date } | null;
};

/** The terms agreed at placement; a later edit of the catalogue changes none of them. */
export type Terms = Pick<
  Order,
  | 'operatorId'
  | 'placedBy'
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
  | 'plan'
  | 'planChange'
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
  Omit<Snapshot, keyof Times | 'cashReturned'> &
    Times & {
      cashReturned: Money;
      /** The actor that placed it, `customer:usr_1`, by whose kind `operatorId` is told (`maskActor`). */
      placedBy: string;
      /** The part of `instanceIds` that was refunded (ORD-14). */
      refundedInstanceIds: string[];
      /** Every refund that ever held it (ORD-17). */
      refundIds: string[];
    }
>;

type Placed = 'version' | 'status' | 'fulfilment' | 'payBy' | 'paidAt' | 'paidParts' | 'cashReturned';

/** ORD-4: an order that owes nothing is placed as paid. Version 1. */
export function placeOrder(order: Omit<Order, Placed>, payBy: Date): Decision<Order> {
  const owes = !isZero(order.payableAmount);
  const nothing = zero(order.payableAmount.currency);
  const placed: Order = {
    ...order,
    version: 1,
    status: owes ? 'unpaid' : 'paid',
    fulfilment: owes ? 'none' : 'creating',
    payBy: owes ? payBy : null,
    paidAt: owes ? null : order.createdAt,
    cashReturned: nothing,
    paidParts: owes ? null : { cash: nothing, giftCredit: nothing, storedCard: nothing, voucher: nothing },
  };
  return recorded(
    placed,
    { change: 'placed', note: null },
    { type: 'order.placed', data: { order: orderSnapshot(placed) } },
  );
}

/** ORD-5: only an unpaid order before its payBy. */
export const isPayable = (order: Order, now: Date): boolean =>
  orderLifecycle.allows(order.status, 'pay') && !isOverdue(order, now);

/** ORD-5. @throws Refusal `order.not_payable`. */
export function expectPayable(order: Order, now: Date) {
  if (isPayable(order, now)) return;
  throw new Refusal('conflict', 'order.not_payable', {
    orderId: order.orderId,
    status: order.status,
    payBy: order.payBy?.toISOString() ?? null,
  });
}

/**
 * ORD-5. `parts` together equal payableAmount; the caller has checked that. The contract that holds the order
 * keeps it (CTR-29), and there is no payBy any more.
 */
export function payOrder(
  order: Order,
  payment: { reference: string; parts: PaymentSplit; at: Date },
): Decision<Order> {
  expectPayable(order, payment.at);
  const { cash, giftCredit, storedCard, voucher } = payment.parts;
  const next = amend(order, {
    status: orderLifecycle.after(order.status, 'pay'),
    fulfilment: fulfilmentLifecycle.after(order.fulfilment, 'start'),
    cashPaid: [giftCredit, storedCard].reduce<Money>(add, cash),
    voucherPaid: voucher,
    paidParts: payment.parts,
    payBy: null,
    paidAt: payment.at,
  });
  return recorded(
    next,
    { change: 'paid', note: payment.reference },
    { type: 'order.paid', data: { order: orderSnapshot(next), paymentReference: payment.reference } },
  );
}

/**
 * ORD-6: only an unpaid order is cancelled; its hold ends with it, whatever the holder. `text` is the reason in
 * the asker's words; the release of an instance leaves nothing to pay for.
 */
export function cancelOrder(
  order: Order,
  { at, ...why }: Omit<Data<'order.cancelled'>, 'order' | 'text'> & { text: string | null; at: Date },
): Decision<Order> {
  if (!orderLifecycle.allows(order.status, 'cancel')) {
    throw new Refusal('conflict', 'order.not_cancellable', { orderId: order.orderId, status: order.status });
  }
  const status = orderLifecycle.after(order.status, 'cancel');
  const next = amend(order, { status, cancelledAt: at, hold: null });
  const reason = why.releasedInstanceId ? 'instance_released' : why.reason;
  return recorded(
    next,
    { change: 'cancelled', note: why.text ?? reason },
    { type: 'order.cancelled', data: { order: orderSnapshot(next), ...why } },
  );
}

/** ORD-8: an unpaid order whose payBy has come is cancelled, reason `expired`; any other stays as it is. */
export function expireOrder(order: Order, now: Date): Decision<Order> {
  return isOverdue(order, now)
    ? cancelOrder(order, { reason: 'expired', text: null, at: now })
    : unchanged(order);
}

/** Keeps an order from being held. */
type Obstacle =
  | 'order.cancelled'
  | 'order.voided'
  | 'order.instance_busy'
  | `order.held_by_${Holder['kind']}`;

/**
 * ORD-12: why `holder` cannot have it; undefined where it can. ORD-12 tells `order.instance_busy` of refunds; a
 * contract gets it for an order given in part, which ORD-26 keeps from contracts and ORD-12 has no code for.
 */
export function obstacle(order: Order, holder: Holder): Obstacle | undefined {
  if (order.status === 'cancelled') return 'order.cancelled';
  if (order.status === 'voided') return 'order.voided';
  if (holder.kind === 'contract' && isInPart(order)) return 'order.instance_busy';
  return order.hold && !sameHolder(order.hold, holder) ? `order.held_by_${order.hold.kind}` : undefined;
}

/**
 * Takes the hold of a free order. The new version is announced by the reservation's `order.reserved`, with
 * all orders held together.
 */
export function holdOrder(order: Order, holder: Holder): Decision<Order> {
  const refund = holder.kind === 'refund' && {
    refundState: refundStateLifecycle.after(order.refundState, 'hold'),
    refundIds: [...order.refundIds, holder.id],
  };
  return recorded(amend(order, { hold: holder, ...refund }), {
    change: `held_by_${holder.kind}`,
    note: holder.id,
  });
}

/** ORD-13: ends `holder`'s hold. An order that it does not hold, or no longer holds, stays as it is. */
export function releaseOrder(order: Order, holder: Holder | null): Decision<Order> {
  if (!holder || !sameHolder(order.hold, holder)) return unchanged(order);
  const back = order.refundedInstanceIds.length > 0 ? 'releasePart' : 'release';
  const refund = holder.kind === 'refund' && {
    refundState: refundStateLifecycle.after(order.refundState, back),
  };
  const next = amend(order, { hold: null, ...refund });
  return recorded(
    next,
    { change: 'released', note: holder.id },
    { type: 'order.released', data: { order: orderSnapshot(next), holder } },
  );
}

/**
 * ORD-8: an unpaid order that was in a drafted contract keeps the later payBy, also after that contract has
 * ended.
 */
export function movePayBy(order: Order, payWithinMs: number): Decision<Order> {
  const payBy = payByOf(order, payWithinMs);
  if (order.status !== 'unpaid' || order.payBy?.getTime() === payBy.getTime()) return unchanged(order);
  const next = amend(order, { payBy });
  return recorded(next, { change: 'pay_by_moved', note: payBy.toISOString() }, orderChanged(next, ['payBy']));
}

/** ORD-22: facts that refunds need and that change later. Equal facts change nothing. */
export function changeFacts(
  order: Order,
  facts: { invoiced?: boolean; supportRightsUsed?: boolean },
): Decision<Order> {
  const what = (Object.keys(facts) as (keyof typeof facts)[]).filter(
    (name) => facts[name] !== undefined && facts[name] !== order[name],
  );
  if (what.length === 0) return unchanged(order);
  const next = amend(order, Object.fromEntries(what.map((name) => [name, facts[name]])));
  return recorded(next, { change: 'facts_changed', note: what.join(', ') }, orderChanged(next, what));
}

/** An open order keeps its instances to itself (ORD-3): unpaid, or paid and not yet fulfilled. */
export const isOpen = (order: Order) =>
  order.status === 'unpaid' || (order.status === 'paid' && order.fulfilment === 'creating');

export const isOverdue = (order: Order, now: Date) =>
  order.status === 'unpaid' && order.payBy !== null && order.payBy <= now;

/** As every event of the order carries it (EVT-5). */
export function orderSnapshot({
  placedBy: _placedBy,
  refundedInstanceIds: _refunded,
  refundIds: _refunds,
  instances,
  servicePeriod,
  ...order
}: Order): Snapshot {
  return {
    ...order,
    instances: instances.map((instance) => instanceSnapshot(instance, order.plan?.code ?? null)),
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

export const sameHolder = (hold: Holder | null, holder: Holder) =>
  hold?.kind === holder.kind && hold.id === holder.id;

/** The fact that fields of an order changed which no other event tells of. */
export const orderChanged = (order: Order, what: string[]): Fact => ({
  type: 'order.changed',
  data: { order: orderSnapshot(order), what },
});

export const orderVoided = (order: Order, reason: z.infer<typeof VoidReason>): Fact => ({
  type: 'order.voided',
  data: { order: orderSnapshot(order), reason },
});
