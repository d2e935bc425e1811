import { Temporal } from 'temporal-polyfill';
import type { DueItem, Tx } from '@accord/core';
import type { Order } from './order.ts';

// Statistics of orders (ORD-23). Each change of an order leaves a delta, in its transaction and by the database
// itself (migration 0006); totals and deltas together are the truth at every moment.

const amounts = ['product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'] as const;

/** The account that has the totals of all accounts, and the product that has those of all products. */
const every = '*';

/** Days are `2026-01-31`, where the provider was when the order was placed; both are included. */
export interface StatisticsFilter {
  /** Undefined: all accounts. */
  readonly accountId: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly productCode?: string | undefined;
  readonly status?: Order['status'] | undefined;
}

/** Of the orders of one status, one day or one product, in one currency; the other two are null. */
export interface StatisticsLine {
  readonly status: Order['status'] | null;
  readonly day: string | null;
  readonly productCode: string | null;
  readonly currency: string;
  readonly orders: number;
  readonly productAmount: string;
  readonly payableAmount: string;
  readonly cashPaid: string;
  readonly voucherPaid: string;
}

/** By status, by day and by product, each in its order; orders that do not exist have no line. */
export function listStatistics(tx: Tx, filter: StatisticsFilter): Promise<StatisticsLine[]> {
  const { accountId = every, from, to, productCode, status } = filter;
  const { months, broken } = monthsAndDays(filter);
  return tx.many<StatisticsLine>(statisticsText, [
    accountId,
    from,
    to,
    productCode ?? null,
    status ?? null,
    productCode === undefined ? 'day' : 'day_product',
    productCode ?? every,
    ...[months.from, months.before].map(String),
    ...broken.flatMap((days) => [String(days.from), String(days.before), days.sign]),
  ]);
}

/** Of days or of months, the first one and the one behind the last. */
interface Span {
  readonly from: Temporal.PlainDate;
  readonly before: Temporal.PlainDate;
}
/** Days that the months lack, 1, or have too many, -1. */
interface Days extends Span {
  readonly sign: 1 | -1;
}

/** No longer range has fewer days than its months and broken ones. */
const halfAMonth = 15;

/** A range as months, and as days of the broken one at each of its ends: those within it, or the fewer without. */
function monthsAndDays(range: { readonly from: string; readonly to: string }): {
  readonly months: Span;
  readonly broken: readonly [Days, Days];
} {
  const from = Temporal.PlainDate.from(range.from);
  const before = Temporal.PlainDate.from(range.to).add({ days: 1 });
  const start = nearestMonth(from);
  const end = nearestMonth(before);
  return from.until(before).days > halfAMonth && Temporal.PlainDate.compare(start, end) < 0
    ? { months: { from: start, before: end }, broken: [daysTo(from, start), daysTo(end, before)] }
    : { months: { from, before: from }, broken: [daysTo(from, before), daysTo(before, before)] };
}

/** The first day of a month that is nearest. */
function nearestMonth(day: Temporal.PlainDate): Temporal.PlainDate {
  const first = day.with({ day: 1 });
  return day.day - 1 <= day.daysInMonth / 2 ? first : first.add({ months: 1 });
}

/** From a day to a later one; to an earlier one, the days between are too many. */
const daysTo = (from: Temporal.PlainDate, before: Temporal.PlainDate): Days =>
  Temporal.PlainDate.compare(from, before) <= 0
    ? { from, before, sign: 1 }
    : { from: before, before: from, sign: -1 };

const numbers = `status, currency, orders, ${amounts.join(', ')}`;
const [ofProduct, ofStatus] = ['product_code = coalesce($4, product_code)', 'status = coalesce($5, status)'];
const totals = (columns: string) =>
  `select starts_on, product_code, ${columns} from order_totals where account_id = $1 and ${ofStatus}`;
const timesSign = (sign: number) =>
  `status, currency, ${['orders', ...amounts].map((number) => `$${sign}::int * ${number}`).join(', ')}`;
/** From the day `$first` to the day before the next parameter; their sign is the one behind that. */
const brokenMonth = (first: number) => `
    ${totals(timesSign(first + 2))} and grain = 'day_product' and ${ofProduct}
      and starts_on >= $${first}::date and starts_on < $${first + 1}::date`;
const sums = `currency, sum(orders)::int as orders, sum(product_amount)::text as "productAmount",
    sum(payable_amount)::text as "payableAmount", sum(cash_paid)::text as "cashPaid",
    sum(voucher_paid)::text as "voucherPaid"`;

const statisticsText = `
  with deltas as materialized (
    select placed_on, product_code, ${numbers} from order_deltas
     where ($1 = '${every}' or account_id = $1) and placed_on between $2::date and $3::date and ${ofProduct}
       and ${ofStatus}),
  of_days as (
    ${totals(numbers)} and grain = $6 and product_code = $7 and starts_on between $2::date and $3::date
    union all select * from deltas),
  of_products as (
    ${totals(numbers)} and grain = 'month_product' and ${ofProduct} and starts_on >= $8::date and starts_on < $9::date
    union all ${brokenMonth(10)}
    union all ${brokenMonth(13)}
    union all select * from deltas)
  select status, starts_on::text as day, null as "productCode", ${sums}
    from of_days group by currency, grouping sets (status, starts_on) having sum(orders) <> 0
  union all
  select null, null, product_code, ${sums}
    from of_products group by currency, product_code having sum(orders) <> 0
   order by status, day, "productCode", currency`;

/** One item where there are deltas. */
export const listUncounted = (tx: Tx) =>
  tx.many<DueItem>(`select 'deltas' as id, '' as "accountId" where exists (select from order_deltas)`);

/** Some tens of milliseconds, where each is of another account. */
const countedAtOnce = 1_000;

/**
 * Adds some deltas to the totals, those of each account and those of all; true where there may be more. One
 * instance does it at a time: another that comes meanwhile leaves them to it.
 */
export async function countDeltas(tx: Tx): Promise<boolean> {
  const free = await tx.one(`select where pg_try_advisory_xact_lock(hashtext('order statistics'))`);
  if (!free) return false;
  const counted = await tx.one<{ deltas: number }>(countText, [countedAtOnce]);
  return counted?.deltas === countedAtOnce;
}

const cell = ['account_id', 'grain', 'starts_on', 'product_code', 'status', 'currency'];
const added = ['orders', ...amounts];
/** In each grain, of each account and of all, as the migration's `recount` does it with the orders. */
const toAdd = `
  select coalesce(account_id, '${every}') as account_id,
      case when grouping(placed_in) = 0 then 'month_product' when grouping(product_code) = 0 then 'day_product'
        else 'day' end as grain,
      coalesce(placed_on, placed_in) as starts_on, coalesce(product_code, '${every}') as product_code,
      status, currency, ${added.map((number) => `sum(${number}) as ${number}`).join(', ')}
    from (select *, date_trunc('month', placed_on::timestamp)::date as placed_in from taken) taken
   group by status, currency, grouping sets ((account_id, placed_on, product_code), (account_id, placed_on),
     (account_id, placed_in, product_code), (placed_on, product_code), placed_on, (placed_in, product_code))`;

const countText = `
  with taken as (
    delete from order_deltas where ctid = any (array(select ctid from order_deltas limit $1)) returning *),
  counted as (merge into order_totals t using (${toAdd}) d
     on ${cell.map((name) => `t.${name} = d.${name}`).join(' and ')}
   when matched and ${added.map((number) => `t.${number} + d.${number} = 0`).join(' and ')} then delete
   when matched then update set ${added.map((number) => `${number} = t.${number} + d.${number}`).join(', ')}
   when not matched and (${added.map((number) => `d.${number} <> 0`).join(' or ')}) then
     insert (${[...cell, ...added].join(', ')}) values (${[...cell, ...added].map((name) => `d.${name}`).join(', ')}))
  select count(*)::int as deltas from taken`;
