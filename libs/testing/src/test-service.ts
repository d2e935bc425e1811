import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { Event, EventType, Fact } from '@accord/events';
import { topicsSpokenBy } from '@accord/events/topics';
import { applyTopics, openKafka, openSender, type Sender } from '@accord/kafka';
import {
  platformSettings,
  startService,
  topicsOf,
  type PlatformSettings,
  type RunningService,
  type Service,
  type ServiceContext,
} from '@accord/platform';
import type { Clock } from '@accord/postgres';
import { clientOf, type Client } from './client.ts';
import { everyScope, startIssuer, type TestIssuer } from './issuer.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';
import { openSql, type Sql, type TestSql } from './test-sql.ts';
import { listen, publisher, type Listener, type Published } from './test-topics.ts';
import { until } from './waiting.ts';

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
   * All events that this service announced so far, read back from Kafka, without repeats (EVT-8). Order is kept
   * per aggregate.
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
   * Waits until every published event is handled, the outbox is empty and, unless told otherwise, no work is
   * due.
   */
  settled(how?: { dueWork?: boolean }): Promise<void>;
  /** As superuser, in the service's schema. */
  readonly sql: Sql;
  /** As the service's app role, with this account set for a transaction. */
  readonly asRole: TestSql['asRole'];
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  readonly service: (context: ServiceContext) => Service;
  /** Changes to the platform's settings. */
  readonly settings?: Partial<PlatformSettings>;
}

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with npm test`);
  return value;
};

interface Resources {
  readonly database: TestDatabase;
  readonly issuer: TestIssuer;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

const settingsOf = ({ database, issuer, brokers, topicPrefix }: Resources): PlatformSettings =>
  platformSettings.parse({
    ACCORD_ENV: 'development',
    ACCORD_DRAIN_MS: 0,
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
    ACCORD_BODY_BYTES_PER_SECOND: 0,
    ACCORD_CHECK_ANSWERS: 'true',
  });

export async function testService({
  service: make,
  settings: changes = {},
}: TestServiceOptions): Promise<TestService> {
  const superuserUrl = needed('ACCORD_POSTGRES_URL');
  const brokers = needed('ACCORD_KAFKA_BROKERS').split(',');
  const log = pino({ level: process.env['ACCORD_TEST_LOG'] ?? 'silent' });
  const template = make({ log });
  const topicPrefix = `t${randomBytes(4).toString('hex')}.`;
  const [database, issuer] = await Promise.all([
    testDatabase(superuserUrl, template),
    startIssuer(),
    applyTopics({ brokers, topicPrefix, log }, { topics: topicsOf(template), replication: 1, partitions: 2 }),
  ]);
  await template.close?.();
  const clock: Clock = { offsetMs: 0 };
  const settings = { ...settingsOf({ database, issuer, brokers, topicPrefix }), ...changes };
  const running = await startService(settings, (_, context) => make(context), { clock });
  await running.joined;
  const kafka = openKafka({ brokers, clientId: 'accord-test', topicPrefix, log });
  const sender = await openSender(kafka);
  const heard = await listen(kafka, topicsSpokenBy(template.name));
  return assemble({ running, database, issuer, clock, topicPrefix, sender, heard });
}

interface Parts {
  readonly running: RunningService;
  readonly database: TestDatabase;
  readonly issuer: TestIssuer;
  readonly clock: Clock;
  readonly topicPrefix: string;
  readonly sender: Sender;
  readonly heard: Listener;
}

/** Waits until each of these events is handled, or given up, and takes it out. */
const allHandled = (sql: Sql, published: Set<string>) =>
  until('published events are handled', async () => {
    if (published.size === 0) return true;
    const done = await sql<{ event_id: string }>(
      `select event_id from inbox where event_id = any($1::uuid[])
       union select event_id from parked_events where event_id = any($1::uuid[]) and status = 'dead'`,
      [[...published]],
    );
    for (const row of done) published.delete(row.event_id);
    return published.size === 0;
  });

const nothingLeft = (sql: Sql, running: RunningService, { dueWork }: { dueWork: boolean }) =>
  until('the outbox is empty and nothing is due', async () => {
    if (dueWork) for (const worker of running.workers) worker.look();
    const due = dueWork ? await running.dueNow() : 0;
    const [left] = await sql<{ left: string }>(`select count(*) as left from outbox`);
    return due === 0 && left?.left === '0';
  });

function assemble({ running, database, issuer, clock, topicPrefix, sender, heard }: Parts): TestService {
  const { service, baseUrl } = running;
  const { sql, asRole, close } = openSql(database, service.schema);
  const send = publisher(sender, clock);
  const published = new Set<string>();

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
    customer: (accountId, scope = everyScope) =>
      clientOf(baseUrl, () => issuer.token({ sub: `usr_${accountId}`, account_id: accountId, scope })),
    operator: (sub = 'op_1') => clientOf(baseUrl, () => issuer.token({ sub, scope: 'operator' })),
    platform: () => clientOf(baseUrl, () => issuer.token({ sub: 'platform_1', scope: 'platform' })),
    anonymous: () => clientOf(baseUrl),
    async publish(fact, how) {
      const id = await send(fact, how);
      if (fact.type in service.subscriptions) published.add(id);
      return id;
    },
    async settled({ dueWork = true } = {}) {
      await allHandled(sql, published);
      await nothingLeft(sql, running, { dueWork });
      // Events that left the outbox are on the topics; the listener reads them a moment later.
      await heard.caughtUp();
    },
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
    asRole,
    async stop() {
      await running.stop();
      await Promise.all([heard.stop(), sender.close(), issuer.close(), close()]);
      await database.drop();
    },
  };
}
