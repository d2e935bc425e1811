import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Worker } from '@accord/core';
import { makeLog, makeMetrics, stopTracing, type Metrics } from '@accord/core/observability';
import { httpApp, listen, type TokenVerifier } from '@accord/http/server';
import { openKafka, type KafkaClient } from '@accord/kafka';
import {
  messagingMetrics,
  outbox,
  showLag,
  startConsumer,
  startRelay,
  startRetries,
  type ConsumerSettings,
  type OutboxRow,
} from '@accord/messaging';
import {
  clockOf,
  isDatabaseAway,
  openDatabase,
  systemClock,
  type Clock,
  type ServiceDatabase,
} from '@accord/postgres';
import { databaseReadiness } from './database-readiness.ts';
import { withDeadLetterRoutes } from './dead-letter-routes.ts';
import { kafkaAccess } from './kafka-settings.ts';
import { listenOps } from './ops-server.ts';
import { failedWork, showQueues } from './queue-metrics.ts';
import { retentionWorker, type RetentionTimes } from './retention.ts';
import { checkServiceSchema, migrateService, SchemaBehind } from './service-schema.ts';
import { checkTopics } from './service-topics.ts';
import type { Service, ServiceContext } from './service.ts';
import type { PlatformSettings } from './settings.ts';
import { startWaits, type StartWaits } from './start-waits.ts';
import { verifierFor } from './web-wires.ts';
import { startWorker, type RunningWorker } from './worker.ts';

export interface RunningService {
  readonly service: Service;
  readonly settings: PlatformSettings;
  readonly db: ServiceDatabase;
  readonly baseUrl: string;
  readonly opsUrl: string;
  /** Resolves once the consumer group has been joined. */
  readonly joined: Promise<void>;
  readonly workers: readonly RunningWorker[];
  /** How many workers have work that is due. */
  dueNow(): Promise<number>;
  /** Takes no new requests; work under way ends or is abandoned cleanly, and nothing is lost (EVT-12). */
  stop(): Promise<void>;
}

export type Make<S extends PlatformSettings> = (
  settings: S,
  context: ServiceContext,
) => Service | Promise<Service>;
type OnCommit = (announced: readonly OutboxRow[]) => void;

interface StartOptions {
  readonly clock?: Clock;
  /** Metrics of the whole process too. */
  readonly ofProcess?: boolean;
  /** Default: inbox 14 days, idempotency keys 24 hours. */
  readonly retention?: RetentionTimes;
}

/**
 * Starts every part of a service. It listens at once, and is not ready: it answers requests with 503 until
 * Postgres with its schema, the topics and the issuer's keys are there, however long that takes. It serves once
 * this resolves, and consumes once `joined` does.
 *
 * @throws Error where no waiting would help: a setting is wrong, a role could do more than it should.
 */
export async function startService<S extends PlatformSettings>(
  settings: S,
  make: Make<S>,
  { clock = clockFor(settings), ofProcess = false, retention }: StartOptions = {},
): Promise<RunningService> {
  const log = makeLog({ level: settings.ACCORD_LOG_LEVEL });
  const service = withDeadLetterRoutes(await make(settings, { log }));
  log.setBindings({ service: service.name });
  const metrics = makeMetrics(service.name, { ofProcess });
  showBuild(metrics, settings);
  const listeners: OnCommit[] = [];
  const db = databaseOf(service, settings, clock, (announced) =>
    listeners.forEach((listen) => listen(announced)),
  );
  const parts = { db, log, metrics, kafka: kafkaOf(service, settings, log), waits: startWaits(log) };
  const allWorkers = [...service.workers, retentionWorker(service.retention, retention)];
  showQueues(allWorkers, db, metrics);
  service.metrics?.(metrics, db);
  const edges = await startWhenReady(service, settings, parts);
  const messaging = startMessaging(service, settings, parts);
  const onFailed = failedWork(metrics);
  const workers = allWorkers.map((worker) => startWorker(worker, db, log, onFailed));
  listeners.push(messaging.wake, (announced) => wakeAll(workers, new Set(announced.map(({ type }) => type))));
  edges.serve();
  log.info({ port: edges.port, opsPort: edges.opsPort }, 'service started');
  const stop = async () => {
    await edges.drain();
    await Promise.all([messaging.stopConsuming(), ...workers.map((worker) => worker.stop())]);
    await service.close?.();
    await messaging.stopPublishing();
    await Promise.all([db.close(), edges.close(), stopTracing()]);
    log.info('service stopped');
  };
  let stopped: Promise<void> | undefined;
  return {
    service,
    settings,
    db,
    baseUrl: `http://127.0.0.1:${edges.port}`,
    opsUrl: `http://127.0.0.1:${edges.opsPort}`,
    joined: messaging.joined,
    workers,
    dueNow: () => dueNow(allWorkers, db),
    stop: () => (stopped ??= stop()),
  };
}

const packageFile = new URL('../package.json', import.meta.url);

function showBuild(metrics: Metrics, { ACCORD_REVISION: revision }: PlatformSettings): void {
  const labels = ['version', 'revision', 'node'];
  const info = metrics.gauge('accord_build_info', 'Always 1; its labels say which build runs.', labels);
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  info.set({ version, revision, node: process.version }, 1);
}

/** @throws Error where somebody would move the clock in production. */
function clockFor({ ACCORD_ENV: env, ACCORD_DEVELOPMENT_CLOCK: file }: PlatformSettings): Clock {
  if (!file) return systemClock();
  if (env !== 'development') throw new Error('ACCORD_DEVELOPMENT_CLOCK needs ACCORD_ENV=development');
  return clockOf(file);
}

const wakeAll = (workers: readonly RunningWorker[], types: ReadonlySet<string>) =>
  workers.forEach((worker) => worker.wake(types));

interface Parts {
  readonly db: ServiceDatabase;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly kafka: KafkaClient;
  readonly waits: StartWaits;
}

const databaseOf = (
  service: Service,
  settings: PlatformSettings,
  clock: Clock,
  onCommit: OnCommit,
): ServiceDatabase =>
  openDatabase({
    url: settings.ACCORD_DATABASE_URL,
    operatorUrl: settings.ACCORD_OPERATOR_DATABASE_URL,
    schema: service.schema,
    source: `/services/${service.name}`,
    publicUrl: settings.ACCORD_PUBLIC_URL,
    clock,
    outbox,
    poolSize: settings.ACCORD_POOL_SIZE,
    onCommit,
  });

const kafkaOf = ({ name }: Service, settings: PlatformSettings, log: Logger): KafkaClient =>
  openKafka({
    ...kafkaAccess(settings),
    clientId: `accord-${name}-${hostname()}-${process.pid}`,
    log,
  });

/** The edges, once all that the service needs is there. */
async function startWhenReady(service: Service, settings: PlatformSettings, parts: Parts) {
  const { db, waits, kafka, log } = parts;
  const { ACCORD_OWNER_DATABASE_URL: ownerUrl } = settings;
  const verify = verifierFor(settings);
  const onBlocked = (reason: string) => log.warn({ reason }, 'a migration waits for a lock of others');
  const checkDatabase = async () => {
    if (ownerUrl) await migrateService(ownerUrl, service, onBlocked);
    await checkServiceSchema(db, service);
    await db.checkRoles();
  };
  let edges: Edges | undefined;
  try {
    edges = await startEdges(service, settings, { ...parts, verify });
    await Promise.all([
      waits.until('postgres', checkDatabase, mayBeMended),
      waits.until('kafka', () => checkTopics(kafka, service)),
      waits.until('issuer', verify.loadKeys),
    ]);
    return edges;
  } catch (error) {
    await Promise.all([edges?.close(), db.close(), service.close?.()]);
    throw error;
  }
}

/** The server, the database, a role or the migrations are not there yet. */
const mayBeMended = (error: unknown) =>
  isDatabaseAway(error) ||
  error instanceof SchemaBehind ||
  /^(28|3D)/.test((error as { code?: string }).code ?? '');

function startMessaging(service: Service, settings: PlatformSettings, { db, log, metrics, kafka }: Parts) {
  const counted = messagingMetrics(metrics);
  const relay = startRelay({
    url: settings.ACCORD_RELAY_DATABASE_URL ?? settings.ACCORD_OPERATOR_DATABASE_URL,
    schema: service.schema,
    kafka,
    log,
    ...counted.relay,
  });
  const consuming: ConsumerSettings = {
    kafka,
    sessionMs: settings.ACCORD_KAFKA_SESSION_MS,
    group: `accord.${service.name}`,
    database: db,
    subscriptions: service.subscriptions,
    lockRows: service.lockRows,
    log,
    ...counted.consumer,
  };
  const consumer = startConsumer(consuming);
  showLag(metrics, consumer);
  const retries = startRetries(consuming);
  return {
    joined: consumer.joined,
    wake: ((announced) => relay.wake(announced.map(({ shard }) => shard))) as OnCommit,
    stopConsuming: () => Promise.all([consumer.stop(), retries.stop()]),
    stopPublishing: () => relay.stop(),
  };
}

type Edges = Awaited<ReturnType<typeof startEdges>>;

async function startEdges(
  service: Service,
  settings: PlatformSettings,
  { db, log, metrics, waits, verify }: Parts & { verify: TokenVerifier },
) {
  let state: 'starting' | 'serving' | 'stopping' = 'starting';
  const databaseAway = databaseReadiness(db.ping);
  const notReady = async () => {
    if (state === 'stopping') return ['the service stops'];
    if (state === 'starting') return ['the service starts', ...waits.reasons()];
    const reason = await databaseAway();
    return reason === undefined ? [] : [`postgres: ${reason}`];
  };
  const app = httpApp({
    service,
    verify,
    serving: () => state !== 'starting',
    trustedProxies: settings.ACCORD_TRUSTED_PROXIES,
    ratePerMinute: settings.ACCORD_RATE_PER_MINUTE,
    sharedCounts: settings.ACCORD_RATE_SHARED ? { pool: db.pools().app, schema: service.schema } : undefined,
    bodyBytesPerSecond: settings.ACCORD_BODY_BYTES_PER_SECOND,
    checkAnswers: settings.ACCORD_CHECK_ANSWERS,
    db,
    log,
    metrics,
  });
  const [http, ops] = await Promise.all([
    listen(app, settings.ACCORD_PORT, settings.ACCORD_HOST),
    listenOps({ port: settings.ACCORD_OPS_PORT, host: settings.ACCORD_HOST, metrics, notReady }),
  ]);
  return {
    port: http.port,
    opsPort: ops.port,
    serve: () => void (state = 'serving'),
    /** Not ready from now on, while those who do not know it yet are served; then no more. */
    async drain() {
      state = 'stopping';
      await http.drain(settings.ACCORD_DRAIN_MS);
      await http.close();
    },
    close: async () => void (await Promise.all([http.close(0), ops.close()])),
  };
}

async function dueNow(workers: readonly Worker[], db: ServiceDatabase): Promise<number> {
  const due = workers.map((worker) =>
    db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, 1)),
  );
  return (await Promise.all(due)).filter((items) => items.length > 0).length;
}
