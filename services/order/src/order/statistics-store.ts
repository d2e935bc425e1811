import type { DueItem, Tx } from '@accord/core';
import type { Order } from './order.ts';

// Statistics of orders (ORD-23). Each change of an order leaves a delta, in its transaction and by the database
// itself (migration 0006); totals and deltas together are the truth at every moment.

const amounts = ['product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'] as const;
const sums = amounts.map((amount) => `sum(${amount}) as ${amount}`).join(', ');

/** The account that has the totals of all accounts. */
const everyAccount = '*';

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
export const listStatistics = (tx: Tx, filter: StatisticsFilter): Promise<StatisticsLine[]> =>
  tx.many<StatisticsLine>(statisticsText, [
    filter.accountId ?? null,
    filter.from,
    filter.to,
    filter.productCode ?? null,
    filter.status ?? null,
  ]);

const asked = `placed_on between $2::date and $3::date and product_code = coalesce($4, product_code)
  and status = coalesce($5, status)`;
const cells = `placed_on, product_code, status, currency, orders, ${amounts.join(', ')}`;

const statisticsText = `
  with cells as materialized (
    select ${cells} from order_totals where account_id = coalesce($1, '${everyAccount}') and ${asked}
    union all
    select ${cells} from order_deltas where account_id = coalesce($1, account_id) and ${asked})
  select status, placed_on::text as day, product_code as "productCode", currency, sum(orders)::int as orders,
      sum(product_amount)::text as "productAmount", sum(payable_amount)::text as "payableAmount",
      sum(cash_paid)::text as "cashPaid", sum(voucher_paid)::text as "voucherPaid"
    from cells group by grouping sets ((status, currency), (placed_on, currency), (product_code, currency))
   having sum(orders) <> 0
   order by status, placed_on, product_code, currency`;

/** One item where there are deltas. */
export const listUncounted = (tx: Tx) =>
  tx.many<DueItem>(`select 'deltas' as id, '' as "accountId" where exists (select from order_deltas)`);

const countedAtOnce = 20_000;
const totalsOf = (account: string, by: string) => `
  select ${account} as account_id, placed_on, product_code, status, currency, sum(orders) as orders, ${sums}
    from taken group by ${by} placed_on, product_code, status, currency`;

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

const countText = `
  with taken as (
    delete from order_deltas where ctid = any (array(select ctid from order_deltas limit $1)) returning *),
  counted as (merge into order_totals t
  using (${totalsOf('account_id', 'account_id,')} union all ${totalsOf(`'${everyAccount}'`, '')}) d
     on t.account_id = d.account_id and t.placed_on = d.placed_on and t.product_code = d.product_code
    and t.status = d.status and t.currency = d.currency
   when matched and t.orders + d.orders = 0 then delete
   when matched then update set orders = t.orders + d.orders,
     ${amounts.map((amount) => `${amount} = t.${amount} + d.${amount}`).join(', ')}
   when not matched and d.orders <> 0 then
     insert (account_id, placed_on, product_code, status, currency, orders, ${amounts.join(', ')})
     values (d.account_id, d.placed_on, d.product_code, d.status, d.currency, d.orders,
       ${amounts.map((amount) => `d.${amount}`).join(', ')}))
  select count(*)::int as deltas from taken`;
