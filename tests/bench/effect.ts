import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { asSuperuser } from '@accord/local/parts';
import { freshTopic, type Environment } from './environment.ts';
import { beside, percentile, usual, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import type { Message } from './messages.ts';
import type { Shop } from './shop.ts';

/**
 * From the commit of an order to the commit of its row in the contract service, as Postgres recorded both.
 */
const delays = `
  select extract(epoch from pg_xact_commit_timestamp(v.xmin) - pg_xact_commit_timestamp(o.xmin))::float8 * 1000 as ms
    from orders.orders o join contracts.order_view v using (order_id) where o.created_at >= $1
   order by pg_xact_commit_timestamp(o.xmin)`;

/**
 * Commit to effect in the next service, at half of what both services carry together, beside produce to
 * consume with kafkajs alone at that rate. Everything shares the processors, so the broker's compiler must
 * have finished before anything is measured: hence the long warm-up, in which the careful minute after the
 * contract service joined goes by, too. The broker compiles anew for little at a time what it compiled
 * for much. Of six times ten seconds the middle one counts.
 */
export async function benchEffect(
  environment: Environment,
  shop: Shop,
  load: Load,
  { warmUpMs = 100_000, settleMs = 30_000, ms = 60_000 } = {},
): Promise<Figure[]> {
  const contract = await environment.startService('contract', shop.databaseUrl);
  const ask = {
    url: shop.url,
    clients: shop.customers.map(({ authorization }) => ({ authorization })),
    body: shop.body,
  };
  const measured = await asSuperuser(shop.databaseUrl, async (client) => {
    const count = async () =>
      Number(
        (await client.query<{ n: string }>('select count(*) as n from contracts.order_view')).rows[0]!.n,
      );
    const behind = async () =>
      (
        await client.query(
          'select from orders.orders o where not exists (select from contracts.order_view v where ' +
            'v.order_id = o.order_id) limit 1',
        )
      ).rowCount;
    const caughtUp = async () => {
      while (await behind()) await sleep(100);
    };
    await load.run({ ...ask, ms: warmUpMs });
    await caughtUp();
    const [before, began] = [await count(), performance.now()];
    await load.run({ ...ask, ms: 10_000 });
    const highest = ((await count()) - before) / ((performance.now() - began) / 1_000);
    await caughtUp();
    const rate = Math.floor(highest / 2);
    const floor = await kafkaAlone(environment, { rate, ms: ms / 3, bytes: 1_500 });
    await load.run({ ...ask, rate, ms: settleMs });
    const { rows } = await client.query<{ now: Date }>('select now()');
    await load.run({ ...ask, rate, ms });
    await caughtUp();
    return {
      rate,
      floor,
      ours: (await client.query<{ ms: number }>(delays, [rows[0]!.now])).rows.map((row) => row.ms),
    };
  });
  await contract.stop();
  const { rate, floor, ours } = measured;
  const name = (part: string) => `commit to effect, half load (${rate}/s), ${part}`;
  const figure = (what: string, of: typeof percentile, part: number) =>
    beside(name(what), 'ms', of(ours, part), of(floor, part));
  return [
    figure('p50', usual, 0.5),
    figure('p99', usual, 0.99),
    figure('p99 of the whole minute', percentile, 0.99),
  ];
}

/** ms from the call of `send` to the consumer's handler. */
async function kafkaAlone(
  { brokers }: Environment,
  { rate, ms, bytes }: { rate: number; ms: number; bytes: number },
): Promise<number[]> {
  const topicPrefix = await freshTopic(brokers);
  const topic = `${topicPrefix}order.cancelled`;
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'floor', logLevel: logLevel.NOTHING });
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
      const message = {
        key: `ord_${sent.length}`,
        value,
        headers: { sent: String(performance.now()) },
      } satisfies Message;
      sent.push(producer.send({ topic, acks: -1, messages: [message] }));
    }
  }
  await Promise.all(sent);
  while (seen.length < sent.length) await sleep(50);
  await Promise.all([producer.disconnect(), consumer.disconnect()]);
  // The first second warms up.
  return seen.slice(Math.min(rate, seen.length / 2));
}
