import { setTimeout as sleep } from 'node:timers/promises';
import { asSuperuser } from '@accord/local/parts';
import { beside, percentile, round, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import { placeOne, type Shop } from './shop.ts';

/** Orders a second that customers place meanwhile: half of the machine stays free in quiet times. */
const rate = 50;

const overdueText = `
  insert into orders.orders (order_id, account_id, version, product_code, order_type, bill_type, terms, currency,
    product_amount, discount_amount, payable_amount, cash_paid, voucher_paid, status, fulfilment, refund_state,
    instance_ids, created_at, pay_by, placed_on)
  select 'ord_due' || n, 'acc_due' || n % 20000, 1, product_code, order_type, bill_type, terms, currency,
    product_amount, discount_amount, payable_amount, cash_paid, voucher_paid, status, fulfilment, refund_state,
    instance_ids, now() - interval '7 days 2 hours' + n * interval '36 milliseconds',
    now() - interval '2 hours' + n * interval '36 milliseconds', placed_on
    from orders.orders, generate_series(1, $2::integer) n where order_id = $1`;
const historyText = `
  insert into orders.order_history (order_id, version, account_id, at, actor, change, status)
  select order_id, 1, account_id, created_at, 'customer:usr', 'placed', 'unpaid' from orders.orders
   where order_id like 'ord\\_due%'`;

/**
 * ORD-8 after the service was down: from its start until every overdue order is cancelled, and how long placing an
 * order takes meanwhile, beside the same in quiet.
 */
export async function benchExpiry(
  shop: Shop,
  load: Load,
  { orders = 100_000, quietMs = 20_000, warmUpMs = 8_000 } = {},
): Promise<Figure[]> {
  const ask = {
    url: shop.url,
    clients: shop.customers.map(({ authorization }) => ({ authorization })),
    body: shop.body,
  };
  await load.run({ ...ask, ms: warmUpMs });
  await shop.drained();
  const quiet = await load.run({ ...ask, rate, ms: quietMs });

  const { orderId } = await placeOne(shop);
  await shop.drained();
  await shop.service.kill('SIGTERM');
  await asSuperuser(shop.databaseUrl, async (client) => {
    await client.query(overdueText, [orderId, orders]);
    await client.query(historyText);
    await client.query('vacuum analyze orders.orders');
    await client.query('vacuum analyze orders.order_history');
  });

  const started = performance.now();
  await shop.service.restart();
  const cancelled = allCancelled(shop).then(() => performance.now() - started);
  const latenciesMs: number[] = [];
  let isOver = false;
  void cancelled.finally(() => (isOver = true));
  while (!isOver) latenciesMs.push(...(await load.run({ ...ask, rate, ms: 1_000 })).latenciesMs);
  const seconds = (await cancelled) / 1_000;
  const p99 = (values: readonly number[]) => percentile(values, 0.99);
  return [
    { name: `${orders} overdue orders cancelled after a start`, value: round(seconds), unit: 's' },
    beside(`place order p99 meanwhile, ${rate}/s`, 'ms', p99(latenciesMs), p99(quiet.latenciesMs)),
  ];
}

async function allCancelled({ databaseUrl }: Shop): Promise<void> {
  await asSuperuser(databaseUrl, async (client) => {
    const text = `select from orders.orders where status = 'unpaid' and pay_by < now() limit 1`;
    while ((await client.query(text)).rowCount) await sleep(100);
  });
}
