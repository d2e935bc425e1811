import type { Tx } from '@accord/core';
import { selectOrders } from './order-store.ts';
import type { Order, OrderId } from './order.ts';
import { sqlFilter, type SqlFilter } from './sql-filter.ts';

/** Placed at `from` or later, and before `before`; undefined where it is open. */
export interface Range {
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
  /** The actors that may have placed it: `customer:usr_1`. */
  readonly placedBy?: readonly string[] | undefined;
  /** Paid at `paid.from` or later, and before `paid.before`. */
  readonly paid?: Range | undefined;
  readonly orderId?: OrderId | undefined;
  readonly instanceIds?: readonly string[] | undefined;
}

interface OrderPage {
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
 * The condition of one page's orders, for the next statement of this transaction that reads orders. It sorts
 * nothing.
 */
function orderPage(tx: Tx, filter: OrderFilter, page: OrderPage): SqlFilter {
  const search = searchOf(filter, page);
  const { values } = search.orders;
  const limit = `$${values.length + 1}`;
  tx.write(inOrder);
  if (!search.facets)
    return sqlFilter(
      [`order_id = any (array(${pageOfPlaces(search, page, limit)}))`],
      [...values, page.limit],
    );
  const found = pageOfFacets({ ...search, facets: search.facets }, page, {
    limit,
    near: `$${values.length + 2}`,
  });
  return sqlFilter([`order_id = any (array(${found}))`], [...values, page.limit, page.limit * density]);
}

/**
 * The orders of one page in its order, behind `from` of the next statement of this transaction. Where each status is
 * one stretch of an index, these are merged as they are read: the first comes at once, none is looked up by its id.
 */
export function orderedPage(
  tx: Tx,
  filter: OrderFilter,
  page: OrderPage,
): Pick<SqlFilter, 'values'> & { from: string } {
  const { places, orders } = searchOf(filter, page);
  const sorted = `order by ${orderBy[page.sort]}`;
  const { where, values } = orderPage(tx, filter, page);
  const possible = statusesOf(filter);
  if (places !== everywhere || possible.length === 0)
    return { from: `orders where ${where} ${sorted}`, values };
  // In no plan a literal: how many orders have it must not lead past an index of the account.
  const merged = possible.map((_, n) => {
    const ofStatus = orders.where.replaceAll('each.status', `(select ($1::text[])[${n + 1}])`);
    return `(select * from orders where ${ofStatus} ${sorted})`;
  });
  return { from: `(${merged.join(' union all ')}) orders ${sorted} limit $${values.length}`, values };
}

/** The first of each place, merged. */
const pageOfPlaces = ({ statuses, places, orders }: Search, { sort }: OrderPage, limit: string) => `
    select order_id from ${statuses} cross join ${places} cross join lateral (
      select order_id, created_at from orders where ${orders.where} order by ${orderBy[sort]} limit ${limit}) first
    order by ${orderBy[sort]} limit ${limit}`;

/** Where one of so many orders fits, a page is among the nearest of the account. */
const density = 20;

/** Orders that are many are found among the nearest of the account; only where that is no page, in each facet. */
const pageOfFacets = (
  search: Search & { readonly facets: string },
  page: OrderPage,
  { limit, near }: { readonly limit: string; readonly near: string },
) => `
    with nearest as materialized (
      select order_id, created_at from (
        select order_id, created_at, facet_id from ${search.statuses} cross join lateral (
          select order_id, created_at, facet_id from orders where ${search.ofStatus.where}
            order by ${orderBy[page.sort]} limit ${near}) first
          order by ${orderBy[page.sort]} limit ${near}) nearest
       where facet_id = any (array(${search.facets})) order by ${orderBy[page.sort]} limit ${limit})
    select order_id from nearest where (select count(*) from nearest) = ${limit}
    union all
    (select order_id from (${pageOfPlaces(search, page, limit)}) page where (select count(*) from nearest) < ${limit})`;

type OrderCount = { readonly status: Order['status']; readonly orders: number };

/** How many orders of each status the filter finds, `most` of each at most. */
export function countOrders(tx: Tx, filter: OrderFilter, most: number): Promise<OrderCount[]> {
  const { statuses, places, orders } = searchOf(filter, { sort: 'newest_first' });
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
  /** For `from`: where to look, each with its `orders`: `place.facet_id`, an order's `place.id`, or one row. */
  readonly places: string;
  /** Where the places are facets: their ids. */
  readonly facets?: string | undefined;
  /** Of one status, in every place. */
  readonly ofStatus: SqlFilter;
  /** Of one status and place. */
  readonly orders: SqlFilter;
}

function searchOf(filter: OrderFilter, page: Omit<OrderPage, 'limit'>): Search {
  const { paid } = filter;
  const { places, facets, orders } = placesOf(filter, sqlFilter([], [statusesOf(filter)]));
  const ofTime = orders
    .and('status = each.status')
    .and('paid_at >= ?', paid && (paid.from ?? first))
    .and('paid_at < ?', paid && (paid.before ?? last));
  const ofStatus = inRange(ofTime, filter, page);
  return {
    statuses: 'unnest($1::text[]) each (status)',
    places,
    facets,
    ofStatus,
    orders: facets ? ofStatus.and('facet_id = place.facet_id') : ofStatus,
  };
}

const dayMs = 86_400_000;
/** Before and behind every time. */
const [first, last] = ['-infinity', 'infinity'];

/** One bound at each end: of two at one end an index begins at either, and passes over all between them. */
function inRange(
  orders: SqlFilter,
  filter: OrderFilter,
  { sort, after }: Omit<OrderPage, 'limit'>,
): SqlFilter {
  const { from, paid } = filter;
  // An order is placed before it is paid; the day is for clocks.
  const ends = [filter.before?.getTime(), paid?.before && paid.before.getTime() + dayMs];
  const end = Math.min(...ends.map((time) => time ?? Infinity));
  const before = end === Infinity ? last : new Date(end);
  const time = after && new Date(after[0]);
  if (sort === 'newest_first') {
    const begin = time && !(time.getTime() >= end) ? after : [before, ''];
    return sincePaid(orders, from ?? first, filter).and(
      '(created_at, order_id) < (?::timestamptz, ?)',
      ...begin,
    );
  }
  const bounded = orders.and('created_at < ?', before);
  return time && !(from && time < from)
    ? bounded.and('(created_at, order_id) > (?::timestamptz, ?)', ...after)
    : sincePaid(bounded, from ?? first, filter);
}

const longestMs = 31 * dayMs;

/**
 * Of an account and a month of payments or less: begins at the first order that was paid in it, for the orders that
 * were paid at one time lie close together among all that were not.
 */
function sincePaid(orders: SqlFilter, from: Date | string, { accountId, paid }: OrderFilter) {
  const isShort = paid?.from && paid.before && paid.before.getTime() - paid.from.getTime() <= longestMs;
  if (accountId === undefined || !isShort) return orders.and('created_at >= ?', from);
  const given = [accountId, paid.from, paid.before];
  const ofTime = 'from orders where account_id = ? and paid_at >= ? and paid_at < ?';
  return orders
    .and(`exists (select ${ofTime})`, ...given)
    .and(`created_at >= greatest(?, (select min(created_at) ${ofTime}))`, from, ...given);
}

/** Only what was paid has a time of payment. */
const statusesOf = ({ status, paid }: OrderFilter): readonly Order['status'][] => {
  const possible = paid
    ? (['paid', 'voided'] as const)
    : (['unpaid', 'paid', 'cancelled', 'voided'] as const);
  return status === undefined ? possible : possible.filter((one) => one === status);
};

const everywhere = '(select) place';

type Places = Pick<Search, 'places' | 'facets' | 'orders'>;

function placesOf(filter: OrderFilter, start: SqlFilter): Places {
  const { accountId, orderId, instanceIds } = filter;
  const ofAccount = start.and('account_id = ?', accountId);
  if (orderId !== undefined || instanceIds) return placesOfIds(filter, start);
  if (accountId === undefined) return { places: everywhere, orders: ofAll(start, filter) };
  if (!hasFacets(filter)) return { places: everywhere, orders: ofAccount };
  const asked = ofFacets(ofAccount, filter);
  const facets = `select facet_id from order_facets where ${asked.where}`;
  const orders = sqlFilter([], asked.values).and(`account_id = $${ofAccount.values.length}`);
  return { places: `(${facets}) place`, facets, orders };
}

/** The orders that are named, each a place by itself. */
function placesOfIds(filter: OrderFilter, start: SqlFilter): Places {
  const { accountId, orderId, instanceIds } = filter;
  const named = start.and('instance_id = any (?::text[])', instanceIds).and('order_id = ?', orderId);
  const places = instanceIds
    ? `(select distinct order_id as id from order_instances where ${named.where}) place`
    : `(select $${named.values.length}::text as id) place`;
  const orders = sqlFilter([], named.values).and('order_id = place.id').and('account_id = ?', accountId);
  return { places, orders: ofFacets(orders, filter) };
}

const hasFacets = ({ productCode, productName, orderType, billType, placedBy }: OrderFilter) =>
  [productCode, productName, orderType, billType, placedBy].some((value) => value !== undefined);

const names = `product_name_id = any (array(select product_name_id from product_names
  where product_code = coalesce(?, product_code) and strpos(search, lower(normalize(coalesce(?, ''), nfkc))) > 0))`;

/** In one text, of few rows: facets of an account, or orders that are named. */
const ofFacets = (filter: SqlFilter, { productCode, productName, ...asked }: OrderFilter) =>
  filter
    .and('order_type = coalesce(?, order_type)', asked.orderType ?? null)
    .and('bill_type = coalesce(?, bill_type)', asked.billType ?? null)
    .and('placed_by = any (coalesce(?::text[], array[placed_by]))', asked.placedBy ?? null)
    .and(names, productCode ?? null, productName ?? null);

/** Of all accounts, in texts that an index answers by itself. */
function ofAll(filter: SqlFilter, { productCode, productName, ...asked }: OrderFilter) {
  const kinds = filter
    .and('order_type = ?', asked.orderType)
    .and('bill_type = ?', asked.billType)
    .and('placed_by = any (?::text[])', asked.placedBy);
  const isNamed = productCode !== undefined || productName !== undefined;
  return isNamed ? kinds.and(names, productCode ?? null, productName ?? null) : kinds;
}

/** A list reads an index in its order and ends with its limit; a bitmap is of all that fits, before the first row. */
const inOrder = 'set local enable_bitmapscan = off';

const orderBy = {
  newest_first: 'created_at desc, order_id desc',
  oldest_first: 'created_at, order_id',
} as const;
