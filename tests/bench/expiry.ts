import { setTimeout as sleep } from 'node:timers/promises';
import { asSuperuser } from '@accord/local/parts';
import { beside, percentile, round, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import { copyOrders, placeOne, rowOf, type Shop } from './shop.ts';

/** Orders a second that customers place meanwhile: half of the machine stays free in quiet times. */
const rate = 50;
const longestMs = 600_000;
/** A process that has just started compiles what its first requests need. */
const startSeconds = 3;

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
  await copyOrders(shop.databaseUrl, await rowOf(shop, orderId), {
    count: orders,
    copy: {
      orderId: `'ord_due' || lpad(n::text, 10, '0')`,
      accountId: `'acc_due' || n % 20000`,
      createdAt: `now() - interval '7 days 2 hours' + n * interval '36 milliseconds'`,
      payBy: `now() - interval '2 hours' + n * interval '36 milliseconds'`,
    },
  });

  const started = performance.now();
  await shop.service.restart();
  const cancelled = allCancelled(shop).then(() => performance.now() - started);
  const meanwhile = await load.run({ ...ask, rate, ms: longestMs }, cancelled);
  const seconds = (await cancelled) / 1_000;
  const p99 = (values: readonly number[]) => percentile(values, 0.99);
  const behindStart = meanwhile.latenciesMs.slice(startSeconds * rate);
  const name = `place order p99 meanwhile, ${rate}/s`;
  return [
    { name: `${orders} overdue orders cancelled after a start`, value: round(seconds), unit: 's' },
    beside(name, 'ms', p99(meanwhile.latenciesMs), p99(quiet.latenciesMs)),
    beside(`${name}, ${startSeconds} s after the start`, 'ms', p99(behindStart), p99(quiet.latenciesMs)),
  ];
}

async function allCancelled({ databaseUrl }: Shop): Promise<void> {
  await asSuperuser(databaseUrl, async (client) => {
    const text = `select from orders.orders where status = 'unpaid' and pay_by < now() limit 1`;
    while ((await client.query(text)).rowCount) await sleep(100);
  });
}
