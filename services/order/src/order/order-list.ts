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

/** ORD-15, all combinable; undefined takes every order. */
export interface OrderFilter extends Range {
  readonly accountId?: string | undefined;
  readonly status?: Order['status'] | undefined;
  readonly productCode?: string | undefined;
  /** A part of the product's name as the order has it, in either language, in any case and width. */
  readonly productName?: string | undefined;
  readonly orderType?: Order['orderType'] | undefined;
  readonly billType?: Order['billType'] | undefined;
  readonly operatorId?: string | undefined;
  /** Paid at `paid.from` or later, and before `paid.before`. */
  readonly paid?: Range | undefined;
  readonly orderId?: OrderId | undefined;
  readonly instanceIds?: readonly string[] | undefined;
}

export interface OrderPage {
  readonly sort: 'newest_first' | 'oldest_first';
  /** Time and id of the order before the first one. */
  readonly after?: readonly [string, OrderId] | undefined;
  readonly limit: number;
}

/** By time and id, by keyset. */
export function listOrders(tx: Tx, filter: OrderFilter, page: OrderPage): Promise<Order[]> {
  const { where, values } = orderPage(tx, filter, page);
  return selectOrders(tx, { where, tail: `order by ${orderBy[page.sort]}` }, [...values]);
}

/**
 * The condition of one page's orders, for the next statement of this transaction that reads orders; `given` are the
 * values of `$1`, `$2` … before it. It sorts nothing.
 */
export function orderPage(
  tx: Tx,
  filter: OrderFilter,
  page: OrderPage,
  given: readonly unknown[] = [],
): SqlFilter {
  const { statuses, places, orders } = searchOf(filter, page, given);
  const order = orderBy[page.sort];
  const limit = `limit $${orders.values.length + 1}`;
  tx.write(inOrder);
  const found = `
    select order_id from ${statuses} cross join ${places} cross join lateral (
      select order_id, created_at from orders where ${orders.where} order by ${order} ${limit}) found
    order by ${order} ${limit}`;
  return sqlFilter([`order_id = any (array(${found}))`], [...orders.values, page.limit]);
}

export type OrderCount = { readonly status: Order['status']; readonly orders: number };

/** How many orders of each status the filter finds, `most` of each at most. */
export function countOrders(tx: Tx, filter: OrderFilter, most: number): Promise<OrderCount[]> {
  const { statuses, places, orders } = searchOf(filter, { sort: 'newest_first' }, []);
  const limit = `limit $${orders.values.length + 1}`;
  tx.write(inOrder);
  return tx.many<OrderCount>(
    `select each.status, (select count(*)::int from (select from ${places} cross join lateral (
        select from orders where ${orders.where} ${limit}) found ${limit}) found) as orders from ${statuses}`,
    [...orders.values, most],
  );
}

/**
 * Where the orders of a list are. One status and one facet of an account is a stretch of an index in the order of
 * time, so a search costs what it finds and one look for each stretch, however many other orders there are. Each
 * text is prepared once: most of what may be absent is `coalesce`d, to have few of them.
 */
interface Search {
  /** For `from`: `each.status`. */
  readonly statuses: string;
  /** For `from`: the facets to look in, `place.facet_id`, or one row where it is the same everywhere. */
  readonly places: string;
  /** Of one status and place. */
  readonly orders: SqlFilter;
}

function searchOf(filter: OrderFilter, page: Omit<OrderPage, 'limit'>, given: readonly unknown[]): Search {
  const { paid } = filter;
  const { places, orders } = placesOf(filter, sqlFilter([], [...given, statusesOf(filter)]));
  const ofStatus = orders
    .and('status = each.status')
    .and('paid_at >= ?', paid && (paid.from ?? first))
    .and('paid_at < ?', paid && (paid.before ?? last));
  return {
    statuses: `unnest($${given.length + 1}::text[]) each (status)`,
    places,
    orders: inRange(ofStatus, filter, page),
  };
}

/** Before and behind every time. */
const [first, last] = ['-infinity', 'infinity'];

/** One bound at each end: of two at one end an index begins at either, and passes over all between them. */
function inRange(orders: SqlFilter, { from, before }: Range, { sort, after }: Omit<OrderPage, 'limit'>) {
  const time = after && new Date(after[0]);
  if (sort === 'newest_first') {
    const end = time && !(before && time >= before) ? after : [before ?? last, ''];
    return orders
      .and('created_at >= ?', from ?? first)
      .and('(created_at, order_id) < (?::timestamptz, ?)', ...end);
  }
  const begin = time && !(from && time < from) ? after : [from ?? first, ''];
  return orders
    .and('created_at < ?', before ?? last)
    .and('(created_at, order_id) > (?::timestamptz, ?)', ...begin);
}

/** Only what was paid has a time of payment. */
const statusesOf = ({ status, paid }: OrderFilter): readonly Order['status'][] => {
  const possible = paid
    ? (['paid', 'voided'] as const)
    : (['unpaid', 'paid', 'cancelled', 'voided'] as const);
  return status === undefined ? possible : possible.filter((one) => one === status);
};

const everywhere = '(select) place';

function placesOf(filter: OrderFilter, start: SqlFilter): Omit<Search, 'statuses'> {
  const { accountId, orderId, instanceIds } = filter;
  const ofAccount = start.and('account_id = ?', accountId);
  if (orderId !== undefined || instanceIds) return placesOfIds(filter, start);
  if (accountId === undefined) return { places: everywhere, orders: ofAll(start, filter) };
  if (!hasFacets(filter)) return { places: everywhere, orders: ofAccount };
  const facets = ofFacets(ofAccount, filter);
  return {
    places: `(select facet_id from order_facets where ${facets.where}) place`,
    orders: sqlFilter([], facets.values)
      .and(`account_id = $${ofAccount.values.length}`)
      .and('facet_id = place.facet_id'),
  };
}

/** The orders that are named, each a place by itself. */
function placesOfIds(filter: OrderFilter, start: SqlFilter): Omit<Search, 'statuses'> {
  const { accountId, orderId, instanceIds } = filter;
  const named = start.and('instance_id = any (?::text[])', instanceIds).and('order_id = ?', orderId);
  const places = instanceIds
    ? `(select distinct order_id as id from order_instances where ${named.where}) place`
    : `(select $${named.values.length}::text as id) place`;
  const orders = sqlFilter([], named.values).and('order_id = place.id').and('account_id = ?', accountId);
  return { places, orders: ofFacets(orders, filter) };
}

const hasFacets = ({ productCode, productName, orderType, billType, operatorId }: OrderFilter) =>
  [productCode, productName, orderType, billType, operatorId].some((value) => value !== undefined);

const names = `product_name_id = any (array(select product_name_id from product_names
  where product_code = coalesce(?, product_code) and strpos(search, lower(normalize(coalesce(?, ''), nfkc))) > 0))`;

/** In one text, of few rows: facets of an account, or orders that are named. */
const ofFacets = (filter: SqlFilter, { productCode, productName, ...asked }: OrderFilter) =>
  filter
    .and('order_type = coalesce(?, order_type)', asked.orderType ?? null)
    .and('bill_type = coalesce(?, bill_type)', asked.billType ?? null)
    .and('operator_id = coalesce(?, operator_id)', asked.operatorId ?? null)
    .and(names, productCode ?? null, productName ?? null);

/** Of all accounts, in texts that an index answers by itself. */
function ofAll(filter: SqlFilter, { productCode, productName, ...asked }: OrderFilter) {
  const kinds = filter
    .and('order_type = ?', asked.orderType)
    .and('bill_type = ?', asked.billType)
    .and('operator_id = ?', asked.operatorId);
  const isNamed = productCode !== undefined || productName !== undefined;
  return isNamed ? kinds.and(names, productCode ?? null, productName ?? null) : kinds;
}

/** A list reads an index in its order and ends with its limit; a bitmap is of all that fits, before the first row. */
const inOrder = 'set local enable_bitmapscan = off';

const orderBy = {
  newest_first: 'created_at desc, order_id desc',
  oldest_first: 'created_at, order_id',
} as const;

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
