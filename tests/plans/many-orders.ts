import type { Connection } from '@accord/postgres';

// Orders of the last year, made in few statements. Each value of a filter finds many orders of `acc_0`, and yet there
// are values that find none together: no upgrade was cancelled, no postpaid order voided, and in one month nothing
// was paid.

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
    ${spread(2, 10)} as drawn_type, ${spread(3, 10)} as drawn_status, 'acc_' || a as account_id,
    'usr_' || case when a = 0 then ${spread(6, 8)} else a % 8 end as operator_id,
    $3::timestamptz + n * (least(now(), $4) - $3) / $1::float8 as created_at
  from (select n, case when ${spread(4, 10)} < $2 then 0 else 1 + ${spread(5, 5_000)} end as a
    from generate_series($6::bigint, least($7::bigint, $1) - 1) n) numbered`;

const dated = `
  select *, created_at >= $5 and created_at < $5::timestamptz + interval '30 days' as is_quiet from (${drawn}) drawn`;

const decided = `
  select n, p, account_id, operator_id, created_at, case when p % 5 = 0 then 'postpay' else 'prepay' end as bill_type,
    case when drawn_type < 6 or is_quiet then 'purchase' when drawn_type < 8 then 'renewal'
      when drawn_type = 8 then 'upgrade' else 'configuration_change' end as order_type,
    case when is_quiet then 'cancelled'
      when drawn_status < 7 or drawn_type = 8 or p % 5 = 0 and drawn_status = 9 then 'paid'
      when drawn_status < 9 then 'cancelled' else 'voided' end as status
  from (${dated}) dated`;

const insert = `
  insert into orders.orders (order_id, account_id, version, product_code, order_type, bill_type, terms, currency,
    product_amount, discount_amount, payable_amount, cash_paid, voucher_paid, status, fulfilment, refund_state,
    instance_ids, created_at, pay_by, paid_at, cancelled_at, voided_at, placed_on)
  select 'ord_' || lpad(to_hex(n), 32, '0'), account_id, 2, 'P' || p, order_type, bill_type,
    jsonb_build_object('operatorId', operator_id, 'productName', jsonb_build_object('zh-CN', '云产品' || p || '号',
      'en', 'Cloud Product ' || p)) || '{"category": "COMPUTE", "brand": "baidu",
      "invoicingEntity": "baidu_netcom", "productForm": "instance", "chargeType": "subscription",
      "contractable": true, "refundable": true, "serviceType": null, "configuration": [{"name": "CPU",
      "value": "2"}, {"name": "memory", "value": "4 GB"}], "count": 1, "duration": {"value": 1, "unit": "month"},
      "unitPrice": {"amount": "45", "currency": "CNY", "unit": "month"}, "promotion": null, "trial": false,
      "free": false, "customised": false, "bundleId": null}', 'CNY', 45.00, 0.00, 45.00, cash_paid, 45.00 * 0, status,
    case when cash_paid > 0 then 'created' else 'none' end, 'none', '{}', created_at,
    case when cash_paid = 0 then created_at + interval '7 days' end,
    case when cash_paid > 0 then created_at + interval '1 hour' end,
    case when status = 'cancelled' then created_at + interval '1 day' end,
    case when status = 'voided' then created_at + interval '2 days' end,
    (created_at at time zone 'Asia/Shanghai')::date
  from (select *, case when status = 'cancelled' then 0.00 else 45.00 end as cash_paid from (${decided}) decided) paid`;

const atOnce = 100_000;
const indexes = `
  select indexdef as text, format('drop index orders.%I', indexname) as drop from pg_indexes
   where schemaname = 'orders' and tablename = 'orders' and indexdef not like 'CREATE UNIQUE%'`;
const facets = 'account_id, facet_id, product_name_id, order_type, bill_type, operator_id';

/**
 * On a connection of the superuser; the schema is migrated and empty. The triggers file and count the first orders,
 * which have all names; the others are filed and counted at once, indexes made once. No delta is left.
 */
export async function fillOrders(connection: Connection, { orders, ofOne }: ManyOrders): Promise<void> {
  const spread = [orders, ofOne, year.from, year.before, new Date(quietFrom)];
  const { rows } = await connection.query<{ text: string; drop: string }>(indexes);
  for (const { drop } of rows) await connection.query(drop);
  await connection.query(insert, [...spread, 0, atOnce]);
  await connection.query('set session_replication_role = replica');
  for (let n = atOnce; n < orders; n += 10 * atOnce)
    await connection.query(insert, [...spread, n, n + 10 * atOnce]);
  await connection.query('reset session_replication_role');
  await connection.query(`set maintenance_work_mem = '512MB'`);
  for (const { text } of rows) await connection.query(text);
  await connection.query(
    `insert into orders.order_facets (${facets}) select distinct ${facets} from orders.orders on conflict do nothing`,
  );
  await connection.query('select orders.recount()');
  for (const table of ['orders', 'order_facets', 'order_totals', 'order_deltas'])
    await connection.query(`vacuum analyze orders.${table}`);
  await connection.query('analyze orders.product_names');
}
