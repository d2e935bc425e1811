import { amend, recorded, unchanged, type Decision } from '@accord/core';
import { calendarEnd } from '@accord/profile';
import { fitsPeriod, isPaying, movesEnd, paysForRest, staysInTime, type FitRules } from './fulfilment-fit.ts';
import { postpayStart, switchesToPostpay } from './instance-life.ts';
import { servicePeriodOf, type Given, type OrderInstance } from './order-instance.ts';
import { isOpen, orderChanged, type Order } from './order.ts';

// A report that corrects the start or the end of an instance corrects what its orders pay for (ORD-26, RFD-6).

/** The instance as the platform reports it: from its first start to its last end, over all its orders. */
export type ReportedInstance = Given & {
  readonly reportVersion: number;
  readonly at: Date;
  /** The actor that said so: `platform:cmdb`. */
  readonly by: string;
};

type Period = Pick<Given, 'start' | 'end'>;

/**
 * The orders of an instance with their periods as the report corrects them: the earliest period begins where the
 * instance does, the latest ends where it does, and where both have moved, those that follow one another move
 * along. A time that an order cannot have paid for is no correction: the order keeps its own. While an order is open
 * that may be in a later end already, no time is corrected: whose it is shows once that order was fulfilled
 * (`beforeOrder`) or has failed.
 */
export function correctPeriods(
  orders: readonly Order[],
  reported: ReportedInstance,
  rules: FitRules,
): Decision<Order>[] {
  const given = orders.filter(
    (order) => isPaying(order, reported.instanceId) && find(order.instances, reported),
  );
  const periods = given.map(({ instances }) => find(instances, reported)!);
  const isUnclear =
    isLater(reported.end, periods) && orders.some((order) => mayExtend(order, reported.instanceId));
  const move = moves(periods, isUnclear ? { start: null, end: null } : reported);
  const correctedPeriod = (order: Order, paidEnds: readonly number[]): Period => {
    const before = find(order.instances, reported)!;
    const isUntold = isOpen(order) && !before.end;
    const candidates = isUntold ? [reported] : [move.both(before), move.start(before), move.end(before)];
    return candidates.find((next) => isAllowed(order, { before, next, paidEnds }, rules)) ?? before;
  };
  const paidEnds = endsOf(
    given.filter(({ duration }) => duration).map((order) => correctedPeriod(order, [])),
  );
  return given.map((order) => {
    const before = find(order.instances, reported)!;
    const now = correctedPeriod(order, paidEnds);
    return correctPeriod(before, { order, now, reported, note: about(reported) });
  });
}

/**
 * The report of an instance, which came before an order took effect there for the period `told`, as far as it is
 * about the orders before: they end where a renewal or a compensation begins. A later end is no word about them where
 * it may be the end of the order itself.
 */
export function beforeOrder(reported: ReportedInstance, order: Order, told: Period): ReportedInstance {
  if (!reported.end || !told.start || reported.end <= told.start) return reported;
  if (movesEnd(order)) return { ...reported, end: told.start };
  const isOfOthers = paysForRest(order) && told.end !== null && told.end < reported.end;
  return isOfOthers ? reported : { ...reported, end: null };
}

/** ORD-2: the switches to postpay of an instance that were fulfilled, from where the time paid for ends by now. */
export const alignSwitches = (
  orders: readonly Order[],
  { instanceId, at }: Pick<ReportedInstance, 'instanceId' | 'at'>,
): Decision<Order>[] =>
  orders.filter(switchesToPostpay).flatMap((order) => {
    const before = find(order.instances, { instanceId });
    if (!before?.start) return [];
    const now = { start: postpayStart(order, instanceId, orders), end: before.end };
    const reported = { at, region: null, ipAddress: null };
    return [correctPeriod(before, { order, now, reported, note: instanceId })];
  });

const find = (instances: readonly OrderInstance[], { instanceId }: Pick<Given, 'instanceId'>) =>
  instances.find((instance) => instance.instanceId === instanceId);

/** Paid and not yet fulfilled, it may have moved the end of its instances already. */
const mayExtend = (
  { fulfilment, orderType, billType, planChange, instanceIds }: Order,
  instanceId: string,
): boolean =>
  instanceIds.includes(instanceId) &&
  fulfilment === 'creating' &&
  orderType !== 'purchase' &&
  billType === 'prepay' &&
  !planChange;

type Move = (period: Period) => Period;

const endsOf = (periods: readonly Period[]): number[] => periods.flatMap(({ end }) => end?.getTime() ?? []);

const isLater = (end: Date | null, periods: readonly Period[]): boolean =>
  end !== null && end.getTime() > Math.max(...endsOf(periods));

/** A period once the first start is as reported, the last end, or both. */
function moves(periods: readonly Period[], reported: Period): Record<'start' | 'end' | 'both', Move> {
  const starts = periods.flatMap(({ start }) => start?.getTime() ?? []);
  const ends = endsOf(periods);
  const [first, last] = [Math.min(...starts), Math.max(...ends)];
  const startBy = reported.start && starts.length > 0 ? reported.start.getTime() - first : 0;
  const endBy = reported.end && ends.length > 0 ? reported.end.getTime() - last : 0;
  const joints = new Set(startBy !== 0 && endBy !== 0 ? ends.filter((time) => starts.includes(time)) : []);
  const moving = (firstBy: number, lastBy: number): Move => {
    const by = (time: number) => (time === last ? lastBy : time === first || joints.has(time) ? firstBy : 0);
    const to = (time: Date | null) => time && new Date(time.getTime() + by(time.getTime()));
    return ({ start, end }) => ({ start: to(start), end: to(end) });
  };
  return { start: moving(startBy, 0), end: moving(0, endBy), both: moving(startBy, endBy) };
}

const leastRenewalMs = 28 * 86_400_000;

interface Corrected {
  readonly before: OrderInstance;
  readonly next: Period;
  /** Where the orders of a duration end by now, ms since 1970. */
  readonly paidEnds: readonly number[];
}

/**
 * Until it is fulfilled the period has to fit. A fulfilled one may be cut short, and may last longer than was
 * ordered by less than another month, or as long again: that would be a renewal. A change of plan pays for the rest of
 * other orders' time, and lasts no longer than they do.
 */
function isAllowed(order: Order, { before, next, paidEnds }: Corrected, rules: FitRules): boolean {
  if (!staysInTime(order, before.told?.start ?? before.start, next)) return false;
  if (isOpen(order)) return fitsPeriod(order, next, rules);
  const { start, end } = next;
  if (!start || !end) return true;
  if (start >= end) return false;
  if (!order.duration) return end.getTime() <= Number(before.end) || paidEnds.includes(end.getTime());
  const ordered = calendarEnd(start, order.duration, rules.timeZone).getTime();
  return end.getTime() - ordered < Math.min(leastRenewalMs, ordered - start.getTime());
}

interface Correction {
  readonly order: Order;
  readonly now: Period;
  readonly reported: Pick<ReportedInstance, 'region' | 'ipAddress' | 'at'>;
  /** With the actor that said so; the instance alone where that follows from its orders. */
  readonly note: string;
}

function correctPeriod(
  before: OrderInstance,
  { order, now: { start, end }, reported, note }: Correction,
): Decision<Order> {
  const now: OrderInstance = {
    ...before,
    start,
    end,
    region: reported.region ?? before.region,
    ipAddress: reported.ipAddress ?? before.ipAddress,
    knownSince: reported.at,
  };
  const moved = Number(now.start) !== Number(before.start) || Number(now.end) !== Number(before.end);
  if (!moved && now.region === before.region && now.ipAddress === before.ipAddress) return unchanged(order);
  const instances = order.instances.map((instance) => (instance === before ? now : instance));
  const servicePeriod = order.servicePeriod && servicePeriodOf(instances);
  const next = amend(order, { instances, servicePeriod });
  return recorded(
    next,
    moved
      ? { change: 'period_corrected', note: `${note}: ${text(before)} → ${text(now)}` }
      : { change: 'place_reported', note },
    orderChanged(next, moved ? ['instances', 'servicePeriod'] : ['instances']),
  );
}

const about = ({ instanceId, reportVersion, by }: ReportedInstance) =>
  `${instanceId}, report ${reportVersion} by ${by}`;
const text = ({ start, end }: Period) => [start, end].map((time) => time?.toISOString() ?? '…').join(' / ');

/** The orders, those that were saved since as they are then. */
export const withSaved = (orders: readonly Order[], saved: readonly Order[]): Order[] =>
  orders.map((order) => saved.find(({ orderId }) => orderId === order.orderId) ?? order);
