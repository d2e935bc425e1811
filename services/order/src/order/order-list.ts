import { Temporal } from 'temporal-polyfill';
import { Refusal, type Tx } from '@accord/core';
import { selectOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';
import { sqlFilter, type SqlFilter } from './sql-filter.ts';

/** Placed at `from` or later, and before `before`; undefined where it is open. */
interface Range {
  readonly from: Date | undefined;
  readonly before: Date | undefined;
}

/** ORD-15, all combinable. */
export interface OrderFilter extends Range {
  readonly accountId?: string | undefined;
  readonly status?: Order['status'] | undefined;
  readonly orderId?: OrderId | undefined;
  readonly instanceIds?: readonly string[] | undefined;
  /** Time and id of the order before the first one. */
  readonly after?: readonly [string, OrderId] | undefined;
  readonly limit: number;
}

/** Newest first, by keyset. */
export function listOrders(tx: Tx, filter: OrderFilter): Promise<Order[]> {
  const { where, values } = orderCondition(filter);
  const tail = `order by created_at desc, order_id desc limit $${values.length + 1}`;
  return selectOrders(tx, { where, tail }, [...values, filter.limit]);
}

/** The orders that a filter is for; `given` are the values of `$1`, `$2` … before it. */
export const orderCondition = (
  filter: Omit<OrderFilter, 'limit'>,
  given: readonly unknown[] = [],
): SqlFilter =>
  sqlFilter([], given)
    .and('account_id = ?', filter.accountId)
    .and('status = ?', filter.status)
    .and('order_id = ?', filter.orderId)
    .and(
      'order_id in (select order_id from order_instances where instance_id = any (?::text[]))',
      filter.instanceIds,
    )
    .and('created_at >= ? and created_at < ?', filter.from, filter.before)
    .and('(created_at, order_id) < (?::timestamptz, ?)', filter.after?.[0], filter.after?.[1]);

interface AskedRange extends Pick<OrderFilter, 'orderId' | 'instanceIds' | 'from' | 'before'> {
  readonly timeZone: string;
}

/**
 * The time range of a list (ORD-15): the last 7 days where nothing is said, and a year at most, both by the
 * calendar of `timeZone`. An order id or instance ids ignore it, for they name the orders.
 *
 * @throws Refusal `order.range_too_wide`.
 */
export function rangeOf(asked: AskedRange, now: Date): Range {
  if (asked.orderId || asked.instanceIds) return { from: undefined, before: undefined };
  const before = asked.before ?? new Date(now.getTime() + 1);
  const last = new Date(before.getTime() - 1);
  const from = asked.from ?? moved(last, { days: -7 }, asked.timeZone);
  if (last > moved(from, { years: 1 }, asked.timeZone))
    throw new Refusal('invalid', 'order.range_too_wide', {
      from: from.toISOString(),
      to: last.toISOString(),
    });
  return { from, before };
}

const moved = (moment: Date, by: Temporal.DurationLike, timeZone: string) =>
  new Date(
    Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timeZone).add(by)
      .epochMilliseconds,
  );
