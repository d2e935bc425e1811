import type { Check } from './check.ts';

const sums = ['orders', 'product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'];
const cell = 'account_id, grain, starts_on, product_code, status, currency';
const listed = (side: string) => sums.map((name) => `${side}.${name}`).join(', ');
const told = (side: string) => sums.map((name) => `coalesce(${side}.${name}, 0)`).join(` || ' ' || `);

/** Of a day and a product, of a day, of a month and a product, each of an account and of all. */
const grains = [
  [`'day_product'`, 'placed_on', 'product_code'],
  [`'day'`, 'placed_on', `'*'`],
  [`'month_product'`, `placed_on - extract(day from placed_on)::int + 1`, 'product_code'],
].flatMap(([grain, startsOn, productCode]) =>
  ['account_id', `'*'`].map((account) => `(${account}, ${grain}, ${startsOn}, ${productCode})`),
);
const summed = (parts: string) => `
  select of_grain.*, status, currency, ${sums.map((name) => `sum(${name}) as ${name}`).join(', ')}
    from (${parts}) parts cross join lateral (values ${grains.join(', ')})
      of_grain (account_id, grain, starts_on, product_code)
   group by of_grain.account_id, grain, starts_on, of_grain.product_code, status, currency`;

const ofOrders = summed(`
    select account_id, placed_on, product_code, status, currency, count(*) as orders,
      coalesce(sum(product_amount), 0) as product_amount, sum(payable_amount) as payable_amount,
      sum(cash_paid) as cash_paid, sum(voucher_paid) as voucher_paid
    from orders.orders group by account_id, placed_on, product_code, status, currency`);

const counted = `
  select ${cell}, ${sums.map((name) => `sum(${name}) as ${name}`).join(', ')} from (
    select ${cell}, ${sums.join(', ')} from orders.order_totals
    union all ${summed('select * from orders.order_deltas')}) parts
  group by ${cell} having sum(orders) <> 0`;

/** The numbers that statistics answer, beside the orders themselves. */
export const statisticsChecks: readonly Check[] = [
  {
    rule: 'ORD-23',
    says: 'the numbers and sums of orders, of each account and of all, are those of the orders',
    mends: 'order',
    sql: `select concat_ws(' ', ${cell}) as id,
        ${told('counted')} || ', of the orders ' || ${told('of_orders')} as found
      from (${counted}) counted full join (${ofOrders}) of_orders using (${cell})
      where (${listed('counted')}) is distinct from (${listed('of_orders')})`,
  },
];
