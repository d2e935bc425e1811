import { Refusal, type Tx } from '@accord/core';
import { decodeTimeCursor, encodeCursor } from '@accord/http';
import { selectOrders } from './order-store.ts';
import type { Order } from './order.ts';

/** ORD-15, all combinable. An order id or instance ids ignore the time range; they name what is wanted. */
export interface Filter {
  readonly accountId?: string | undefined;
  /** An instant with offset, or a date: that whole day in the profile's time zone, its end included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly status?: Order['status'] | undefined;
  readonly orderId?: string | undefined;
  readonly instanceIds?: readonly string[] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null };

const day = 24 * 3_600_000;

/**
 * Newest first, by keyset. @throws Refusal `order.range_too_wide`, `order.range_reversed`,
 * `request.bad_cursor`.
 */
export async function listOrders(tx: Tx, timeZone: string, filter: Filter): Promise<Page<Order>> {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (sql: (n: number) => string, ...given: unknown[]) => {
    conditions.push(sql(values.length + 1));
    values.push(...given);
  };
  if (filter.accountId) where((n) => `account_id = $${n}`, filter.accountId);
  if (filter.status) where((n) => `status = $${n}`, filter.status);
  if (filter.orderId) where((n) => `order_id = $${n}`, filter.orderId);
  if (filter.instanceIds)
    where(
      (n) => `order_id in (select order_id from order_instances where instance_id = any ($${n}::text[]))`,
      filter.instanceIds,
    );
  if (!filter.orderId && !filter.instanceIds) {
    const { from, to } = rangeOf(await resolveDates(tx, timeZone, filter), tx.now);
    where((n) => `created_at >= $${n} and created_at <= $${n + 1}`, from, to);
  }
  if (filter.cursor)
    where(
      (n) => `(created_at, order_id) < ($${n}::timestamptz, $${n + 1})`,
      ...decodeTimeCursor(filter.cursor),
    );
  values.push(filter.limit + 1);
  const tail = `order by created_at desc, order_id desc limit $${values.length}`;
  return pageOf(
    await selectOrders(tx, { where: conditions.join(' and ') || 'true', tail }, values),
    filter.limit,
  );
}

function pageOf(rows: readonly Order[], limit: number): Page<Order> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return {
    data,
    nextCursor:
      last && rows.length > limit ? encodeCursor([last.createdAt.toISOString(), last.orderId]) : null,
  };
}

type Range = { from?: Date | undefined; to?: Date | undefined };

/** Default the last 7 days; at most 1 year. Pure. */
export function rangeOf({ from, to }: Range, now: Date): { from: Date; to: Date } {
  const end = to ?? now;
  const start = from ?? new Date(end.getTime() - 7 * day);
  if (start > end)
    throw new Refusal('invalid', 'order.range_reversed', {
      from: start.toISOString(),
      to: end.toISOString(),
    });
  const yearOn = new Date(start);
  yearOn.setUTCFullYear(yearOn.getUTCFullYear() + 1);
  if (end > yearOn)
    throw new Refusal('invalid', 'order.range_too_wide', {
      from: start.toISOString(),
      to: end.toISOString(),
    });
  return { from: start, to: end };
}

const dateOnly = /^\d{4}-\d\d-\d\d$/;

/** Days begin and end by the time zone's own rules, which the database knows. */
async function resolveDates(
  tx: Tx,
  timeZone: string,
  { from, to }: Pick<Filter, 'from' | 'to'>,
): Promise<Range> {
  if (![from, to].some((time) => time && dateOnly.test(time)))
    return { from: from ? new Date(from) : undefined, to: to ? new Date(to) : undefined };
  const days = await tx.one<{ start: Date | null; end: Date | null }>(
    `select $1::date::timestamp at time zone $3::text as start, ($2::date + 1)::timestamp at time zone $3::text - interval '1 ms' as "end"`,
    [from && dateOnly.test(from) ? from : null, to && dateOnly.test(to) ? to : null, timeZone],
  );
  return {
    from: days?.start ?? (from ? new Date(from) : undefined),
    to: days?.end ?? (to ? new Date(to) : undefined),
  };
}
