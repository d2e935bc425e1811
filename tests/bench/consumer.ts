import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { headersOf, readEvent, type Event } from '@accord/events';
import { openKafka, openSender } from '@accord/kafka';
import { asSuperuser } from '@accord/local/parts';
import { migrateService, platformSettings, type PlatformSettings } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import type { BareConsumerAsk } from './bare-consumer.ts';
import { startChild } from './child.ts';
import type { CountingAsk } from './counting-service.ts';
import { countingService, sampleData } from './counting.ts';
import { freshTopic, log, type Environment } from './environment.ts';
import { beside, median, type Figure } from './figure.ts';
import { topic, type Message } from './messages.ts';

const { name: service, schema, migrations } = countingService();
const sampleUrl = new URL(`../../libs/events/samples/${topic}.1.json`, import.meta.url);

/**
 * A backlog drained by a service with inbox and a small effect, beside the floors; each a process of its own
 * that begins with the backlog. In the minute after it joined, the service notes each event before it begins
 * it, too (EVT-9); so it is measured again when that is over.
 */
export async function benchConsumer(
  environment: Environment,
  { count = 60_000, keys = 5_000, rounds = 3 } = {},
): Promise<Figure[]> {
  const databaseUrl = await environment.makeDatabase('accord_consumer');
  await migrateService(urlsOf(databaseUrl, service).owner, { name: service, schema, migrations });
  const work = events(count, keys);
  const runs = { ours: [] as number[], decoded: [] as number[], effect: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const topicPrefix = await backlog(environment, work);
    const floor = { brokers: environment.brokers, topicPrefix, topic, count };
    runs.decoded.push(await bare(floor));
    await emptied(databaseUrl);
    runs.effect.push(
      await bare({ ...floor, effect: { url: urlsOf(databaseUrl, service).operator, schema } }),
    );
    await checkCounts(databaseUrl, { count, keys });
    await emptied(databaseUrl);
    runs.ours.push(await ours(environment, { databaseUrl, topicPrefix, count }));
    await checkCounts(databaseUrl, { count, keys });
  }
  const later = await afterItsFirstMinute(environment, {
    databaseUrl,
    work,
    rounds,
    check: () => checkCounts(databaseUrl, { count, keys }),
  });
  const of = `${count} events of ${keys} keys`;
  return [
    beside(
      `consumer with inbox and effect beside the effect alone, ${of}`,
      'events/s',
      median(later),
      median(runs.effect),
    ),
    beside(`the same beside decoding alone`, 'events/s', median(later), median(runs.decoded)),
    beside(
      `the same in its first minute, beside the effect alone`,
      'events/s',
      median(runs.ours),
      median(runs.effect),
    ),
  ];
}

/** Events a second of each round. The service is held while its next backlog is made. */
async function afterItsFirstMinute(
  environment: Environment,
  {
    databaseUrl,
    work,
    rounds,
    check,
  }: { databaseUrl: string; work: readonly Message[]; rounds: number; check: () => Promise<void> },
) {
  const topicPrefix = await freshTopic(environment.brokers);
  const settings = {
    ...settingsOf(environment, { databaseUrl, topicPrefix }),
    ACCORD_KAFKA_SESSION_MS: 60_000,
  };
  const child = startChild(new URL('./counting-service.ts', import.meta.url), {
    settings,
  } satisfies CountingAsk);
  await child.answer();
  await sleep(61_000);
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await emptied(databaseUrl);
    process.kill(child.pid, 'SIGSTOP');
    await fill(environment, topicPrefix, work);
    const goesOnAt = Date.now();
    process.kill(child.pid, 'SIGCONT');
    perSecond.push(work.length / (((await lastEffect(databaseUrl, work.length)) - goesOnAt) / 1_000));
    await check();
  }
  await child.stop();
  return perSecond;
}

/** As services announce them. */
function events(count: number, keys: number): Message[] {
  const { headers } = JSON.parse(readFileSync(sampleUrl, 'utf8')) as { headers: Record<string, string> };
  return Array.from({ length: count }, (_, i) => {
    const data = sampleData(i, { keys });
    const event = { ...readEvent(topic, data, headers), id: randomUUIDv7(), time: new Date() } as Event;
    return {
      key: data.order.orderId,
      value: JSON.stringify(data),
      headers: headersOf(event),
    };
  });
}

/** A topic of its own with all of them on it. */
async function backlog(environment: Environment, work: readonly Message[]): Promise<string> {
  const topicPrefix = await freshTopic(environment.brokers);
  await fill(environment, topicPrefix, work);
  return topicPrefix;
}

async function fill({ brokers }: Environment, topicPrefix: string, work: readonly Message[]): Promise<void> {
  const sender = await openSender(openKafka({ brokers, clientId: 'backlog', topicPrefix, log }));
  for (let from = 0; from < work.length; from += 500)
    await sender.send(work.slice(from, from + 500).map((message) => ({ topic, ...message })));
  await sender.close();
}

async function bare(ask: BareConsumerAsk): Promise<number> {
  const child = startChild(new URL('./bare-consumer.ts', import.meta.url), ask);
  return (await child.answer<{ perSecond: number }>()).perSecond;
}

/** Events a second, from having joined the group to the commit of the last. */
async function ours(
  environment: Environment,
  { databaseUrl, topicPrefix, count }: { databaseUrl: string; topicPrefix: string; count: number },
): Promise<number> {
  const child = startChild(new URL('./counting-service.ts', import.meta.url), {
    settings: settingsOf(environment, { databaseUrl, topicPrefix }),
  } satisfies CountingAsk);
  const { joinedAt } = await child.answer<{ joinedAt: number }>();
  const lastAt = await lastEffect(databaseUrl, count);
  await child.stop();
  return count / ((lastAt - joinedAt) / 1_000);
}

/** When the last of so many committed, ms. */
const lastEffect = (databaseUrl: string, count: number): Promise<number> =>
  asSuperuser(databaseUrl, async (client) => {
    const done = async () =>
      Number((await client.query<{ n: string }>(`select count(*) as n from ${schema}.inbox`)).rows[0]!.n);
    while ((await done()) < count) await sleep(100);
    const { rows } = await client.query<{ at: Date }>(
      `select max(pg_xact_commit_timestamp(xmin)) as at from ${schema}.inbox`,
    );
    return rows[0]!.at.getTime();
  });

export function settingsOf(
  { issuer, brokers }: Environment,
  { databaseUrl, topicPrefix }: { databaseUrl: string; topicPrefix: string },
): PlatformSettings {
  const { app, operator } = urlsOf(databaseUrl, service);
  return platformSettings.parse({
    ACCORD_ENV: 'development',
    ACCORD_DRAIN_MS: 0,
    ACCORD_HOST: '127.0.0.1',
    ACCORD_PORT: 0,
    ACCORD_OPS_PORT: 0,
    ACCORD_DATABASE_URL: app,
    ACCORD_OPERATOR_DATABASE_URL: operator,
    ACCORD_KAFKA_BROKERS: brokers.join(','),
    ACCORD_TOPIC_PREFIX: topicPrefix,
    ACCORD_TOKEN_ISSUER: issuer.issuer,
    ACCORD_JWKS_URL: issuer.jwksUrl,
    PROVIDER_PROFILE: 'baidu',
    ACCORD_LOG_LEVEL: 'warn',
  });
}

const emptied = (databaseUrl: string) =>
  asSuperuser(
    databaseUrl,
    async (client) =>
      void (await client.query(
        `truncate ${schema}.counted, ${schema}.inbox, ${schema}.begun_events; checkpoint`,
      )),
  );

/** @throws Error where an event had its effect twice, never, or before an earlier one of its key. */
export const checkCounts = (databaseUrl: string, { count, keys }: { count: number; keys: number }) =>
  asSuperuser(databaseUrl, async (client) => {
    const { rows } = await client.query<{ keys: string; times: string; misplaced: string }>(
      `select count(*) as keys, sum(times) as times, sum(misplaced) as misplaced from ${schema}.counted`,
    );
    const found = JSON.stringify(rows[0]);
    if (found !== JSON.stringify({ keys: String(keys), times: String(count), misplaced: '0' }))
      throw new Error(`of ${count} events of ${keys} keys: ${found}`);
  });
