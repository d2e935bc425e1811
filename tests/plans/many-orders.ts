import type { Connection } from '@accord/postgres';
import { until } from '@accord/testing';

// Orders of the last year, made by one statement. Each value of a filter finds many orders of `acc_0`, and yet there
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

const drawn = `
  select n, ${spread(1, 40)} as p, ${spread(2, 10)} as drawn_type, ${spread(3, 10)} as drawn_status,
    case when ${spread(4, 10)} < $2 then 'acc_0' else 'acc_' || 1 + ${spread(5, 5_000)} end as account_id,
    'usr_' || ${spread(6, 8)} as operator_id,
    $3::timestamptz + n * (least(now(), $4) - $3) / $1::float8 as created_at
  from generate_series(0, $1::bigint - 1) n`;

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

const unmarked = `
  select from pg_class where oid in ('orders.orders'::regclass, 'orders.order_facets'::regclass)
   and relallvisible < relpages`;

/** On a connection of the superuser; the schema is migrated and empty. The worker counts them later. */
export async function fillOrders(connection: Connection, { orders, ofOne }: ManyOrders): Promise<void> {
  await connection.query(insert, [orders, ofOne, year.from, year.before, new Date(quietFrom)]);
  // An older snapshot, such as that of an `analyze` by the server itself, keeps pages from being marked.
  await until('all pages are marked as visible to all', async () => {
    await connection.query('vacuum analyze orders.orders');
    await connection.query('vacuum analyze orders.order_facets');
    return (await connection.query(unmarked)).rowCount === 0;
  });
  await connection.query('analyze orders.product_names');
}
