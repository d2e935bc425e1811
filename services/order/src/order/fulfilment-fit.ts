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
  /** The ends of the instances before the order moves them. */
  readonly ends: ReadonlyMap<string, Date | null>;
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
  const fits = given.every((one) =>
    order.planChange
      ? fitsRest(order, one, ask.ends.get(one.instanceId))
      : (fitsPeriod(order, one, ask) || (ask.periodsMayFollow && !one.end)) &&
        startsInTime(order, one, ask.ends.get(one.instanceId)),
  );
  if (enough && named && fits) return;
  const { orderId, count, instanceIds } = order;
  throw new Refusal('invalid', 'order.fulfilment_misfit', { orderId, count, instanceIds });
}

/** Nothing of the order is missing; a one-time service need not leave an instance behind. */
export const isWhole = (order: Order, instances: readonly OrderInstance[]): boolean =>
  order.productForm === 'one_time' ||
  (instances.length === order.count && instances.every(({ end }) => end !== null || !needsPeriod(order)));

/** The refund of a subscription and its contract go by its period (RFD-6, CTR-15). */
const needsPeriod = ({ chargeType }: Order) => chargeType === 'subscription';

/**
 * ORD-24: a change of plan says itself which rest it is for. The platform need not repeat it; a start or an end that
 * it tells is within a day of it, or of the end that the instance has by now, and a late start is before the end.
 */
function fitsRest(order: Order, { instanceId, start, end }: Given, runsUntil?: Date | null): boolean {
  const rest = restOfInstance(order, instanceId);
  if (!rest) return !end;
  const last = runsUntil ?? rest.end;
  const fitsEnd = !end || [rest.end, last].some((at) => Math.abs(end.getTime() - at.getTime()) <= dayMs);
  return fitsEnd && (!start || (start.getTime() >= rest.start.getTime() - dayMs && start < (end ?? last)));
}

/**
 * ORD-24: the instance with the rest that a change of plan pays for there, up to the end that it has by now; of any
 * other order as it is told.
 */
export function withRest(order: Order, given: Given, runsUntil: Date | null | undefined): Given {
  const rest = order.planChange && restOfInstance(order, given.instanceId);
  if (!rest) return given;
  return { ...given, start: rest.start, end: runsUntil && runsUntil > rest.start ? runsUntil : rest.end };
}

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

/** At most 90 days from payment, or from the end of an instance that runs on. */
export function startsInTime(
  order: Order,
  { start }: Pick<Given, 'start'>,
  runsUntil?: Date | null,
): boolean {
  if (!start) return true;
  const paidAt = (order.paidAt ?? order.createdAt).getTime();
  const from = order.orderType === 'purchase' || !runsUntil ? paidAt : Math.max(paidAt, runsUntil.getTime());
  return start.getTime() <= from + startsWithinMs;
}
