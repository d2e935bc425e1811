import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import type { EventType } from '@accord/events';
import { applyTopics } from '@accord/kafka';
import { topicsOf } from '@accord/platform';
import { smallService, startIssuer, testDatabase, type TestIssuer } from '@accord/testing';
import { startProxy, type Proxy } from '@accord/testing/proxy';

/** The message a process is told at its start. */
export interface InstanceAsk {
  /** As an environment has them. */
  readonly settings: Readonly<Record<string, string>>;
  /** The event types it subscribes to. */
  readonly hears: readonly EventType[];
  /** The share of events at which its handler fails, by chance. */
  readonly stumbles: number;
}

export interface Instance {
  /** Its sessions at Postgres carry it. */
  readonly name: string;
  /** Its own network. */
  readonly postgres: Proxy;
  readonly kafka: Proxy | undefined;
  running(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** the environment of the instances. */
export interface Environment {
  readonly postgresUrl: string;
  readonly brokers: string;
  /**
   * Addresses under which the one broker shows itself as well, each through a proxy: one for each instance.
   */
  readonly doors: readonly { readonly brokers: string; readonly proxy: Proxy }[];
  /** Logs go there. */
  readonly home: string;
}

/** Several instances of one small service, on one database and its topics. */
export interface Crowd {
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly instances: readonly Instance[];
  /** One more; resolves when it has joined the group. */
  start(ask?: { hears?: readonly EventType[]; stumbles?: number }): Promise<Instance>;
  /** As superuser, in the service's schema, past every proxy. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

export const types = ['webhook.disabled', 'notification.sent'] as const satisfies readonly EventType[];

const log = pino({ level: 'silent' });
const partitions = 4;
/** An instance that is killed is missed soon, and one on a busy machine is not. */
const sessionMs = 6_000;
const joinsWithinMs = 240_000;
const endsWithinMs = 60_000;

export async function startCrowd({ postgresUrl, brokers, doors, home }: Environment): Promise<Crowd> {
  const topicPrefix = `c${randomBytes(4).toString('hex')}.`;
  const service = smallService({});
  const [database, issuer] = await Promise.all([
    testDatabase(postgresUrl, service),
    startIssuer(),
    applyTopics(
      { brokers: [brokers], topicPrefix, log },
      { topics: topicsOf(service), replication: 1, partitions },
    ),
  ]);
  const pool = new pg.Pool({
    connectionString: database.url,
    max: 4,
    options: `-c search_path=${service.schema}`,
  });
  pool.on('error', () => undefined);
  mkdirSync(home, { recursive: true });
  const instances: Instance[] = [];
  let started = 0;
  return {
    brokers,
    topicPrefix,
    instances,
    async start({ hears = types, stumbles = 0 } = {}) {
      const door = doors[started];
      const name = `${topicPrefix}${(started += 1)}`;
      const postgres = await startProxy(() => Number(new URL(postgresUrl).port));
      const through = (url: string) =>
        Object.assign(new URL(url), { port: String(postgres.port), search: `?application_name=${name}` })
          .href;
      const urls = { app: through(database.urls.app), operator: through(database.urls.operator) };
      const settings = settingsOf({ ...urls, issuer, brokers: door?.brokers ?? brokers, topicPrefix });
      const { joined, ...process } = startProcess({ settings, hears, stumbles }, join(home, `${name}.log`));
      const instance = { ...process, name, postgres, kafka: door?.proxy };
      instances.push(instance);
      await joined;
      return instance;
    },
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
    async stop() {
      await Promise.all(instances.map((instance) => instance.stop('SIGKILL')));
      await Promise.all([pool.end(), issuer.close(), ...instances.map(({ postgres }) => postgres.stop())]);
      await database.drop();
    },
  };
}

const settingsOf = (ask: {
  app: string;
  operator: string;
  issuer: TestIssuer;
  brokers: string;
  topicPrefix: string;
}): InstanceAsk['settings'] => ({
  ACCORD_ENV: 'development',
  ACCORD_DRAIN_MS: '0',
  ACCORD_HOST: '127.0.0.1',
  ACCORD_PORT: '0',
  ACCORD_OPS_PORT: '0',
  ACCORD_DATABASE_URL: ask.app,
  ACCORD_OPERATOR_DATABASE_URL: ask.operator,
  ACCORD_POOL_SIZE: '4',
  ACCORD_KAFKA_BROKERS: ask.brokers,
  ACCORD_TOPIC_PREFIX: ask.topicPrefix,
  ACCORD_KAFKA_SESSION_MS: String(sessionMs),
  ACCORD_TOKEN_ISSUER: ask.issuer.issuer,
  ACCORD_JWKS_URL: ask.issuer.jwksUrl,
  PROVIDER_PROFILE: 'baidu',
});

const file = fileURLToPath(new URL('./instance.ts', import.meta.url));

interface Process extends Pick<Instance, 'running' | 'signal' | 'stop'> {
  readonly joined: Promise<void>;
}

function startProcess(ask: InstanceAsk, logFile: string): Process {
  const output = openSync(logFile, 'a');
  const child = fork(file, {
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      TZ: 'UTC',
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
      ACCORD_INSTANCE: JSON.stringify(ask),
    },
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const running = () => child.exitCode === null && child.signalCode === null;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const forcedAfter = (ms: number) => setTimeout(() => child.kill('SIGKILL'), ms);
  const late = forcedAfter(joinsWithinMs);
  const joined = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', () => reject(new Error(`an instance ended before it joined; see ${logFile}`)));
  }).finally(() => clearTimeout(late));
  return {
    joined,
    running,
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      if (running()) child.kill(signal);
      const forced = forcedAfter(endsWithinMs);
      await ended;
      clearTimeout(forced);
      if (signal === 'SIGTERM' && child.signalCode === 'SIGKILL')
        throw new Error(`an instance did not end within ${endsWithinMs / 1_000} s; see ${logFile}`);
    },
  };
}
