import { setTimeout as sleep } from 'node:timers/promises';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import { startChild, type Child } from './child.ts';
import { highestMegabytes, type Debezium } from './debezium.ts';
import { freshTopic, type Environment } from './environment.ts';
import { beside, median, type Figure } from './figure.ts';
import { messages, type Message } from './messages.ts';
import { debeziums, fill, ours } from './outbox.ts';
import type { SecuredWay } from './secured-way.ts';
import { arrived, checkOrder } from './topic.ts';

const few = 20;

/**
 * The outbox drained by the relay, beside kafkajs sending the same messages in batches of the same size with
 * nothing around it, and beside Debezium; each in a process of its own that stays, warm from a round that is
 * not counted and in which the order of all that arrived is checked. Our time begins before we connect,
 * Debezium's with its first event on the topic.
 */
export async function benchRelay(
  environment: Environment,
  debezium: Debezium | undefined,
  { count = 100_000, keys = 5_000, rounds = 3 } = {},
): Promise<Figure[]> {
  const databaseUrl = await environment.makeDatabase('accord_relay');
  await migrateService(urlsOf(databaseUrl, 'order').owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('./no-migrations/', import.meta.url),
  });
  const children = {
    bare: startChild(new URL('./bare-producer.ts', import.meta.url)),
    sender: startChild(new URL('./publisher.ts', import.meta.url)),
    relay: startChild(new URL('./publisher.ts', import.meta.url)),
  };
  const contenders = {
    bare: () => sendAlone(environment, children.bare, { count, keys }),
    sender: () => sendAlone(environment, children.sender, { count, keys }),
    ours: (check: boolean) => drain(environment, children.relay, { databaseUrl, count, keys, check }),
    few: (check: boolean) => drain(environment, children.relay, { databaseUrl, count, keys: few, check }),
    ...(debezium && {
      debezium: (check: boolean) =>
        drainByDebezium(environment, debezium, { work: messages(count, keys), check }),
    }),
  };
  const rates = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const rate = await run(round === 0);
      if (round > 0) rates.set(name, [...(rates.get(name) ?? []), rate]);
    }
  }
  const highest = highestMegabytes(children.relay.pid);
  await Promise.all(Object.values(children).map((child) => child.stop()));
  const rate = (name: keyof typeof contenders) => median(rates.get(name) ?? []);
  const what = `relay drain, ${count} events of ${keys} keys`;
  return [
    beside(`${what}, beside kafkajs alone`, 'events/s', rate('ours'), rate('bare')),
    beside(`${what}, beside our sender alone`, 'events/s', rate('ours'), rate('sender')),
    beside(`relay drain, ${few} keys beside ${keys}`, 'events/s', rate('few'), rate('ours')),
    ...(debezium ? [beside(`${what}, beside Debezium`, 'events/s', rate('ours'), rate('debezium'))] : []),
    ...(debezium ? await memory(environment, debezium, { highest, work: messages(count, keys) }) : []),
  ];
}

/** Of kafkajs or of our sender. */
async function sendAlone(
  { brokers }: Environment,
  child: Child,
  ask: { count: number; keys: number },
): Promise<number> {
  child.send({ ...ask, brokers, topicPrefix: await freshTopic(brokers) });
  return (await child.answer<{ perSecond: number }>()).perSecond;
}

interface DrainAsk {
  readonly databaseUrl: string;
  readonly count: number;
  readonly keys: number;
  readonly check: boolean;
  /** Absent: without TLS. */
  readonly way?: SecuredWay;
}

export async function drain(
  { brokers }: Environment,
  relay: Child,
  { databaseUrl, count, keys, check, way }: DrainAsk,
): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  await asSuperuser(databaseUrl, (client) =>
    fill(client, ours, { work: messages(count, keys), topicPrefix }),
  );
  const { operator } = urlsOf(databaseUrl, 'order');
  relay.send({ brokers, topicPrefix, count, keys, url: way?.urlOf(operator) ?? operator, wire: way?.wire });
  const { perSecond } = await relay.answer<{ perSecond: number }>();
  if (check) await checkOrder(brokers, topicPrefix, count);
  return perSecond;
}

async function drainByDebezium(
  { brokers }: Environment,
  debezium: Debezium,
  { work, check }: { work: readonly Message[]; check: boolean },
): Promise<number> {
  const topicPrefix = await freshTopic(brokers);
  await asSuperuser(debezium.databaseUrl, (client) => fill(client, debeziums, { work, topicPrefix }));
  const arriving = arrived(brokers, topicPrefix, work.length);
  await debezium.resume();
  const perSecond = await arriving;
  await debezium.rest();
  if (check) await checkOrder(brokers, topicPrefix, work.length);
  return perSecond;
}

/**
 * Megabytes at their highest: of a process that does nothing but relay, and of a whole service that drains
 * the same outbox.
 */
async function memory(
  environment: Environment,
  debezium: Debezium,
  { highest, work }: { highest: number; work: readonly Message[] },
): Promise<Figure[]> {
  const databaseUrl = await environment.makeDatabase('accord');
  const service = await environment.startService('order', databaseUrl);
  await service.kill('SIGTERM');
  const of = await asSuperuser(databaseUrl, async (client) => {
    await fill(client, ours, { work, topicPrefix: '' });
    await service.restart();
    while ((await client.query('select from orders.outbox limit 1')).rowCount) await sleep(50);
    return highestMegabytes(service.pid);
  });
  await service.stop();
  const floor = highestMegabytes(debezium.pid);
  return [
    beside('highest memory, a process that relays, beside Debezium', 'MB', highest, floor),
    beside('highest memory, the order service draining, beside Debezium', 'MB', of, floor),
  ];
}
