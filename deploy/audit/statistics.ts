import type { Check } from './check.ts';

const amounts = ['product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'];
const sums = ['orders', ...amounts];
const cell = 'account_id, grain, starts_on, product_code, status, currency';
const day = 'account_id, placed_on, product_code, status, currency';
/** A row that is not there is as good as one of zeros. */
const numbers = (side: string) => sums.map((name) => `coalesce(${side}.${name}, 0)`);

/** The totals have to be the orders, less the deltas that are still to be added to the totals. */
const owed = `
  select ${day}, 1 as orders, ${amounts.join(', ')} from orders.orders
  union all
  select ${day}, -orders, ${amounts.map((name) => `-${name}`).join(', ')} from orders.order_deltas`;

/** Of a day and a product, of a day, of a month and a product, each of an account and of all. */
const owedTotals = `
  select coalesce(account_id, '*') as account_id,
      case when grouping(month) = 0 then 'month_product' when grouping(product_code) = 0 then 'day_product'
        else 'day' end as grain,
      coalesce(placed_on, month) as starts_on, coalesce(product_code, '*') as product_code, status, currency,
      ${sums.map((name) => `sum(${name}) as ${name}`).join(', ')}
    from (select *, date_trunc('month', placed_on::timestamp)::date as month from (${owed}) owed) owed
   group by status, currency, grouping sets ((account_id, placed_on, product_code), (account_id, placed_on),
     (account_id, month, product_code), (placed_on, product_code), placed_on, (month, product_code))`;

/** The numbers that statistics answer, beside the orders themselves. */
export const statisticsChecks: readonly Check[] = [
  {
    rule: 'ORD-23',
    says: 'the numbers and sums of orders, of each account and of all, are those of the orders',
    mends: 'order',
    sql: `select concat_ws(' ', ${cell}) as id,
        concat_ws(' ', ${numbers('total').join(', ')}, 'in the totals; of the orders, less the deltas:',
          ${numbers('owed').join(', ')}) as found
      from orders.order_totals total full join (${owedTotals}) owed using (${cell})
      where (${numbers('total').join(', ')}) is distinct from (${numbers('owed').join(', ')})`,
  },
];
