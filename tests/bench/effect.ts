import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaOf } from '@accord/platform';
import { beside, type Figure, percentile } from './figure.ts';
import { asSuperuser, type Ground, log } from './ground.ts';
import type { Load } from './load.ts';
import { freshTopic, type Message } from './messages.ts';
import type { Shop } from './shop.ts';

/** From the commit of an order to the commit of its row in the contract service, as Postgres recorded both. */
const delays = `
  select extract(epoch from pg_xact_commit_timestamp(v.xmin) - pg_xact_commit_timestamp(o.xmin))::float8 * 1000 as ms
    from orders.orders o join contracts.order_view v using (order_id) where o.created_at >= $1`;

/** Commit to effect in the next service at half of the highest load, beside produce to consume with kafkajs alone at the same rate. */
export async function benchEffect(ground: Ground, shop: Shop, load: Load, { highest, ms = 15_000 }: { highest: number; ms?: number }): Promise<Figure[]> {
  const rate = Math.floor(highest / 2);
  const floor = await kafkaAlone(ground, { rate, ms: ms / 3, bytes: 1_500 });
  const contract = await ground.startService('contract', shop.databaseUrl);
  const ours = await asSuperuser(shop.databaseUrl, async (client) => {
    const behind = async () =>
      (await client.query('select from orders.orders o where not exists (select from contracts.order_view v where v.order_id = o.order_id) limit 1')).rowCount;
    const caughtUp = async () => {
      while (await behind()) await sleep(100);
    };
    await caughtUp();
    const ask = { url: shop.url, clients: shop.customers.map(({ authorization }) => ({ authorization })), body: shop.body, rate };
    await load.run({ ...ask, ms: ms / 3 });
    const { rows } = await client.query<{ now: Date }>('select now()');
    await load.run({ ...ask, ms });
    await caughtUp();
    return (await client.query<{ ms: number }>(delays, [rows[0]!.now])).rows.map((row) => row.ms);
  });
  await contract.stop();
  const name = (part: string) => `commit to effect, half load (${rate}/s), ${part}`;
  return [0.5, 0.99].map((part) => beside(name(`p${part * 100}`), 'ms', percentile(ours, part), percentile(floor, part)));
}

/** ms from the call of `send` to the consumer's handler. */
async function kafkaAlone({ brokers }: Ground, { rate, ms, bytes }: { rate: number; ms: number; bytes: number }): Promise<number[]> {
  const topicPrefix = await freshTopic(brokers);
  const topic = `${topicPrefix}order.cancelled`;
  const kafka = kafkaOf({ brokers, clientId: 'floor', topicPrefix, log });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: `${topicPrefix}floor`, maxWaitTimeInMs: 100 });
  const seen: number[] = [];
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(performance.now() - Number(message.headers!['sent']));
      return Promise.resolve();
    },
  });
  await joined;
  const value = 'x'.repeat(bytes);
  const sent: Promise<unknown>[] = [];
  for (const started = performance.now(); performance.now() - started < ms; await sleep(1)) {
    const due = ((performance.now() - started) / 1_000) * rate;
    while (sent.length < due) {
      const message = { key: `ord_${sent.length}`, value, headers: { sent: String(performance.now()) } } satisfies Message;
      sent.push(producer.send({ topic, acks: -1, messages: [message] }));
    }
  }
  await Promise.all(sent);
  while (seen.length < sent.length) await sleep(50);
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  // The first second warms up.
  return seen.slice(Math.min(rate, seen.length / 2));
}
