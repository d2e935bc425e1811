import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { newEventId } from '@accord/core';
import {
  catalogue,
  eventTypes,
  headersOf,
  parseFact,
  readEvent,
  subjectOf,
  type Event,
  type EventDefinition,
  type EventType,
  type Fact,
} from '@accord/events';
import { applyTopics, openKafka, openSender, readTopics, type KafkaClient, type Sender } from '@accord/kafka';
import {
  platformSettings,
  startService,
  type PlatformSettings,
  type RunningService,
  type Service,
  type ServiceContext,
} from '@accord/platform';
import type { Clock } from '@accord/postgres';
import { clientOf, type Client } from './client.ts';
import { startIssuer, type TestIssuer } from './issuer.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';
import { until } from './waiting.ts';

export interface Published {
  /** The event's id; the same id again is the same event again. */
  readonly id?: string;
  /** How often it is sent; default once. */
  readonly repeat?: number;
  readonly causationId?: string;
  readonly correlationId?: string;
  readonly actor?: string;
}

/**
 * One service on real parts: its own database, its own topics, real HTTP, relay, consumer and workers
 * running.
 */
export interface TestService {
  readonly baseUrl: string;
  readonly opsUrl: string;
  /** Move it to move `tx.now`. */
  readonly clock: Clock;
  readonly running: RunningService;
  readonly issuer: TestIssuer;
  readonly database: TestDatabase;
  /**
   * Everything this service announced so far, read back from Kafka: each event once, as whoever drops repeats
   * sees it (EVT-8). Order is kept per aggregate.
   */
  readonly events: readonly Event[];
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  customer(accountId: string, scopes?: string): Client;
  operator(subject?: string): Client;
  platform(): Client;
  anonymous(): Client;
  /** Puts an event on its real topic, as another service would; resolves with its id. */
  publish(fact: Fact, how?: Published): Promise<string>;
  /** Waits for an event that this service announces, also one announced before. */
  event<T extends EventType>(type: T, matches?: (data: Event<T>['data']) => boolean): Promise<Event<T>>;
  /**
   * Waits until what was published is handled, the outbox is empty and, unless told otherwise, no work is
   * due.
   */
  settled(how?: { dueWork?: boolean }): Promise<void>;
  /** As superuser, in the service's schema. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** As the service's app role, with this account set for a transaction. */
  asRole(accountId: string | undefined): {
    sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  };
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  readonly service: (around: ServiceContext) => Service;
  /** Changes to the platform's settings. */
  readonly settings?: Partial<PlatformSettings>;
}

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with npm test`);
  return value;
};

/** A topic that was just made may have no leader for a moment. */
async function persistently<T>(work: () => Promise<T>, tries = 20): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (tries === 1) throw error;
    await sleep(200);
    return persistently(work, tries - 1);
  }
}

export async function testService({
  service: make,
  settings: changes = {},
}: TestServiceOptions): Promise<TestService> {
  const superuserUrl = needed('ACCORD_POSTGRES_URL');
  const brokers = needed('ACCORD_KAFKA_BROKERS').split(',');
  const log = pino({ level: process.env['ACCORD_TEST_LOG'] ?? 'silent' });
  const template = make({ log });
  const topicPrefix = `t${randomBytes(4).toString('hex')}.`;
  const spoken = eventTypes.filter((type) => (catalogue[type] as EventDefinition).speaker === template.name);
  const topics = [
    ...new Set([...spoken, ...Object.keys(template.subscriptions), `${template.name}.dead_letter`]),
  ];
  const [database, issuer] = await Promise.all([
    testDatabase(superuserUrl, template),
    startIssuer(),
    applyTopics({ brokers, topicPrefix, log }, { topics, replication: 1, partitions: 2 }),
  ]);
  await template.close?.();
  const clock: Clock = { offsetMs: 0 };
  const settings = {
    ...platformSettings.parse({
      ACCORD_ENV: 'development',
      ACCORD_HOST: '127.0.0.1',
      ACCORD_PORT: 0,
      ACCORD_OPS_PORT: 0,
      ACCORD_DATABASE_URL: database.urls.app,
      ACCORD_OPERATOR_DATABASE_URL: database.urls.operator,
      ACCORD_KAFKA_BROKERS: brokers.join(','),
      ACCORD_TOPIC_PREFIX: topicPrefix,
      ACCORD_TOKEN_ISSUER: issuer.issuer,
      ACCORD_JWKS_URL: issuer.jwksUrl,
      PROVIDER_PROFILE: 'baidu',
      ACCORD_LOG_LEVEL: process.env['ACCORD_TEST_LOG'] ?? 'silent',
      ACCORD_RATE_PER_MINUTE: 0,
      ACCORD_CHECK_ANSWERS: 'true',
    }),
    ...changes,
  };
  const running = await startService(settings, (_, around) => make(around), { clock });
  await running.joined;
  const kafka = openKafka({ brokers, clientId: 'accord-test', topicPrefix, log });
  const sender = await openSender(kafka);
  const heard = await listen(kafka, spoken);
  return assemble({ running, database, issuer, clock, topicPrefix, sender, heard });
}

/** Reads back what the service announces. */
async function listen(kafka: KafkaClient, types: readonly EventType[]) {
  const events: Event[] = [];
  const ids = new Set<string>();
  const reader = await readTopics(kafka, {
    reader: 'listener',
    topics: types,
    onMessages(type, _partition, messages) {
      for (const { value, headers } of messages) {
        try {
          const event = readEvent(type, JSON.parse(value), headers);
          if (!ids.has(event.id)) events.push(event);
          ids.add(event.id);
        } catch {
          // Broken on purpose by a test, straight into the outbox; a service cannot announce it.
        }
      }
    },
  });
  return {
    events,
    async caughtUp() {
      const announced = await persistently(() => reader.offsetRanges());
      await until('what was announced is read back', () => reader.hasRead(announced));
    },
    stop: () => reader.close(),
  };
}

interface Parts {
  readonly running: RunningService;
  readonly database: TestDatabase;
  readonly issuer: TestIssuer;
  readonly clock: Clock;
  readonly topicPrefix: string;
  readonly sender: Sender;
  readonly heard: { readonly events: Event[]; caughtUp(): Promise<void>; stop(): Promise<void> };
}

function assemble({ running, database, issuer, clock, topicPrefix, sender, heard }: Parts): TestService {
  const { service, baseUrl } = running;
  const superuser = new pg.Pool({
    connectionString: database.url,
    max: 4,
    options: `-c search_path=${service.schema}`,
  });
  const app = new pg.Pool({
    connectionString: database.urls.app,
    max: 2,
    options: `-c search_path=${service.schema}`,
  });
  for (const pool of [superuser, app]) pool.on('error', () => undefined);
  const published = new Set<string>();
  const sql = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await superuser.query<Row>(text, values)).rows;
  const scopes =
    'orders:read orders:write contracts:read contracts:write refunds:read refunds:write notifications:read notifications:write';

  async function publish(
    fact: Fact,
    {
      id = newEventId(),
      repeat = 1,
      causationId = id,
      correlationId = id,
      actor = 'platform:test',
    }: Published = {},
  ) {
    const { data } = parseFact(fact.type, fact.data);
    const subject = subjectOf({ type: fact.type, data } as Fact);
    const event = {
      type: fact.type,
      data,
      id,
      time: new Date(Date.now() + clock.offsetMs),
      actor,
      causationId,
      correlationId,
      subject,
    } as Event;
    const { speaker } = catalogue[fact.type] as EventDefinition;
    const message = {
      topic: fact.type,
      key: subject.id,
      value: JSON.stringify(data),
      headers: headersOf(event, {
        source: speaker === 'platform' ? '/platform/test' : `/services/${speaker}`,
      }),
    };
    for (let times = 0; times < repeat; times += 1) await persistently(() => sender.send([message]));
    if (fact.type in service.subscriptions) published.add(id);
    return id;
  }

  async function settled({ dueWork = true } = {}) {
    await until('published events are handled', async () => {
      if (published.size === 0) return true;
      const done = await sql<{ event_id: string }>(
        `select event_id from inbox where event_id = any($1::uuid[]) union select event_id from parked_events where event_id = any($1::uuid[]) and status = 'dead'`,
        [[...published]],
      );
      for (const row of done) published.delete(row.event_id);
      return published.size === 0;
    });
    await until('the outbox is empty and nothing is due', async () => {
      if (dueWork) for (const worker of running.workers) worker.look();
      const due = dueWork ? await running.dueNow() : 0;
      const [left] = await sql<{ left: string }>(`select count(*) as left from outbox`);
      return due === 0 && left?.left === '0';
    });
    // What left the outbox is on the topics; the listener reads it a moment later.
    await heard.caughtUp();
  }

  return {
    baseUrl,
    opsUrl: running.opsUrl,
    clock,
    running,
    issuer,
    database,
    brokers: running.settings.ACCORD_KAFKA_BROKERS,
    topicPrefix,
    events: heard.events,
    customer: (accountId, scope = scopes) =>
      clientOf(baseUrl, () => issuer.token({ sub: `usr_${accountId}`, account_id: accountId, scope })),
    operator: (sub = 'op_1') => clientOf(baseUrl, () => issuer.token({ sub, scope: 'operator' })),
    platform: () => clientOf(baseUrl, () => issuer.token({ sub: 'platform_1', scope: 'platform' })),
    anonymous: () => clientOf(baseUrl),
    publish,
    settled,
    sql,
    async event(type, matches = () => true) {
      let found: Event | undefined;
      await until(
        `event ${type}`,
        () =>
          (found = heard.events.find((event) => event.type === type && matches(event.data as never))) !==
          undefined,
      );
      return found as never;
    },
    asRole: (accountId) => ({
      async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
        const client = await app.connect();
        try {
          await client.query('begin');
          if (accountId !== undefined)
            await client.query(`select set_config('accord.account', $1, true)`, [accountId]);
          return (await client.query<Row>(text, values)).rows;
        } finally {
          await client.query('rollback');
          client.release();
        }
      },
    }),
    async stop() {
      await running.stop();
      await Promise.all([heard.stop(), sender.close(), issuer.close(), superuser.end(), app.end()]);
      await database.drop();
    },
  };
}
