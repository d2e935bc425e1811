import { amend, recorded, unchanged, type Decision } from '@accord/core';
import { calendarEnd } from '@accord/profile';
import { fitsPeriod, staysInTime, type FitRules } from './fulfilment-fit.ts';
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
 * along. A time that an order cannot have paid for is no correction: the order keeps its own.
 */
export function correctPeriods(
  orders: readonly Order[],
  reported: ReportedInstance,
  rules: FitRules,
): Decision<Order>[] {
  const given = orders.filter(({ status, instances }) => status === 'paid' && find(instances, reported));
  const isExtended = orders.some(
    ({ fulfilment, orderType, planChange }) =>
      fulfilment === 'creating' && orderType !== 'purchase' && !planChange,
  );
  const move = moves(
    given.map(({ instances }) => find(instances, reported)!),
    reported,
    isExtended,
  );
  return given.map((order) => {
    const before = find(order.instances, reported)!;
    const isUntold = isOpen(order) && !before.end;
    const candidates = isUntold ? [reported] : [move.both(before), move.start(before)];
    const period = candidates.find((next) => isAllowed(order, before, next, rules)) ?? before;
    return correctPeriod(order, before, reported, period);
  });
}

/**
 * An order that begins at `next` was fulfilled, on an instance that had been reported to run until then at least:
 * the orders that end last before it end there.
 */
export function joinPeriods(
  orders: readonly Order[],
  reported: ReportedInstance,
  next: Date | null,
  rules: FitRules,
): Decision<Order>[] {
  if (reported.reportVersion === 0 || !next || !reported.end || reported.end < next) return [];
  const given = orders.filter(({ status, instances }) => status === 'paid' && find(instances, reported)?.end);
  const last = Math.max(...given.map(({ instances }) => Number(find(instances, reported)!.end)));
  if (last >= next.getTime()) return [];
  return given.flatMap((order) => {
    const before = find(order.instances, reported)!;
    const period = { start: before.start, end: next };
    const isJoined = Number(before.end) === last && isAllowed(order, before, period, rules);
    return isJoined ? [correctPeriod(order, before, reported, period)] : [];
  });
}

const find = (instances: readonly OrderInstance[], { instanceId }: Pick<Given, 'instanceId'>) =>
  instances.find((instance) => instance.instanceId === instanceId);

type Move = (period: Period) => Period;

/**
 * A period once the first start is as reported, and once the last end is too. An order that will move the end, once
 * it is fulfilled, may be in the reported end already; not in one that is no later than what is paid for, or that
 * has moved as the start has.
 */
function moves(
  periods: readonly Period[],
  reported: Period,
  isExtended: boolean,
): { start: Move; both: Move } {
  const starts = periods.flatMap(({ start }) => start?.getTime() ?? []);
  const ends = periods.flatMap(({ end }) => end?.getTime() ?? []);
  const [first, last] = [Math.min(...starts), Math.max(...ends)];
  const startBy = reported.start && starts.length > 0 ? reported.start.getTime() - first : 0;
  const toldBy = reported.end && ends.length > 0 ? reported.end.getTime() - last : 0;
  const endBy = isExtended && toldBy > 0 && toldBy !== startBy ? 0 : toldBy;
  const joints = new Set(startBy !== 0 && endBy !== 0 ? ends.filter((time) => starts.includes(time)) : []);
  const moving = (lastBy: number): Move => {
    const by = (time: number) => (time === last ? lastBy : time === first || joints.has(time) ? startBy : 0);
    const to = (time: Date | null) => time && new Date(time.getTime() + by(time.getTime()));
    return ({ start, end }) => ({ start: to(start), end: to(end) });
  };
  return { start: moving(0), both: moving(endBy) };
}

const leastRenewalMs = 28 * 86_400_000;

/**
 * Until it is fulfilled the period has to fit. A fulfilled one may be cut short, and may last longer than was
 * ordered by less than another month, or as long again: that would be a renewal.
 */
function isAllowed(order: Order, before: OrderInstance, next: Period, rules: FitRules): boolean {
  if (!staysInTime(order, before.told?.start ?? before.start, next)) return false;
  if (isOpen(order)) return fitsPeriod(order, next, rules);
  const { start, end } = next;
  if (!start || !end) return true;
  if (start >= end) return false;
  if (!order.duration) return true;
  const ordered = calendarEnd(start, order.duration, rules.timeZone).getTime();
  return end.getTime() - ordered < Math.min(leastRenewalMs, ordered - start.getTime());
}

function correctPeriod(
  order: Order,
  before: OrderInstance,
  reported: ReportedInstance,
  { start, end }: Period,
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
      ? { change: 'period_corrected', note: `${about(reported)}: ${text(before)} → ${text(now)}` }
      : { change: 'place_reported', note: about(reported) },
    orderChanged(next, moved ? ['instances', 'servicePeriod'] : ['instances']),
  );
}

const about = ({ instanceId, reportVersion, by }: ReportedInstance) =>
  `${instanceId}, report ${reportVersion} by ${by}`;
const text = ({ start, end }: Period) => [start, end].map((time) => time?.toISOString() ?? '…').join(' / ');
