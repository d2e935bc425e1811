import type { Check } from './check.ts';

const sums = ['orders', 'product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'];
const cell = 'account_id, placed_on, product_code, status, currency';
const summed = sums.map((name) => `sum(${name}) as ${name}`).join(', ');
const listed = (side: string) => sums.map((name) => `${side}.${name}`).join(', ');
const told = (side: string) => sums.map((name) => `coalesce(${side}.${name}, 0)`).join(` || ' ' || `);

const ofOrders = `
  select coalesce(account_id, '*') as account_id, placed_on, product_code, status, currency, ${summed}
  from (select ${cell}, 1 as orders, coalesce(product_amount, 0) as product_amount, payable_amount, cash_paid,
    voucher_paid from orders.orders) each_order
  group by grouping sets ((${cell}), (placed_on, product_code, status, currency))`;

const counted = `
  select ${cell}, ${summed} from (
    select ${cell}, ${sums.join(', ')} from orders.order_totals
    union all select ${cell}, ${sums.join(', ')} from orders.order_deltas
    union all select '*', placed_on, product_code, status, currency, ${sums.join(', ')} from orders.order_deltas) parts
  group by ${cell} having sum(orders) <> 0`;

/** The numbers that statistics answer, beside the orders themselves. */
export const statisticsChecks: readonly Check[] = [
  {
    rule: 'ORD-23',
    says: 'the numbers and sums of orders, of each account and of all, are those of the orders',
    mends: 'order',
    sql: `select concat_ws(' ', account_id, placed_on, product_code, status, currency) as id,
        ${told('counted')} || ', of the orders ' || ${told('of_orders')} as found
      from (${counted}) counted full join (${ofOrders}) of_orders using (${cell})
      where (${listed('counted')}) is distinct from (${listed('of_orders')})`,
  },
];
