import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Worker } from '@accord/core';
import { makeLog, makeMetrics, stopTracing, type Metrics } from '@accord/core/observability';
import { httpApp, listen, tokenVerifier } from '@accord/http/server';
import { openKafka } from '@accord/kafka';
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
import { clockOf, openDatabase, systemClock, type Clock, type ServiceDatabase } from '@accord/postgres';
import { withDeadLetterRoutes } from './dead-letter-routes.ts';
import { listenOps } from './ops-server.ts';
import { showQueues } from './queue-metrics.ts';
import { retentionWorker, type RetentionTimes } from './retention.ts';
import { migrateService } from './service-schema.ts';
import type { Service, ServiceContext } from './service.ts';
import type { PlatformSettings } from './settings.ts';
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

type Make<S extends PlatformSettings> = (settings: S, context: ServiceContext) => Service | Promise<Service>;
type OnCommit = (announced: readonly OutboxRow[]) => void;

export interface StartOptions {
  readonly clock?: Clock;
  /** Metrics of the whole process too. */
  readonly ofProcess?: boolean;
  /** Default: inbox 14 days, idempotency keys 24 hours. */
  readonly retention?: RetentionTimes;
}

/** Starts every part of a service. It serves once this resolves, and consumes once `joined` does. */
export async function startService<S extends PlatformSettings>(
  settings: S,
  make: Make<S>,
  { clock = clockFor(settings), ofProcess = false, retention }: StartOptions = {},
): Promise<RunningService> {
  const log = makeLog({ level: settings.ACCORD_LOG_LEVEL });
  const service = withDeadLetterRoutes(await make(settings, { log }));
  log.setBindings({ service: service.name });
  const { ACCORD_OWNER_DATABASE_URL: ownerUrl } = settings;
  if (ownerUrl) await migrateService(ownerUrl, service);
  const metrics = makeMetrics(service.name, { ofProcess });
  const listeners: OnCommit[] = [];
  const db = await databaseOf(service, settings, clock, (announced) =>
    listeners.forEach((listen) => listen(announced)),
  );
  const allWorkers = [...service.workers, retentionWorker(service.retention, retention)];
  showQueues(allWorkers, db, metrics);
  service.figures?.(metrics, db);
  const messaging = startMessaging(service, settings, { db, log, metrics });
  const workers = allWorkers.map((worker) => startWorker(worker, db, log));
  listeners.push(messaging.wake, (announced) => wakeAll(workers, new Set(announced.map(({ type }) => type))));
  const edges = await startEdges(service, settings, { db, log, metrics });
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

/** @throws Error where somebody would move the clock in production. */
function clockFor({ ACCORD_ENV: env, ACCORD_DEVELOPMENT_CLOCK: file }: PlatformSettings): Clock {
  if (!file) return systemClock();
  if (env !== 'development') throw new Error('ACCORD_DEVELOPMENT_CLOCK needs ACCORD_ENV=development');
  return clockOf(file);
}

const wakeAll = (workers: readonly RunningWorker[], types: ReadonlySet<string>) =>
  workers.forEach((worker) => worker.wake(types));

async function databaseOf(
  service: Service,
  settings: PlatformSettings,
  clock: Clock,
  onCommit: OnCommit,
): Promise<ServiceDatabase> {
  const db = openDatabase({
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
  try {
    await db.checkRoles();
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

function startMessaging(
  service: Service,
  settings: PlatformSettings,
  { db, log, metrics }: { db: ServiceDatabase; log: Logger; metrics: Metrics },
) {
  const topicPrefix = settings.ACCORD_TOPIC_PREFIX;
  const clientId = `accord-${service.name}-${hostname()}-${process.pid}`;
  const kafka = openKafka({ brokers: settings.ACCORD_KAFKA_BROKERS, clientId, topicPrefix, log });
  const figures = messagingMetrics(metrics);
  const relay = startRelay({
    url: settings.ACCORD_OPERATOR_DATABASE_URL,
    schema: service.schema,
    kafka,
    log,
    ...figures.relay,
  });
  const consuming: ConsumerSettings = {
    kafka,
    sessionMs: settings.ACCORD_KAFKA_SESSION_MS,
    group: `accord.${service.name}`,
    database: db,
    subscriptions: service.subscriptions,
    lockRows: service.lockRows,
    log,
    ...figures.consumer,
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

async function startEdges(
  service: Service,
  settings: PlatformSettings,
  { db, log, metrics }: { db: ServiceDatabase; log: Logger; metrics: Metrics },
) {
  const verify = tokenVerifier({
    issuer: settings.ACCORD_TOKEN_ISSUER,
    audience: settings.ACCORD_TOKEN_AUDIENCE,
    jwksUrl: settings.ACCORD_JWKS_URL,
    lifetimeSeconds: settings.ACCORD_TOKEN_LIFETIME_SECONDS,
  });
  let draining = false;
  const ready = async () => !draining && (await db.answers());
  const app = httpApp({
    service,
    verify,
    trustedProxies: settings.ACCORD_TRUSTED_PROXIES,
    ratePerMinute: settings.ACCORD_RATE_PER_MINUTE,
    bodyBytesPerSecond: settings.ACCORD_BODY_BYTES_PER_SECOND,
    checkAnswers: settings.ACCORD_CHECK_ANSWERS,
    db,
    log,
    metrics,
  });
  const [http, ops] = await Promise.all([
    listen(app, settings.ACCORD_PORT, settings.ACCORD_HOST),
    listenOps({ port: settings.ACCORD_OPS_PORT, host: settings.ACCORD_HOST, metrics, ready }),
  ]);
  log.info({ port: http.port, opsPort: ops.port }, 'service started');
  return {
    port: http.port,
    opsPort: ops.port,
    drain: () => {
      draining = true;
      return http.close();
    },
    close: () => ops.close(),
  };
}

async function dueNow(workers: readonly Worker[], db: ServiceDatabase): Promise<number> {
  const due = workers.map((worker) =>
    db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, 1)),
  );
  return (await Promise.all(due)).filter((items) => items.length > 0).length;
}

/**
 * The whole life of a service's process: starts it, stops it on SIGTERM or SIGINT within 10 s. Exits 1 with
 * one clear line where it cannot start.
 *
 * @param read reads the settings from the environment; throws where they are missing or wrong.
 */
export async function runService<S extends PlatformSettings>(read: () => S, make: Make<S>): Promise<void> {
  const running = await startOrExit(read, make);
  const stop = () => {
    const late = setTimeout(() => process.exit(1), 9_500);
    late.unref();
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function startOrExit<S extends PlatformSettings>(
  read: () => S,
  make: Make<S>,
): Promise<RunningService> {
  try {
    return await startService(read(), make, { ofProcess: true });
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string };
    // A refused connection to several addresses has a code alone.
    process.stderr.write(
      `cannot start: ${(message || code || String(error)).replaceAll(/\s*\n\s*/g, '; ')}\n`,
    );
    return process.exit(1);
  }
}
