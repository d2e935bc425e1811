import { Refusal } from '@accord/core';
import { calendarEnd } from '@accord/profile';
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

/**
 * A purchase is given at most as many instances as were ordered, every other order the ones it names, each with
 * a period that fits.
 *
 * @throws Refusal `order.fulfilment_misfit`.
 */
export function expectFit(order: Order, given: readonly Given[], ask: FitAsk): void {
  const ids = given.map(({ instanceId }) => instanceId);
  const enough = ids.length > 0 || isWhole(order, order.instances);
  const named =
    order.orderType === 'purchase'
      ? new Set([...order.instanceIds, ...ids]).size <= order.count
      : ids.every((id) => order.instanceIds.includes(id));
  const fits = given.every((one) => {
    const ends = endsOf(one.instanceId, order, ask);
    return order.planChange
      ? fitsRest(order, one, ends)
      : (fitsPeriod(order, one, ask) || (ask.periodsMayFollow && !one.end)) && startsInTime(order, one, ends);
  });
  if (enough && named && fits) return;
  const { orderId, count, instanceIds } = order;
  throw new Refusal('invalid', 'order.fulfilment_misfit', { orderId, count, instanceIds });
}

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
function fitsRest(order: Order, { instanceId, start, end }: Given, ends: readonly Date[]): boolean {
  const rest = restOfInstance(order, instanceId);
  if (!rest) return !end;
  const last = Math.max(...[rest.end, ...ends].map(Number));
  const fitsEnd = !end || [rest.end, ...ends].some((at) => Math.abs(end.getTime() - at.getTime()) <= dayMs);
  return fitsEnd && (!start || isBetween(start, rest.start.getTime() - dayMs, Number(end ?? last) - 1));
}

/**
 * ORD-24: the instance with the rest that a change of plan was priced for there, as far as the orders that pay for
 * that time reach by now (`others`); of any other order as it is told.
 */
export function withRest(order: Order, given: Given, others: readonly Order[]): Given {
  const { instanceId } = given;
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
export function fitsPeriod(
  order: Order,
  { start, end }: Pick<Given, 'start' | 'end'>,
  rules: FitRules,
): boolean {
  if (!end) return !needsPeriod(order);
  if (!start || start >= end) return false;
  if (!order.duration) return true;
  const late = end.getTime() - calendarEnd(start, order.duration, rules.timeZone).getTime();
  return late <= dayMs && (late >= -dayMs || paysForRest(order));
}

const paysForRest = ({ orderType }: Order) => orderType === 'upgrade' || orderType === 'downgrade';

/**
 * At most 90 days from payment, before or after it, and not over by then. An order for the time behind begins where
 * the instance ends, at one of `ends`, a day more or less; where it had ended before it was paid for again, from
 * there on.
 */
export function startsInTime(
  order: Order,
  { start, end }: Pick<Given, 'start' | 'end'>,
  ends: readonly Date[],
): boolean {
  if (!start) return true;
  const paidAt = (order.paidAt ?? order.createdAt).getTime();
  if (end && end.getTime() <= paidAt) return false;
  if (ends.length === 0 || !beginsBehind(order))
    return isBetween(start, paidAt - startsWithinMs, paidAt + startsWithinMs);
  const [firstEnd, lastEnd] = [Math.min(...ends.map(Number)), Math.max(...ends.map(Number))];
  return isBetween(start, firstEnd - dayMs, lastEnd > paidAt ? lastEnd + dayMs : paidAt + startsWithinMs);
}

/** A correction of a start: of a purchase as above, of any other order not far from what was told first. */
export const staysInTime = (order: Order, told: Date | null, next: Pick<Given, 'start' | 'end'>): boolean =>
  order.orderType === 'purchase' || !told || !next.start
    ? startsInTime(order, next, [])
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
    .filter((other) => other.orderId !== orderId && other.status === 'paid')
    .flatMap(({ instances }) => instances.filter((instance) => instance.instanceId === instanceId));
  const last = given.toSorted((a, b) => Number(a.end) - Number(b.end)).at(-1);
  if (!last?.end) return reported ? [reported] : [];
  const latest = Math.min(Number(reported ?? last.end), last.end.getTime() + startsWithinMs);
  return [last.end, last.told?.end ?? last.end, new Date(latest)];
}
