import { randomBytes } from 'node:crypto';
import { headersOf, type Event } from '@accord/events';
import { applyTopics, kafkaOf, migrate, openSender, provisionDatabase, startRelay } from '@accord/platform';
import { developmentPassword, urlsOf } from '@accord/testing';
import pg from 'pg';
import { pino } from 'pino';
import { beside, type Figure, median } from './figure.ts';

const topic = 'order.cancelled';
const log = pino({ level: 'silent' });

interface Message {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** Messages of the size and the headers that services really send. */
function messages(count: number, keys: number, sample: Event): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const key = `ord_${i % keys}`;
    const event = { ...sample, id: crypto.randomUUID(), subject: { ...sample.subject, id: key, version: Math.floor(i / keys) + 1 } } as Event;
    return { key, value: JSON.stringify(sample.data), headers: headersOf(event, { source: '/services/order' }) };
  });
}

const batches = <T>(items: readonly T[], size: number) => Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

export interface BenchPlaces {
  /** Superuser's URL of a database that may be filled and dropped. */
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
}

/** The outbox drained by the relay, beside kafkajs sending the same messages in the same batches with nothing around it. */
export async function benchRelay({ databaseUrl, brokers }: BenchPlaces, sample: Event, { count = 100_000, keys = 5_000, runs = 3 } = {}): Promise<Figure[]> {
  const work = messages(count, keys, sample);
  const ours: number[] = [];
  const alone: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    alone.push(await kafkaAlone(brokers, work));
    ours.push(await relay(databaseUrl, brokers, work));
  }
  return [beside(`relay drain, ${count} events, ${keys} keys`, 'events/s', median(ours), median(alone))];
}

async function freshTopic(brokers: readonly string[]): Promise<string> {
  const topicPrefix = `bench${randomBytes(4).toString('hex')}.`;
  await applyTopics({ brokers, topicPrefix, log }, { topics: [topic], replication: 1 });
  return topicPrefix;
}

async function kafkaAlone(brokers: readonly string[], work: readonly Message[]): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  const sender = await openSender(kafkaOf({ brokers, clientId: 'floor', topicPrefix, log }), topicPrefix);
  const started = performance.now();
  for (const batch of batches(work, 500)) await sender.send(batch.map((message) => ({ topic, ...message })));
  const seconds = (performance.now() - started) / 1000;
  await sender.close();
  return work.length / seconds;
}

async function relay(databaseUrl: string, brokers: readonly string[], work: readonly Message[]): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  await provisionDatabase(databaseUrl, { passwordOf: developmentPassword });
  const urls = urlsOf(databaseUrl, 'order');
  await migrate(urls.owner, { service: 'order', schema: 'orders', folder: new URL('./no-migrations/', import.meta.url) });
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c search_path=orders' });
  await client.connect();
  await client.query('truncate outbox');
  await fill(client, work);
  let published = 0;
  let finished = () => undefined as void;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const started = performance.now();
  const running = startRelay({
    url: urls.operator,
    schema: 'orders',
    kafka: kafkaOf({ brokers, clientId: 'bench', topicPrefix, log }),
    topicPrefix,
    log,
    onPublished: (events) => {
      published += events;
      if (published >= work.length) finished();
    },
  });
  await all;
  const seconds = (performance.now() - started) / 1000;
  await running.stop();
  await client.end();
  return work.length / seconds;
}

async function fill(client: pg.Client, work: readonly Message[]): Promise<void> {
  const { shardOf } = await import('@accord/platform');
  for (const batch of batches(work, 1_000)) {
    await client.query(
      `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload, headers, shard, occurred_at)
       select gen_random_uuid(), 'order', k, v, $5, k, $5, p, h, s, now() from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $6::int[]) as u (k, v, p, h, s)`,
      [
        batch.map(({ key }) => key),
        batch.map(({ headers }) => headers['ce_sequence']),
        batch.map(({ value }) => value),
        batch.map(({ headers }) => JSON.stringify(headers)),
        topic,
        batch.map(({ key }) => shardOf(key)),
      ],
    );
  }
}
