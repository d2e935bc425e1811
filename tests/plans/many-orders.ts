import type { Connection } from '@accord/postgres';

// Orders of the last year. Each value of a filter finds many orders of `acc_0`, and yet there are values that find
// none together: no upgrade was cancelled, no postpaid order voided, and in one month nothing was paid.

const day = 86_400_000;
const today = Math.floor(Date.now() / day) * day;
export const year = { from: new Date(today - 364 * day), before: new Date(today + day) };
const quietFrom = today - 180 * day;
/** Nothing was paid in it. */
export const quietMonth = { from: new Date(quietFrom + day), before: new Date(quietFrom + 29 * day) };

export interface ManyOrders {
  readonly orders: number;
  /** Of ten orders so many are `acc_0`'s; the others are 5 000 accounts'. */
  readonly ofOne: number;
}

/** Evenly spread, and by each `kind` otherwise. */
const spread = (kind: number, over: number) =>
  `(hashint8extended(n, ${kind}) & 9223372036854775807) % ${over}`;

/** The account of number 0 orders every product by eight people, the others four products each by one. */
const drawn = `
  select n, case when a = 0 then ${spread(1, 40)} else (7 * a + ${spread(1, 4)}) % 40 end as p,
    case when a = 0 then ${spread(6, 8)} else a % 8 end as operator,
    ${spread(2, 10)} as drawn_type, ${spread(3, 10)} as drawn_status, 'acc_' || a as account_id,
    $3::timestamptz + n / $1::float8 * (least(now(), $4) - $3) as created_at
  from (select n, case when ${spread(4, 10)} < $2 then 0 else 1 + ${spread(5, 5_000)} end as a
    from generate_series($6::bigint, $7::bigint - 1) n) numbered`;

const dated = `
  select *, created_at >= $5 and created_at < $5::timestamptz + interval '30 days' as is_quiet from (${drawn}) drawn`;

const decided = `
  select n, p, operator, account_id, created_at, case when p % 5 = 0 then 'postpay' else 'prepay' end as bill_type,
    case when drawn_type < 6 or is_quiet then 'purchase' when drawn_type < 8 then 'renewal'
      when drawn_type = 8 then 'upgrade' else 'configuration_change' end as order_type,
    case when is_quiet then 'cancelled'
      when drawn_status < 7 or drawn_type = 8 or p % 5 = 0 and drawn_status = 9 then 'paid'
      when drawn_status < 9 then 'cancelled' else 'voided' end as status
  from (${dated}) dated`;

/** By product and who orders it, made once for all orders; a join would not leave these in the order of time. */
const agreed = `
  select jsonb_object_agg(p || ' ' || operator, jsonb_build_object('operatorId', 'usr_' || operator,
      'placedBy', 'customer:usr_' || operator, 'productName', jsonb_build_object('zh-CN', '云产品' || p || '号',
      'en', 'Cloud Product ' || p)) || '{"category": "COMPUTE",
      "brand": "baidu", "invoicingEntity": "baidu_netcom", "productForm": "instance", "chargeType": "subscription",
      "contractable": true, "refundable": true, "serviceType": null, "configuration": [{"name": "CPU",
      "value": "2"}, {"name": "memory", "value": "4 GB"}], "count": 1, "duration": {"value": 1, "unit": "month"},
      "unitPrice": {"amount": "45", "currency": "CNY", "unit": "month"}, "promotion": null, "trial": false,
      "free": false, "customised": false, "bundleId": null}')
  from generate_series(0, 39) p, generate_series(0, 7) operator`;

/** Numbered from `$6` to before `$7`, of `$1` in all. */
const insert = `
  insert into orders.orders (order_id, account_id, version, product_code, order_type, bill_type, terms, currency,
    product_amount, discount_amount, payable_amount, cash_paid, voucher_paid, status, fulfilment, refund_state,
    instance_ids, created_at, pay_by, paid_at, cancelled_at, voided_at, placed_on)
  select 'ord_' || lpad(to_hex(n), 32, '0'), account_id, 2, 'P' || p, order_type, bill_type,
    (${agreed}) -> (p || ' ' || operator), 'CNY', 45.00, 0.00, 45.00, cash_paid, 45.00 * 0, status,
    case when cash_paid > 0 then 'created' else 'none' end, 'none', '{}', created_at,
    case when cash_paid = 0 then created_at + interval '7 days' end,
    case when cash_paid > 0 then created_at + interval '1 hour' end,
    case when status = 'cancelled' then created_at + interval '1 day' end,
    case when status = 'voided' then created_at + interval '2 days' end,
    (created_at at time zone 'Asia/Shanghai')::date
  from (select *, case when status = 'cancelled' then 0.00 else 45.00 end as cash_paid from (${decided}) decided) paid`;

const filled = ['orders', 'order_facets', 'product_names', 'order_deltas', 'order_totals'];
const withTriggers = 50_000;
const atOnce = 500_000;

/**
 * On a connection of the superuser; the schema is migrated and empty, and no service runs on it. Up to 50 000 orders
 * are still to be counted by its worker, more are counted.
 */
export async function fillOrders(connection: Connection, { orders, ofOne }: ManyOrders): Promise<void> {
  const each = async (text: (table: string) => string) => {
    for (const table of filled) await connection.query(text(`orders.${table}`));
  };
  const drawnBy = [orders, ofOne, year.from, year.before, new Date(quietFrom)];
  const fill = (from: number, before: number) =>
    connection.query(insert, [...drawnBy, from, Math.min(before, orders)]);
  // A `vacuum` marks a page as visible to all where the commit of its rows is on disk, which servers of tests do not
  // wait for, and where no snapshot is older, such as that of an `analyze` by the server itself.
  await connection.query('set synchronous_commit = on');
  await each((table) => `alter table ${table} set (autovacuum_enabled = off)`);
  await fill(0, withTriggers);
  if (orders > withTriggers)
    await filedAtOnce(connection, async () => {
      for (let n = withTriggers; n < orders; n += atOnce) await fill(n, n + atOnce);
    });
  await each((table) => `vacuum analyze ${table}`);
  await each((table) => `alter table ${table} reset (autovacuum_enabled)`);
}

const indexes = `
  select indexdef as made, format('drop index orders.%I', indexname) as dropped from pg_indexes
   where schemaname = 'orders' and tablename = 'orders' and indexdef not like 'CREATE UNIQUE%'`;
const facets = 'account_id, facet_id, product_name_id, order_type, bill_type, placed_by';

/** As triggers and indexes would leave it, if the orders before had every product. */
async function filedAtOnce(connection: Connection, fill: () => Promise<void>): Promise<void> {
  const { rows } = await connection.query<{ made: string; dropped: string }>(indexes);
  for (const { dropped } of rows) await connection.query(dropped);
  await connection.query('set session_replication_role = replica');
  await fill();
  await connection.query('reset session_replication_role');
  await connection.query(`set maintenance_work_mem = '1GB'`);
  for (const { made } of rows) await connection.query(made);
  await connection.query('reset maintenance_work_mem');
  await connection.query(
    `insert into orders.order_facets (${facets}) select distinct ${facets} from orders.orders on conflict do nothing`,
  );
  await connection.query('select orders.recount()');
}
