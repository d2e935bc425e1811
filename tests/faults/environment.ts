import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { applyTopics } from '@accord/kafka';
import {
  settingsFor,
  startServiceProcess,
  type Mail,
  type ServiceProcess,
  type Settings,
} from '@accord/local';
import {
  databaseUrl,
  freePort,
  makeDatabase,
  placeOf,
  startKafka,
  startPostgres,
  topics,
  type EmbeddedKafka,
  type EmbeddedPostgres,
} from '@accord/local/parts';
import { provisionDatabase } from '@accord/postgres/provision';
import { developmentPassword } from '@accord/testing';
import { startProxy, type Proxy } from '@accord/testing/proxy';
import { callersOf, clientsAt, removeAtEnd, startOutside, type Callers } from '../outside.ts';
import { mountDisk, type Disk } from './disk.ts';

/**
 * The whole system with the network in our hands: two instances of the order service, one of each other. Of half of
 * the accounts the orders are at the order service's other instance.
 */
export interface Environment extends Callers {
  /** `order`, `order 2`, `contract`, `refund`, `notification`. */
  readonly services: ReadonlyMap<string, ServiceProcess>;
  readonly network: { readonly postgres: Proxy; readonly kafka: Proxy; readonly smtp: Proxy };
  /** All that came to the mail server. */
  readonly mails: readonly Mail[];
  /** Straight, for looking. */
  readonly databaseUrl: string;
  postgres(): EmbeddedPostgres;
  kafka(): EmbeddedKafka;
  /** Starts it again on its data and port, after it was killed. */
  mendPostgres(): Promise<void>;
  mendKafka(): Promise<void>;
  /** One more broker of the cluster, on the data that it had before. */
  startSecondBroker(): Promise<EmbeddedKafka>;
  /** Postgres' own, where it has one. */
  readonly disk: Disk | undefined;
  /** Files that processes look at: followed by a blank and the copy's name. */
  readonly dieNow: string;
  readonly clock: string;
  stop(): Promise<void>;
}

const [order, ...others] = serviceNames;
const copies: readonly (readonly [string, ServiceName])[] = [
  [order, order],
  ['order 2', order],
  ...others.map((name) => [name, name] as const),
];
const preloads = ['die-at', 'previous-version', 'clock']
  .map((name) => `--import=${new URL(`./${name}.ts`, import.meta.url).href}`)
  .join(' ');
/** Enough for hours of what the harness does. */
const diskMegabytes = 768;

/** With `smallDisk` Postgres has one of its own, where that can be had. */
export async function startEnvironment(home: string, { smallDisk = false } = {}): Promise<Environment> {
  const started = new AsyncDisposableStack();
  const dataDir = join(home, 'disk', 'postgres');
  removeAtEnd(started, [home, dirname(placeOf(dataDir))]);
  const disk = smallDisk ? mountDisk(dirname(placeOf(dataDir)), diskMegabytes) : undefined;
  if (disk) started.defer(disk.stop);
  const servers = await startServers(home, { dataDir, started });
  const { issuer, mailbox } = await startOutside(started);
  const smtp = await startProxy(() => Number(new URL(mailbox.url).port));
  started.defer(smtp.stop);

  const around = {
    ask: {
      profile: 'baidu',
      settings: { ACCORD_LOG_LEVEL: 'info', ACCORD_RATE_PER_MINUTE: '0', ACCORD_BODY_BYTES_PER_SECOND: '0' },
    },
    foundation: {
      databaseUrl: servers.url(servers.network.postgres.port),
      brokers: `127.0.0.1:${servers.network.kafka.port}`,
      topicPrefix: '',
    },
    issuer,
    mailbox: { url: `smtp://127.0.0.1:${smtp.port}` },
  };
  const [dieNow, clock] = [join(home, 'die'), join(home, 'clock')];
  const services = new Map<string, ServiceProcess>();
  started.defer(
    async () => void (await Promise.all([...services.values()].map((service) => service.stop()))),
  );
  for (const [copy, name] of copies) {
    const settings: Settings = {
      ...settingsFor(name, around),
      NODE_OPTIONS: preloads,
      ACCORD_DIE_NOW: `${dieNow} ${copy}`,
      ACCORD_CLOCK: `${clock} ${copy}`,
    };
    services.set(
      copy,
      await startServiceProcess({ name, home: join(home, copy), supervised: true, settings }),
    );
  }

  let stopped: Promise<void> | undefined;
  const copyFor = (name: ServiceName, accountId = '') =>
    name === 'order' && /[13579]$/.test(accountId) ? 'order 2' : name;
  return {
    ...servers,
    network: { ...servers.network, smtp },
    mails: mailbox.mails,
    disk,
    services,
    databaseUrl: servers.url(),
    ...callersOf(clientsAt(issuer, (name, claims) => services.get(copyFor(name, claims.account_id))!.url)),
    dieNow,
    clock,
    stop: () => (stopped ??= started.disposeAsync()),
  };
}

async function startServers(
  home: string,
  { dataDir, started }: { dataDir: string; started: AsyncDisposableStack },
) {
  const postgresAsk = { dataDir, settings: { max_wal_size: '256MB' } };
  let postgres = await startPostgres(postgresAsk);
  started.defer(() => postgres.stop());
  const postgresProxy = await startProxy(() => postgres.port);
  started.defer(postgresProxy.stop);

  const brokers = await startBrokers(home, started);
  await applyTopics(
    { brokers: [brokers.kafka().brokers], topicPrefix: '', log: pino({ level: 'silent' }) },
    { topics, replication: 1, partitions: 2 },
  );
  await makeDatabase(postgres.url, 'accord');
  await provisionDatabase(databaseUrl(postgres.url, 'accord'), { passwordOf: developmentPassword });
  const { port } = postgres;
  return {
    ...brokers,
    network: { postgres: postgresProxy, kafka: brokers.proxy },
    /** Of the database, through a proxy's port or straight. */
    url: (through = port) => databaseUrl(postgres.url, 'accord').replace(`:${port}/`, `:${through}/`),
    postgres: () => postgres,
    async mendPostgres() {
      await postgres.stop();
      postgres = await again(() => startPostgres({ ...postgresAsk, port }));
    },
  };
}

const clusterId = 'accord-faults-cluster1';

/**
 * The one that everything runs on, behind a proxy, and its controller; the second is started where a fault
 * needs it.
 */
async function startBrokers(home: string, started: AsyncDisposableStack) {
  // The broker greets itself under the address that it tells others.
  const [port, controllerPort] = [await freePort(), await freePort()];
  const proxy = await startProxy(() => port);
  started.defer(proxy.stop);
  const controller = { 'controller.quorum.voters': `1@127.0.0.1:${controllerPort}` };
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
  const settings = {
    ...controller,
    listeners,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}`,
  };
  const ask = { dataDir: join(home, 'broker'), port, clusterId, settings };
  let kafka: EmbeddedKafka = await startKafka(ask);
  started.defer(() => kafka.stop());
  let second: EmbeddedKafka | undefined;
  started.defer(async () => second?.stop());
  return {
    proxy,
    kafka: () => kafka,
    async mendKafka() {
      // Its port is free when it has ended, a moment after it was killed.
      await kafka.stop();
      kafka = await again(() => startKafka(ask));
    },
    async startSecondBroker() {
      await second?.stop();
      const itsPort = second?.port ?? (await freePort());
      const itsOwn = {
        'node.id': '2',
        'process.roles': 'broker',
        listeners: `PLAINTEXT://127.0.0.1:${itsPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${itsPort}`,
      };
      return (second = await again(() =>
        startKafka({
          dataDir: join(home, 'second-broker'),
          port: itsPort,
          clusterId,
          settings: { ...controller, ...itsOwn },
        }),
      ));
    },
  };
}

/** A killed server's remains are in the way for a moment. */
async function again<T>(start: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 30_000; ; await sleep(200)) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
