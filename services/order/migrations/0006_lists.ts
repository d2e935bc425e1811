import { accountTable, sharedTable, type Migration } from '@accord/postgres';

// Lists and statistics of orders (ORD-15, ORD-23). The database files and counts each order itself, in the
// transaction that changes it, so that no statement can forget to.

/** As order-list.ts looks for it. */
const search = `lower(normalize((terms #>> '{productName,zh-CN}') || e'\\n' || (terms #>> '{productName,en}'), nfkc))`;

const amounts = ['product_amount', 'payable_amount', 'cash_paid', 'voucher_paid'];
const cell = ['account_id', 'placed_on', 'product_code', 'status', 'currency'];
const counts = `status text not null,
     currency text not null,
     orders bigint not null,
     ${amounts.map((amount) => `${amount} numeric not null`).join(', ')}`;
const columns = [...cell, 'orders', ...amounts].join(', ');
const totals = ['account_id', 'grain', 'starts_on', 'product_code', 'status', 'currency'];
const signed = (rows: string, sign: '' | '-') => `
  select ${cell.join(', ')}, ${sign}1 as orders,
      ${amounts.map((amount) => `${sign}coalesce(${amount}, 0) as ${amount}`).join(', ')}
    from ${rows}`;
const of = (row: string, names: readonly string[]) => names.map((name) => `${row}.${name}`).join(', ');

const facetColumns = 'account_id, facet_id, product_name_id, order_type, bill_type, placed_by';
/** `placed` are orders. */
const file = (placed: string) => `
  with filed as (
    insert into order_facets (${facetColumns}) select distinct ${facetColumns} from ${placed}
    on conflict do nothing returning product_name_id)
  insert into product_names (product_name_id, product_code, search)
  select distinct product_name_id, product_code, ${search} from ${placed}
   where product_name_id in (select product_name_id from filed)
  on conflict do nothing`;
const count = (placed: string) => `
  insert into order_deltas (${columns})
  select ${cell.join(', ')}, count(*), ${amounts.map((amount) => `coalesce(sum(${amount}), 0)`).join(', ')}
    from ${placed} group by ${cell.join(', ')}`;
const sums = ['orders', ...amounts];
/** Writes what differs alone, in the order of its key. */
const countAll = `
  merge into order_totals t using (
    select coalesce(account_id, '*') as account_id,
        case when grouping(placed_in) = 0 then 'month_product' when grouping(product_code) = 0 then 'day_product'
          else 'day' end as grain,
        coalesce(placed_on, placed_in) as starts_on, coalesce(product_code, '*') as product_code, status, currency,
        count(*) as orders, ${amounts.map((amount) => `coalesce(sum(${amount}), 0) as ${amount}`).join(', ')}
      from (select *, date_trunc('month', placed_on::timestamp)::date as placed_in from orders) placed
     group by status, currency, grouping sets ((account_id, placed_on, product_code), (account_id, placed_on),
       (account_id, placed_in, product_code), (placed_on, product_code), placed_on, (placed_in, product_code))
     order by 1, 2, 3, 4, 5, 6) o
   on ${totals.map((name) => `t.${name} = o.${name}`).join(' and ')}
   when matched and (${of('t', sums)}) is distinct from (${of('o', sums)}) then
     update set ${sums.map((sum) => `${sum} = o.${sum}`).join(', ')}
   when not matched by source then delete
   when not matched then insert (${[...totals, ...sums].join(', ')}) values (${of('o', [...totals, ...sums])})`;

const filing: Migration = [
  // The names that products had when they were ordered.
  `create table product_names (
     product_name_id bigint primary key,
     product_code text not null,
     search text not null
   )`,
  sharedTable('order', 'product_names', ['insert']),

  // A facet is all that lists filter by and that never changes, apart from time. The orders of an account are in
  // few of them, and a list looks in each by itself.
  `create table order_facets (
     account_id text not null,
     facet_id bigint not null,
     product_name_id bigint not null,
     order_type text not null,
     bill_type text not null,
     placed_by text not null,
     primary key (account_id, facet_id) include (product_name_id, order_type, bill_type, placed_by)
   )`,
  accountTable('order', 'order_facets', ['insert']),

  // Plans are kept, one for all accounts. The largest decides: as if there were ten, no plan reads all orders of an
  // account to find a few by their ids.
  'alter table orders alter account_id set (n_distinct = 10)',
  // Of one account. Their conditions keep statements that name none from skipping through all accounts, which the
  // planner takes for ten.
  `create index orders_by_status on orders (account_id, status, created_at, order_id, paid_at, facet_id)
     where account_id is not null`,
  `create index orders_by_facet on orders (account_id, facet_id, status, created_at, order_id, paid_at)
     where account_id is not null`,
  `create index orders_by_payment on orders (account_id, paid_at, created_at)
     where account_id is not null and paid_at is not null`,
  // Of all accounts: the columns behind the id are looked at in the index alone.
  `create index orders_of_all on orders
     (status, created_at, order_id, paid_at, product_name_id, order_type, bill_type, placed_by)`,
];

const counting: Migration = [
  // Changes of what statistics count, until the worker `statistics` adds them to the totals: a row of the totals
  // would be locked by each order of its account and day.
  `create table order_deltas (
     account_id text not null,
     placed_on date not null,
     product_code text not null,
     ${counts}
   ) with (
     autovacuum_vacuum_scale_factor = 0,
     autovacuum_vacuum_threshold = 2000,
     autovacuum_vacuum_cost_delay = 0,
     autovacuum_analyze_threshold = 100000
   )`,
  'create index order_deltas_of_account on order_deltas (account_id)',
  accountTable('order', 'order_deltas', { app: ['insert'], operator: ['insert', 'delete'] }),

  // Of a day and a product (`day_product`), of a day and all products (`day`), of a month from its first day and a
  // product (`month_product`): a year is summed up from its days and its months, however many products there are.
  // The account `*` has the totals of all accounts, the product `*` those of all products.
  `create table order_totals (
     account_id text not null,
     grain text not null,
     starts_on date not null,
     product_code text not null,
     ${counts},
     primary key (${totals.join(', ')})
   ) with (fillfactor = 70)`,
  accountTable('order', 'order_totals', { app: [], operator: ['insert', 'update', 'delete'] }),
  // For the owner, where the two tables were damaged; changes of orders wait until it is done.
  `create function recount() returns void language sql set search_path from current set work_mem = '256MB' as $$
     lock table orders in share row exclusive mode;
     lock table order_totals in share row exclusive mode;
     delete from order_deltas;
     ${countAll};
   $$`,
  'revoke all on function recount() from public',
  'select recount()',

  `create function on_placed() returns trigger language plpgsql set search_path from current as $$
   begin
     ${file('placed')};
     ${count('placed')};
     return null;
   end $$`,
  `create trigger placed after insert on orders referencing new table as placed
     for each statement execute function on_placed()`,
  // For each statement: a row at a time, this was a quarter of what a change of many orders costs.
  `create function on_changed() returns trigger language plpgsql set search_path from current as $$
   begin
     insert into order_deltas (${columns})
     select ${cell.join(', ')}, sum(orders), ${amounts.map((amount) => `sum(${amount})`).join(', ')}
       from (${signed('before', '-')} union all ${signed('changed', '')}) moved
      group by ${cell.join(', ')}
     having ${['orders', ...amounts].map((number) => `sum(${number}) <> 0`).join(' or ')};
     return null;
   end $$`,
  `create trigger changed after update on orders referencing old table as before new table as changed
     for each statement execute function on_changed()`,
];

export const up: Migration = [...filing, ...counting];
