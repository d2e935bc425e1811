import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Event, readEvent } from '@accord/events';
import { kafkaOf, migrate, openSender, shardOf, startRelay } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import type pg from 'pg';
import { beside, type Figure, median } from './figure.ts';
import { asSuperuser, type Ground, log } from './ground.ts';
import { freshTopic, type Message, messages, topic } from './messages.ts';

const batchSize = 500;
const batches = <T>(items: readonly T[], size: number) => Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
const sampleUrl = new URL(`../../libs/events/samples/${topic}.1.json`, import.meta.url);

/** The outbox drained by the relay, beside kafkajs sending the same messages in the same batches with nothing around it; each key in order. */
export async function benchRelay(ground: Ground, { count = 100_000, keys = 5_000, rounds = 3 } = {}): Promise<Figure> {
  const databaseUrl = await ground.makeDatabase('accord_relay');
  await migrate(urlsOf(databaseUrl, 'order').owner, { service: 'order', schema: 'orders', folder: new URL('./no-migrations/', import.meta.url) });
  const work = messages(count, keys, sample());
  const ours: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    floors.push(await kafkaAlone(ground, work));
    ours.push(await relay(ground, databaseUrl, work));
  }
  return beside(`relay drain, ${count} events of ${keys} keys`, 'events/s', median(ours), median(floors));
}

function sample(): Event {
  const { value, headers } = JSON.parse(readFileSync(sampleUrl, 'utf8')) as { value: unknown; headers: Record<string, string> };
  return readEvent(topic, value, headers);
}

/** As many producers beside each other as the relay has, one batch in flight each. */
async function kafkaAlone({ brokers }: Ground, work: readonly Message[]): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  const shards = Map.groupBy(work, ({ key }) => shardOf(key));
  const senders = await Promise.all(
    [...shards.values()].map(async (shard) => ({
      shard: batches(shard, batchSize),
      sender: await openSender(kafkaOf({ brokers, clientId: 'floor', topicPrefix, log }), topicPrefix),
    })),
  );
  const started = performance.now();
  await Promise.all(
    senders.map(async ({ shard, sender }) => {
      for (const batch of shard) await sender.send(batch.map((message) => ({ topic, ...message })));
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(senders.map(({ sender }) => sender.close()));
  return work.length / seconds;
}

async function relay({ brokers }: Ground, databaseUrl: string, work: readonly Message[]): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  await asSuperuser(databaseUrl, (client) => fill(client, work));
  const kafka = kafkaOf({ brokers, clientId: 'bench', topicPrefix, log });
  let published = 0;
  let finished: () => void;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const started = performance.now();
  const onPublished = (events: number) => {
    published += events;
    if (published >= work.length) finished();
  };
  const running = startRelay({ url: urlsOf(databaseUrl, 'order').operator, schema: 'orders', kafka, topicPrefix, log, onPublished });
  await all;
  const seconds = (performance.now() - started) / 1_000;
  await running.stop();
  await checkOrder(brokers, topicPrefix, work.length);
  return work.length / seconds;
}

async function fill(client: pg.Client, work: readonly Message[]): Promise<void> {
  await client.query('set search_path = orders; truncate outbox');
  for (const batch of batches(work, 1_000)) {
    await client.query(
      `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload, headers, shard, occurred_at)
       select gen_random_uuid(), 'order', k, v, $6, k, $6, p, h, s, now()
         from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::int[]) as u (k, v, p, h, s)`,
      [
        batch.map(({ key }) => key),
        batch.map(({ headers }) => headers['ce_sequence']),
        batch.map(({ value }) => value),
        batch.map(({ headers }) => JSON.stringify(headers)),
        batch.map(({ key }) => shardOf(key)),
        topic,
      ],
    );
  }
  await client.query('checkpoint');
}

/** @throws Error where an event is missing or came before an earlier one of its key. */
async function checkOrder(brokers: readonly string[], topicPrefix: string, count: number): Promise<void> {
  const consumer = kafkaOf({ brokers, clientId: 'check', topicPrefix, log }).consumer({ groupId: `${topicPrefix}check` });
  const versions = new Map<string, number>();
  let arrived = 0;
  let wrong = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: topicPrefix + topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      for (const { key, headers } of batch.messages) {
        const version = Number(headers!['ce_sequence']);
        if (version !== (versions.get(String(key)) ?? 0) + 1) wrong += 1;
        versions.set(String(key), version);
      }
      arrived += batch.messages.length;
      return Promise.resolve();
    },
  });
  for (let waited = 0; arrived < count && waited < 600; waited += 1) await sleep(100);
  await consumer.disconnect();
  if (arrived !== count || wrong > 0) throw new Error(`of ${count} events ${arrived} arrived, ${wrong} out of order`);
}
