import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import { startChild, type Child } from './child.ts';
import type { Debezium } from './debezium.ts';
import { freshTopic, type Environment } from './environment.ts';
import { beside, percentile, type Figure } from './figure.ts';
import { topic } from './messages.ts';
import type { SecuredWay } from './secured-way.ts';
import type { WriterAsk } from './writer.ts';

export const placed = 'create table placed (event_id uuid primary key)';
const rates = [100, 400];

/**
 * From the commit, as Postgres recorded it, to a plain kafkajs consumer that has the event; ours and Debezium
 * in turn, the other at rest. The process that commits is the same for both; in ours the relay runs beside
 * it, as it does in a service.
 */
export async function benchReceived(
  environment: Environment,
  debezium: Debezium,
  { warmUpMs = 15_000, ms = 12_000, rounds = 2 } = {},
): Promise<Figure[]> {
  const databaseUrl = await environment.makeDatabase('accord_received');
  await migrateService(urlsOf(databaseUrl, 'order').owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('./no-migrations/', import.meta.url),
  });
  await asSuperuser(databaseUrl, (client) => client.query(placed));
  await asSuperuser(debezium.databaseUrl, (client) => client.query(placed));
  const writers = {
    ours: startChild(new URL('./writer.ts', import.meta.url)),
    debezium: startChild(new URL('./writer.ts', import.meta.url)),
  };
  const relay = { url: urlsOf(databaseUrl, 'order').operator, brokers: environment.brokers };
  const byOurs = (rate: number, forMs: number) =>
    delays(environment, writers.ours, { url: databaseUrl, rate, ms: forMs, relay });
  const byDebezium = async (rate: number, forMs: number) => {
    await debezium.resume();
    const found = await delays(environment, writers.debezium, { url: debezium.databaseUrl, rate, ms: forMs });
    await debezium.rest();
    return found;
  };
  await byOurs(Math.max(...rates), warmUpMs);
  await byDebezium(Math.max(...rates), warmUpMs);
  const figures: Figure[] = [];
  for (const rate of rates) {
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      mine.push(...(await byOurs(rate, ms)));
      theirs.push(...(await byDebezium(rate, ms)));
    }
    const name = (part: number) => `commit to received at ${rate} events/s, p${part * 100}, beside Debezium`;
    figures.push(
      ...[0.5, 0.99].map((part) =>
        beside(name(part), 'ms', percentile(mine, part), percentile(theirs, part)),
      ),
    );
  }
  await Promise.all(Object.values(writers).map((writer) => writer.stop()));
  return figures;
}

/** ms of each event; those of the first second warm up and are left out. */
export async function delays(
  { brokers }: Environment,
  writer: Child,
  ask: Omit<WriterAsk, 'topicPrefix'>,
  way?: SecuredWay,
): Promise<number[]> {
  const topicPrefix = await freshTopic(brokers);
  const receiver = await receive(way?.kafka ?? { brokers: [...brokers] }, topicPrefix);
  writer.send({ ...ask, topicPrefix });
  const { written } = await writer.answer<{ written: number }>();
  for (let waited = 0; receiver.at.size < written && waited < 600; waited += 1) await sleep(50);
  await receiver.stop();
  writer.send({});
  await writer.answer<{ ended: true }>();
  if (receiver.at.size !== written) throw new Error(`of ${written} events ${receiver.at.size} were received`);
  const committed = await asSuperuser(ask.url, async (client) => {
    const text = `select event_id as "eventId", extract(epoch
      from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from placed where event_id = any($1::uuid[])`;
    return (await client.query<{ eventId: string; at: number }>(text, [[...receiver.at.keys()]])).rows;
  });
  const from = Math.min(...committed.map(({ at }) => at)) + 1_000;
  return committed.filter(({ at }) => at >= from).map(({ eventId, at }) => receiver.at.get(eventId)! - at);
}

/** A plain consumer, and when it had each event, ms since 1970. */
async function receive(
  settings: KafkaConfig,
  topicPrefix: string,
): Promise<{ at: Map<string, number>; stop(): Promise<void> }> {
  const kafka = new Kafka({ ...settings, clientId: 'receiver', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${topicPrefix}receiver`, maxWaitTimeInMs: 100 });
  const at = new Map<string, number>();
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topic: topicPrefix + topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      const id = String(message.headers!['ce_id']);
      if (!at.has(id)) at.set(id, performance.timeOrigin + performance.now());
      return Promise.resolve();
    },
  });
  await joined;
  return { at, stop: () => consumer.disconnect() };
}
