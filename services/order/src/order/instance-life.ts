import type { PaidPeriod } from '../product/plan-price.ts';
import type { Given } from './order-instance.ts';
import type { Order } from './order.ts';

// An instance's life as its orders tell it: how it is billed, and the periods that it was paid for (ORD-11).

const began: readonly Order['orderType'][] = ['purchase', 'configuration_change'];
const givesTime: readonly Order['orderType'][] = [...began, 'renewal', 'compensation'];

/**
 * How an instance is billed from now on, by its paid orders: a switch to postpay counts from its order on, though
 * it takes effect at the end of the paid period (ORD-2). Undefined where no order says.
 */
export const billedFromNowOn = (orders: readonly Order[]): Order['billType'] | undefined =>
  orders
    .filter(({ orderType }) => began.includes(orderType))
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .at(-1)?.billType;

/** The periods that its paid orders give an instance and that are not over at `at`, earliest first. */
export const periodsLeft = (orders: readonly Order[], instanceId: string, at: Date): PaidPeriod[] =>
  periodsOf(
    orders.filter(({ orderType }) => givesTime.includes(orderType)),
    instanceId,
    at,
  );

/** The periods of its changes of plan, which are for a part of the same time. */
export const changesLeft = (orders: readonly Order[], instanceId: string, at: Date): PaidPeriod[] =>
  periodsOf(
    orders.filter(({ planChange }) => planChange),
    instanceId,
    at,
  );

const periodsOf = (orders: readonly Order[], instanceId: string, at: Date): PaidPeriod[] =>
  orders
    .filter(({ refundedInstanceIds }) => !refundedInstanceIds.includes(instanceId))
    .flatMap(({ orderId, duration, instances }) =>
      instances.flatMap(({ instanceId: id, start, end }) =>
        id === instanceId && start && end && end > at ? [{ orderId, duration, start, end }] : [],
      ),
    )
    .toSorted((a, b) => a.start.getTime() - b.start.getTime());

/** From when an instance is billed by use. */
export interface PostpayStart {
  readonly instanceId: string;
  readonly at: Date;
}

/** A switch to postpay, which takes effect where the paid period ends (ORD-2). */
export const switchesToPostpay = ({ orderType, billType, status }: Order): boolean =>
  orderType === 'configuration_change' && billType === 'postpay' && status === 'paid';

/** From when a switch to postpay holds on each of its instances. */
export const postpayStarts = (order: Order, orders: readonly Order[]): PostpayStart[] =>
  order.instanceIds.map((instanceId) => ({ instanceId, at: postpayStart(order, instanceId, orders) }));

type Switch = Pick<Order, 'createdAt'> & {
  readonly instances: readonly Pick<Given, 'instanceId' | 'start'>[];
};

const dayMs = 86_400_000;

/**
 * ORD-2: the end of what `orders` paid for when the switch was placed; where that was over, as its fulfilment told,
 * until then at once. A compensation since, which begins there up to a day more or less, moves it; no order does once
 * the instance was switched back.
 */
export function postpayStart(order: Switch, instanceId: string, orders: readonly Order[]): Date {
  const own = orders.filter(({ instanceIds }) => instanceIds.includes(instanceId));
  const backs = own.filter(({ orderType, billType }) => began.includes(orderType) && billType === 'prepay');
  const until = Math.min(
    ...backs.map(({ createdAt }) => Number(createdAt)).filter((at) => at > +order.createdAt),
  );
  const earlier = own.filter(({ createdAt }) => createdAt <= order.createdAt);
  const since = own.filter(({ createdAt }) => createdAt > order.createdAt && Number(createdAt) < until);
  const ends = periodsLeft(earlier, instanceId, order.createdAt).map(({ end }) => Number(end));
  const told = order.instances.find((one) => one.instanceId === instanceId)?.start ?? order.createdAt;
  const first = ends.length > 0 ? Math.max(...ends) : Number(told);
  const at = periodsLeft(since, instanceId, order.createdAt).reduce(
    (last, { start, end }) => (Number(start) <= last + dayMs ? Math.max(last, Number(end)) : last),
    first,
  );
  return new Date(at);
}
