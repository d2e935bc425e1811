import { Refusal, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { selectOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';
import { sqlFilter } from './sql-filter.ts';

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
  const { where, values } = sqlFilter()
    .and('account_id = ?', filter.accountId)
    .and('status = ?', filter.status)
    .and('order_id = ?', filter.orderId)
    .and(
      'order_id in (select order_id from order_instances where instance_id = any (?::text[]))',
      filter.instanceIds,
    )
    .and('created_at >= ? and created_at <= ?', filter.from, filter.to)
    .and('(created_at, order_id) < (?::timestamptz, ?)', filter.after?.[0], filter.after?.[1]);
  const tail = `order by created_at desc, order_id desc limit $${values.length + 1}`;
  return selectOrders(tx, { where, tail }, [...values, filter.limit]);
}

type Range = { readonly from?: Date | undefined; readonly to?: Date | undefined };

interface AskedRange extends Pick<OrderFilter, 'orderId' | 'instanceIds'> {
  /** An instant with offset, or a date: that whole day in the profile's time zone, its end included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * The time range of a list (ORD-15). An order id or instance ids ignore it, for they name the orders.
 *
 * @throws Refusal `order.range_too_wide`, `order.range_reversed`.
 */
export async function resolveRange(
  tx: Tx,
  { timeZone }: Pick<Profile, 'timeZone'>,
  filter: AskedRange,
): Promise<Range> {
  if (filter.orderId || filter.instanceIds) return {};
  const from = await boundOf(tx, filter.from, { timeZone, of: 'start' });
  const to = await boundOf(tx, filter.to, { timeZone, of: 'end' });
  return rangeOf({ from, to }, tx.now);
}

/** Default the last 7 days; at most 1 year. Pure. */
export function rangeOf({ from, to }: Range, now: Date): { from: Date; to: Date } {
  const end = to ?? now;
  const start = from ?? new Date(end.getTime() - 7 * 24 * 3_600_000);
  const range = { from: start.toISOString(), to: end.toISOString() };
  if (start > end) throw new Refusal('invalid', 'order.range_reversed', range);
  const yearOn = new Date(start);
  yearOn.setUTCFullYear(yearOn.getUTCFullYear() + 1);
  if (end > yearOn) throw new Refusal('invalid', 'order.range_too_wide', range);
  return { from: start, to: end };
}

type DayBound = { timeZone: string; of: 'start' | 'end' };
const dateOnly = /^\d{4}-\d\d-\d\d$/;

async function boundOf(tx: Tx, text: string | undefined, day: DayBound): Promise<Date | undefined> {
  if (text === undefined) return undefined;
  return dateOnly.test(text) ? dayBound(tx, text, day) : new Date(text);
}

/** Days begin and end by the time zone's own rules, which the database knows. */
async function dayBound(tx: Tx, date: string, { timeZone, of }: DayBound): Promise<Date | undefined> {
  const bound = {
    start: '$1::date::timestamp at time zone $2::text',
    end: `($1::date + 1)::timestamp at time zone $2::text - interval '1 ms'`,
  }[of];
  return (await tx.one<{ bound: Date }>(`select ${bound} as bound`, [date, timeZone]))?.bound;
}
