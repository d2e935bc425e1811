import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { ServiceName } from '@accord/events/services';
import { applyTopics, openAdmin, openKafka } from '@accord/kafka';
import {
  compileServices,
  settingsFor,
  startServiceProcess,
  type ServiceProcess,
  type Settings,
} from '@accord/local';
import {
  all,
  databaseUrl,
  dropDatabase,
  makeDatabase as makeDatabaseOn,
  placeOf,
  readOr,
  startKafka,
  startPostgres,
  topics,
} from '@accord/local/parts';
import { topicsOf } from '@accord/platform';
import { provisionDatabase } from '@accord/postgres/provision';
import { developmentPassword, startIssuer, until, type TestIssuer } from '@accord/testing';
import { removeAtEnd } from '../outside.ts';
import { topic } from './messages.ts';

/** Everything of the benchmark's lies in it and is gone when it ends. */
export const home = fileURLToPath(new URL('../../.accord/bench', import.meta.url));
const pidFile = join(home, 'pid');
export const log = pino({ level: 'silent' });

/** A durable Postgres and a fully compiled Kafka of the benchmark's own; everything is gone after `stop`. */
export interface Environment {
  readonly issuer: TestIssuer;
  readonly brokers: readonly string[];
  /** The lines that Postgres logged so far. */
  postgresLog(): string;
  /** Superuser's URL of a fresh database with the system's roles and empty schemas. */
  makeDatabase(name: string): Promise<string>;
  /** A service as a process of its own, as `npm start` runs it; stopped with the environment at the latest. */
  startService(name: ServiceName, databaseUrl: string, settings?: Settings): Promise<ServiceProcess>;
  /** Adds something else that is to be stopped with it, before it. */
  onStop(stop: () => Promise<void>): void;
  stop(): Promise<void>;
}

const startBroker = () => startKafka({ dataDir: join(home, 'broker'), jit: true, heapMb: 2_048 });

/**
 * @param broker another one than a plain one.
 * @throws Error where another benchmark runs in this folder.
 */
export async function startEnvironment(
  broker: () => Promise<{ readonly brokers: string; stop(): Promise<void> }> = startBroker,
): Promise<Environment> {
  claim();
  const started = new AsyncDisposableStack();
  const part = async <T extends { stop(): Promise<void> }>(starting: Promise<T>) => {
    const there = await starting;
    started.defer(() => there.stop());
    return there;
  };
  removeAtEnd(started, [home, placeOf(join(home, 'postgres'))]);
  try {
    const [postgres, kafka] = await all([
      part(startPostgres({ dataDir: join(home, 'postgres'), settings: { track_commit_timestamp: 'on' } })),
      part(broker()),
      compileServices(),
    ]);
    const environment = await environmentOn({ postgresUrl: postgres.url, broker: kafka.brokers, home });
    started.defer(environment.stop);
    return { ...environment, stop: () => started.disposeAsync() };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/** On a Postgres and a Kafka that run already; `stop` ends what was started on them. */
async function environmentOn({
  postgresUrl,
  broker,
  home,
}: {
  postgresUrl: string;
  broker: string;
  home: string;
}): Promise<Environment> {
  const started = new AsyncDisposableStack();
  const issuer = await startIssuer();
  started.defer(() => issuer.close());
  const topicPrefix = `bench${randomBytes(4).toString('hex')}.`;
  const brokers = [broker];
  await applyTopics({ brokers, topicPrefix, log }, { topics, replication: 1 });
  return {
    issuer,
    brokers,
    postgresLog: () => readFileSync(join(home, 'logs', 'postgres.log'), 'utf8'),
    makeDatabase: (name) => makeDatabase(postgresUrl, name),
    async startService(name, databaseUrl, settings = {}) {
      const ask = {
        profile: 'baidu',
        settings: {
          ACCORD_LOG_LEVEL: 'warn',
          ACCORD_RATE_PER_MINUTE: '0',
          ACCORD_BODY_BYTES_PER_SECOND: '0',
          ...settings,
        },
      };
      const around = {
        ask,
        foundation: { databaseUrl, brokers: broker, topicPrefix },
        issuer: { ...issuer, audience: 'accord' },
        mailbox: { url: 'smtp://127.0.0.1:9' },
      };
      const service = await startServiceProcess({
        name,
        // Of two copies of a service, each has its own.
        home: join(home, new URL(databaseUrl).pathname),
        supervised: false,
        settings: settingsFor(name, around),
      });
      started.defer(() => service.stop());
      return service;
    },
    onStop: (stop) => started.defer(stop),
    stop: () => started.disposeAsync(),
  };
}

function claim() {
  mkdirSync(home, { recursive: true });
  const other = Number(readOr(pidFile, '0'));
  if (other && readOr(`/proc/${other}/cmdline`, '').includes('tests/bench/main.ts'))
    throw new Error(`A benchmark runs already in this folder (pid ${other}).`);
  writeFileSync(pidFile, String(process.pid));
}

async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const url = databaseUrl(serverUrl, name);
  await dropDatabase(serverUrl, name);
  await makeDatabaseOn(serverUrl, name);
  await provisionDatabase(url, { passwordOf: developmentPassword });
  return url;
}

/**
 * A prefix under which the topic of `messages` exists, is empty, and is led: what is sent only once arrives.
 */
export async function freshTopic(brokers: readonly string[]): Promise<string> {
  const topicPrefix = `bench${randomBytes(4).toString('hex')}.`;
  const others = topicsOf({ name: 'notification', subscriptions: {} }).filter((one) => one !== topic);
  await applyTopics({ brokers, topicPrefix, log }, { topics: [topic, ...others], replication: 1 });
  const admin = await openAdmin(openKafka({ brokers, clientId: 'bench', topicPrefix, log }));
  await until('every partition is led', () =>
    admin.offsetRanges([topic]).then(
      () => true,
      () => false,
    ),
  );
  await admin.close();
  return topicPrefix;
}
