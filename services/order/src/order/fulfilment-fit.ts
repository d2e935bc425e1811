import { Refusal } from '@accord/core';
import { calendarEnd } from '@accord/profile';
import { postpayStart, switchesToPostpay } from './instance-life.ts';
import type { Given, OrderInstance } from './order-instance.ts';
import type { Order } from './order.ts';
import { restOfInstance } from './plan-change.ts';

// ORD-26: whether the instances that the platform gives are what was ordered.

const dayMs = 86_400_000;
const startsWithinMs = 90 * dayMs;

export interface FitRules {
  /** The provider's, whose calendar a month is of. */
  readonly timeZone: string;
}

interface FitAsk extends FitRules {
  /** The ends of the instances before the order moves them, as last told. */
  readonly ends: ReadonlyMap<string, Date | null>;
  /** All orders of the instances, this one perhaps among them. */
  readonly others?: readonly Order[];
  /** A report of an instance need not say its period yet. */
  readonly periodsMayFollow?: boolean;
}

/** The fault of a report at one place. */
interface Misfit {
  readonly misfit:
    | 'no_instances'
    | 'too_many_instances'
    | 'instance_not_ordered'
    | 'period_missing'
    | 'period_length'
    | 'period_over'
    | 'start_out_of_time'
    | 'rest_differs'
    | 'paid_twice';
  readonly field: 'instances' | 'start' | 'end';
  /** The value, or the values, that would fit; of a time the first and the last. */
  readonly expected: readonly string[];
  /** Null where nothing was told there. */
  readonly told: string | null;
}

/**
 * A purchase is given at most as many instances as were ordered, every other order the ones it names, each with
 * a period that fits.
 *
 * @throws Refusal `order.fulfilment_misfit`, with the first misfit and its instance.
 */
export function expectFit(order: Order, given: readonly Given[], ask: FitAsk): void {
  const { orderId, count, instanceIds } = order;
  const refuse = (misfit: Misfit, instanceId: string | null) => {
    throw new Refusal('invalid', 'order.fulfilment_misfit', {
      orderId,
      count,
      instanceIds,
      instanceId,
      ...misfit,
    });
  };
  const many = countMisfit(order, given);
  if (many) refuse(many, null);
  for (const one of given) {
    const misfit = misfitOf(order, one, ask);
    if (misfit) refuse(misfit, one.instanceId);
  }
}

function countMisfit(order: Order, given: readonly Given[]): Misfit | undefined {
  const { count, instances, instanceIds, orderType } = order;
  if (given.length === 0 && !isWhole(order, instances))
    return misfit('no_instances', 'instances', [String(count - instances.length)], '0');
  const ids = new Set([...instanceIds, ...given.map(({ instanceId }) => instanceId)]);
  return orderType === 'purchase' && ids.size > count
    ? misfit('too_many_instances', 'instances', [String(count)], String(ids.size))
    : undefined;
}

function misfitOf(order: Order, one: Given, ask: FitAsk): Misfit | undefined {
  const { orderType, instanceIds, planChange } = order;
  if (orderType !== 'purchase' && !instanceIds.includes(one.instanceId))
    return misfit('instance_not_ordered', 'instances', instanceIds, one.instanceId);
  const ends = endsOf(one.instanceId, order, ask);
  if (planChange) return restMisfit(order, one, ends);
  const mayFollow = ask.periodsMayFollow && !one.end;
  return (
    (mayFollow ? undefined : periodMisfit(order, one, ask)) ??
    startMisfit(order, one, ends) ??
    paidTwice(order, one, ask)
  );
}

const misfit = (
  kind: Misfit['misfit'],
  field: Misfit['field'],
  expected: readonly string[],
  told: Date | string | null,
): Misfit => ({ misfit: kind, field, expected, told: told instanceof Date ? told.toISOString() : told });

/** Epoch ms. */
const between = (from: number, to: number) => [from, to].map((time) => new Date(time).toISOString());

/** Nothing of the order is missing; a one-time service leaves `count` instances behind, or none at all. */
export const isWhole = (order: Order, instances: readonly OrderInstance[]): boolean =>
  (order.productForm === 'one_time' && instances.length === 0) ||
  (instances.length === order.count && instances.every(({ end }) => end !== null || !needsPeriod(order)));

/** The refund of a subscription and its contract go by its period (RFD-6, CTR-15). */
const needsPeriod = ({ chargeType }: Order) => chargeType === 'subscription';

/**
 * ORD-24: a change of plan says itself which rest it is for. The platform need not repeat it; a start or an end that
 * it tells is within a day of it, or of one of the ends that the instance may have by now, and a late start is before
 * the end.
 */
function restMisfit(
  order: Order,
  { instanceId, start, end }: Given,
  ends: readonly Date[],
): Misfit | undefined {
  const rest = restOfInstance(order, instanceId);
  if (!rest) return end ? misfit('rest_differs', 'end', [], end) : undefined;
  const last = Math.max(...[rest.end, ...ends].map(Number));
  const fitsEnd = !end || [rest.end, ...ends].some((at) => Math.abs(end.getTime() - at.getTime()) <= dayMs);
  if (!fitsEnd) return misfit('rest_differs', 'end', [rest.end.toISOString()], end);
  const [from, to] = [rest.start.getTime() - dayMs, Number(end ?? last) - 1];
  return start && !isBetween(start, from, to)
    ? misfit('rest_differs', 'start', between(from, to), start)
    : undefined;
}

/**
 * ORD-24: the instance with the rest that a change of plan was priced for there, as far as the orders that pay for
 * that time reach by now (`others`); ORD-2: of a switch to postpay, from where they end; of any other order as it is
 * told.
 */
export function withRest(order: Order, given: Given, others: readonly Order[]): Given {
  const { instanceId } = given;
  if (switchesToPostpay(order) && given.start)
    return { ...given, start: postpayStart({ ...order, instances: [given] }, instanceId, others) };
  const rest = order.planChange && restOfInstance(order, instanceId);
  if (!rest) return given;
  const ofRest = order.planChange.rest.filter((one) => one.instanceId === instanceId);
  const paying = others.filter(({ orderId }) => ofRest.some((one) => one.orderId === orderId));
  const end = Math.max(...endsOn(paying, instanceId)); // -Infinity where none is known
  return { ...given, start: rest.start, end: end > Number(rest.start) ? new Date(end) : rest.end };
}

/** Epoch ms: until when these orders pay for the instance. */
const endsOn = (orders: readonly Order[], instanceId: string): number[] =>
  orders.flatMap(({ instances }) =>
    instances.flatMap((one) => (one.instanceId === instanceId && one.end ? [Number(one.end)] : [])),
  );

/**
 * The calendar length of the ordered duration, up to a day more or less; an upgrade or a downgrade without a plan
 * pays for what is left of a period, so for less as well.
 */
function periodMisfit(
  order: Order,
  { start, end }: Pick<Given, 'start' | 'end'>,
  { timeZone }: FitRules,
): Misfit | undefined {
  if (!end && !needsPeriod(order)) return undefined;
  if (!start) return misfit('period_missing', 'start', [], null);
  if (!order.duration && !end) return misfit('period_missing', 'end', [], null);
  if (!order.duration) return end && start >= end ? misfit('period_length', 'end', [], end) : undefined;
  const ordered = calendarEnd(start, order.duration, timeZone).getTime();
  const earliest = paysForRest(order) ? start.getTime() + 1 : Math.max(ordered - dayMs, start.getTime() + 1);
  if (!end) return misfit('period_missing', 'end', between(earliest, ordered + dayMs), null);
  return isBetween(end, earliest, ordered + dayMs)
    ? undefined
    : misfit('period_length', 'end', between(earliest, ordered + dayMs), end);
}

export const fitsPeriod = (order: Order, period: Pick<Given, 'start' | 'end'>, rules: FitRules): boolean =>
  periodMisfit(order, period, rules) === undefined;

export const paysForRest = ({ orderType }: Order) => orderType === 'upgrade' || orderType === 'downgrade';

/**
 * At most 90 days from payment, before or after it, and not over by then. An order for the time behind begins where
 * the instance ends, at one of `ends`, a day more or less; where it had ended before it was paid for again, from
 * there on.
 */
function startMisfit(
  order: Order,
  { start, end }: Pick<Given, 'start' | 'end'>,
  ends: readonly Date[],
): Misfit | undefined {
  if (!start) return undefined;
  const paidAt = (order.paidAt ?? order.createdAt).getTime();
  if (end && end.getTime() <= paidAt)
    return misfit('period_over', 'end', [new Date(paidAt + 1).toISOString()], end);
  const [from, to] = startsBetween(order, paidAt, ends);
  return isBetween(start, from, to)
    ? undefined
    : misfit('start_out_of_time', 'start', between(from, to), start);
}

function startsBetween(order: Order, paidAt: number, ends: readonly Date[]): readonly [number, number] {
  if (ends.length === 0 || !beginsBehind(order)) return [paidAt - startsWithinMs, paidAt + startsWithinMs];
  const [firstEnd, lastEnd] = [Math.min(...ends.map(Number)), Math.max(...ends.map(Number))];
  return [firstEnd - dayMs, lastEnd > paidAt ? lastEnd + dayMs : paidAt + startsWithinMs];
}

/**
 * ORD-2: a period that a configuration change buys does not begin, by more than a day, before what was paid has
 * ended: an end that was corrected after the order was placed is not paid for twice either.
 */
function paidTwice(order: Order, { instanceId, start }: Given, { others = [] }: FitAsk): Misfit | undefined {
  const { orderId, orderType, chargeType } = order;
  if (!start || orderType !== 'configuration_change' || chargeType !== 'subscription') return undefined;
  const paying = others.filter((other) => other.orderId !== orderId && isPaying(other, instanceId));
  const paidUntil = Math.max(...endsOn(paying, instanceId)); // -Infinity where none is known
  return start.getTime() < paidUntil - dayMs
    ? misfit('paid_twice', 'start', [new Date(paidUntil).toISOString()], start)
    : undefined;
}

/** Money of the order is still for time of this instance. */
export const isPaying = ({ status, refundedInstanceIds }: Order, instanceId: string): boolean =>
  status === 'paid' && !refundedInstanceIds.includes(instanceId);

/** A correction of a start: of a purchase as above, of any other order not far from what was told first. */
export const staysInTime = (order: Order, told: Date | null, next: Pick<Given, 'start' | 'end'>): boolean =>
  order.orderType === 'purchase' || !told || !next.start
    ? startMisfit(order, next, []) === undefined
    : isBetween(next.start, told.getTime() - startsWithinMs, told.getTime() + startsWithinMs);

/** ORD-2: it begins where the instance ends, and moves that. */
export const movesEnd = ({ orderType }: Order) => orderType === 'renewal' || orderType === 'compensation';

/** ORD-2: so does a switch to postpay; one to prepay starts a period now. */
const beginsBehind = (order: Order): boolean =>
  movesEnd(order) || (order.orderType === 'configuration_change' && order.billType === 'postpay');

const isBetween = (time: Date, from: number, to: number) => time.getTime() >= from && time.getTime() <= to;

/**
 * The ends that the instance may have for an order to come: as it is paid for, as it was told first, and as it was
 * reported last, for a report may be ahead of the order. That end is no later than a start may be.
 */
function endsOf(instanceId: string, { orderId }: Order, { ends, others = [] }: FitAsk): Date[] {
  const reported = ends.get(instanceId) ?? null;
  const given = others
    .filter((other) => other.orderId !== orderId && isPaying(other, instanceId))
    .flatMap(({ instances }) => instances.filter((instance) => instance.instanceId === instanceId));
  const last = given.toSorted((a, b) => Number(a.end) - Number(b.end)).at(-1);
  if (!last?.end) return reported ? [reported] : [];
  const latest = Math.min(Number(reported ?? last.end), last.end.getTime() + startsWithinMs);
  return [last.end, last.told?.end ?? last.end, new Date(latest)];
}
