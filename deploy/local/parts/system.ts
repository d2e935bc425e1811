import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { applyTopics } from '@accord/kafka';
import { provisionDatabase, rolesOf, roleUrl } from '@accord/postgres/provision';
import { developmentPassword } from '@accord/testing';
import { startOnPort } from './background.ts';
import { databaseUrl, dropDatabase, dropTopics, makeDatabase, topics } from './database.ts';
import { startFrontDoor, type FrontDoor, type Origins } from './gateway.ts';
import { findKafka, findPostgres, type Part } from './infrastructure.ts';
import { openSigner, startIssuer, type Issuer, type TokenAsk } from './issuer.ts';
import { startMailbox, type Mail, type Mailbox } from './mailbox.ts';
import {
  compileServices,
  startServiceProcess,
  type ServiceProcess,
  type Settings,
} from './service-process.ts';

/** The parts that are started, in this order; Postgres and Kafka at once, the four services too. */
export const steps = [
  'Postgres',
  'Kafka',
  'Roles and schemas',
  'Topics',
  'Front door',
  ...serviceNames,
] as const;
export type Step = (typeof steps)[number];

interface SystemAsk {
  /** Data, logs and keys lie in it. */
  readonly dataDir: string;
  /** `baidu`, `alibaba`, or the absolute path of a profile. */
  readonly profile: string;
  /** Its database on the server; absent: one of its own. */
  readonly database?: string;
  /** Before every topic and group; absent: one of its own. */
  readonly topicPrefix?: string;
  /** The front door's; absent or taken: a free one. */
  readonly port?: number;
  /**
   * True: data outlives it and stays durable. False, the default: made to be dropped, together with database
   * and topics.
   */
  readonly durable?: boolean;
  /** A second instance of it, which the front door does not know. */
  readonly second?: ServiceName;
  /** Starts a service again that ended by itself. */
  readonly supervised?: boolean;
  /** More environment, for all services or for one. */
  readonly settings?: Settings;
  readonly settingsOf?: Partial<Record<ServiceName, Settings>>;
  readonly onStep?: (step: Step, done: Promise<unknown>) => void;
  readonly onMail?: (mail: Mail) => void;
  readonly onNote?: (line: string) => void;
}

/** The whole system, running: each service a process of its own. */
export interface System {
  /** The front door. */
  readonly url: string;
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;
  readonly second?: ServiceProcess;
  /** Every mail that was sent, oldest first. */
  readonly mails: readonly Mail[];
  token(ask: TokenAsk): Promise<string>;
  /** The superuser's, for looking and for faults. */
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly postgres: Part;
  readonly kafka: Part;
  readonly logs: string;
  /** Ends everything it started, within 10 s. */
  stop(): Promise<void>;
}

/**
 * Starts everything; several systems may share one server and one broker.
 *
 * @throws Error of the first part that failed, after those that had started were stopped.
 */
export async function startSystem(ask: SystemAsk): Promise<System> {
  const started = new AsyncDisposableStack();
  try {
    const foundation = await startFoundation(ask, started);
    return {
      ...foundation,
      ...(await startParts(ask, foundation, started)),
      stop: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

type Foundation = Pick<System, 'postgres' | 'kafka' | 'databaseUrl' | 'brokers' | 'topicPrefix'>;

/** Postgres with the system's roles and empty schemas, Kafka with its topics. */
async function startFoundation(ask: SystemAsk, started: AsyncDisposableStack): Promise<Foundation> {
  const { dataDir, durable = false } = ask;
  const own = `accord_${randomBytes(5).toString('hex')}`;
  const { database = own, topicPrefix = `${own}.` } = ask;
  const part = async (found: Promise<Part>) => {
    const there = await found;
    started.defer(there.stop);
    return there;
  };
  const [postgres, kafka] = await all([
    stepOf(ask, 'Postgres', part(findPostgres({ home: dataDir, durable }))),
    stepOf(ask, 'Kafka', part(findKafka({ home: dataDir, durable }))),
    compileServices(),
  ]);
  if (!durable) {
    started.defer(async () => {
      await all([dropDatabase(postgres.address, database), dropTopics(kafka.address, topicPrefix)]);
    });
  }
  const brokers = kafka.address;
  const partitions = durable ? {} : { partitions: 2 };
  const made = applyTopics(
    { brokers: brokers.split(','), topicPrefix, log: pino({ level: 'silent' }) },
    { topics, replication: 1, ...partitions },
  );
  await all([
    stepOf(ask, 'Roles and schemas', provision(postgres.address, database)),
    stepOf(ask, 'Topics', made),
  ]);
  return { postgres, kafka, databaseUrl: databaseUrl(postgres.address, database), brokers, topicPrefix };
}

async function provision(serverUrl: string, database: string) {
  await makeDatabase(serverUrl, database);
  await provisionDatabase(databaseUrl(serverUrl, database), { passwordOf: developmentPassword });
}

/** Issuer, mailbox, the front door, whose address the services tell others, and the four services. */
async function startParts(ask: SystemAsk, foundation: Foundation, started: AsyncDisposableStack) {
  const issuer = await startIssuer(await openSigner(join(ask.dataDir, 'issuer.json')));
  started.defer(issuer.stop);
  const mailbox = await startMailbox(ask.onMail && { onMail: ask.onMail });
  started.defer(mailbox.stop);

  const clock = resolve(ask.dataDir, 'clock');
  const origins: Partial<Record<keyof Origins, string>> = { issuer: issuer.url };
  const opened = startOnPort(ask.port, (port) => startFrontDoor({ port, clock, origins }));
  const frontDoor = await stepOf(ask, 'Front door', opened);
  started.defer(frontDoor.stop);

  const running: ServiceProcess[] = [];
  started.defer(async () => {
    await all(running.map((service) => service.stop()));
  });
  const start = async (name: ServiceName, home = ask.dataDir) => {
    const settings = settingsFor(name, { ask, foundation, issuer, mailbox, frontDoor, clock });
    const { supervised = false, onNote: onEnd } = ask;
    const service = await startServiceProcess({ name, home, settings, supervised, ...(onEnd && { onEnd }) });
    running.push(service);
    return [name, service] as const;
  };
  const entries = await all(serviceNames.map((name) => stepOf(ask, name, start(name))));
  const services = Object.fromEntries(entries) as Record<ServiceName, ServiceProcess>;
  const second = ask.second && (await start(ask.second, join(ask.dataDir, 'second')))[1];

  for (const [name, { url }] of entries) origins[name] = url;
  return {
    url: frontDoor.url,
    services,
    ...(second && { second }),
    mails: mailbox.mails,
    token: issuer.token,
    logs: join(ask.dataDir, 'logs'),
  };
}

interface Around {
  readonly ask: Pick<SystemAsk, 'profile' | 'settings' | 'settingsOf'>;
  readonly foundation: Pick<System, 'databaseUrl' | 'brokers' | 'topicPrefix'> & {
    readonly kafka?: Pick<Part, 'from'>;
  };
  readonly issuer: Pick<Issuer, 'issuer' | 'audience' | 'jwksUrl'>;
  readonly mailbox: Pick<Mailbox, 'url'>;
  /** Absent: events give their schemas names that no address answers (EVT-2). */
  readonly frontDoor?: Pick<FrontDoor, 'url'>;
  /** File of the clock that integrators move. */
  readonly clock?: string;
}

/** The gateway's connections come from this machine, or from a network that Docker makes. */
const gatewayNetworks = '127.0.0.0/8,::1,172.16.0.0/12,192.168.0.0/16';

/** In docker-compose.yml too. */
const developmentWebhookKey = Buffer.from('development key of webhooks, 32 b.!').toString('base64');

/** The environment of one service; docker-compose.yml gives the same. */
export function settingsFor(
  name: ServiceName,
  { ask, foundation, issuer, mailbox, frontDoor, clock }: Around,
): Settings {
  const roles = rolesOf(name);
  const urlOf = (role: string) => roleUrl(foundation.databaseUrl, role, developmentPassword(role));
  const tracing = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return {
    ACCORD_ENV: 'development',
    // The front door knows at once that a service is gone.
    ACCORD_DRAIN_MS: '0',
    ACCORD_HOST: '127.0.0.1',
    ACCORD_DATABASE_URL: urlOf(roles.app),
    ACCORD_OPERATOR_DATABASE_URL: urlOf(roles.operator),
    ACCORD_OWNER_DATABASE_URL: urlOf(roles.owner),
    ACCORD_KAFKA_BROKERS: foundation.brokers,
    ACCORD_TOPIC_PREFIX: foundation.topicPrefix,
    // A broker that is not ours refuses less than its own limit.
    ACCORD_KAFKA_SESSION_MS: foundation.kafka?.from === 'environment' ? '10000' : '3000',
    ACCORD_TOKEN_ISSUER: issuer.issuer,
    ACCORD_TOKEN_AUDIENCE: issuer.audience,
    ACCORD_JWKS_URL: issuer.jwksUrl,
    ACCORD_TRUSTED_PROXIES: gatewayNetworks,
    PROVIDER_PROFILE: ask.profile,
    ACCORD_LOG_LEVEL: process.env.ACCORD_LOG_LEVEL ?? 'info',
    ...(frontDoor && { ACCORD_PUBLIC_URL: frontDoor.url }),
    ...(clock && { ACCORD_DEVELOPMENT_CLOCK: clock }),
    ...(tracing && { OTEL_EXPORTER_OTLP_ENDPOINT: tracing }),
    ...(name === 'notification' && {
      ACCORD_SMTP_URL: mailbox.url,
      ACCORD_MAIL_FROM: 'Accord <no-reply@accord.example>',
      ACCORD_WEBHOOK_KEYS: developmentWebhookKey,
    }),
    ...ask.settings,
    ...ask.settingsOf?.[name],
  };
}

/** The environment of the auditor. */
export const auditSettingsOf = (foundation: Around['foundation']): Settings => ({
  ACCORD_ENV: 'development',
  ACCORD_AUDIT_DATABASE_URL: roleUrl(
    foundation.databaseUrl,
    'accord_auditor',
    developmentPassword('accord_auditor'),
  ),
  ACCORD_KAFKA_BROKERS: foundation.brokers,
  ACCORD_TOPIC_PREFIX: foundation.topicPrefix,
});

function stepOf<T>(ask: SystemAsk, step: Step, done: Promise<T>): Promise<T> {
  ask.onStep?.(step, done);
  return done;
}

/** All of them, or the first failure once the others have ended too: nothing goes on behind our back. */
export async function all<T extends readonly Promise<unknown>[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
