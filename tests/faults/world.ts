import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl, freePort, makeDatabase, type EmbeddedKafka, type EmbeddedPostgres, placeOf, type ServiceProcess, type Settings, settingsFor, startKafka, startMailbox, startPostgres, startServiceProcess, topics } from '@accord/local';
import { applyTopics, provisionDatabase, type ServiceName } from '@accord/platform';
import { clientOf, type Client, developmentPassword, startIssuer } from '@accord/testing';
import { pino } from 'pino';
import { type Proxy, startProxy } from './proxy.ts';

/** The whole system with the network in our hands: two instances of the order service, one of each other. */
export interface World {
  /** `order`, `order 2`, `contract`, `refund`, `notification`. */
  readonly services: ReadonlyMap<string, ServiceProcess>;
  readonly network: { readonly postgres: Proxy; readonly kafka: Proxy; readonly smtp: Proxy };
  /** Straight, for looking. */
  readonly databaseUrl: string;
  customer(accountId: string): { readonly orders: Client; readonly contracts: Client };
  platform(): { readonly orders: Client; readonly contracts: Client };
  operator(): Client;
  postgres(): EmbeddedPostgres;
  kafka(): EmbeddedKafka;
  /** Starts it again on its data and port, after it was killed. */
  mendPostgres(): Promise<void>;
  mendKafka(): Promise<void>;
  readonly dieNow: string;
  stop(): Promise<void>;
}

const copies: readonly (readonly [string, ServiceName])[] = [
  ['order', 'order'],
  ['order 2', 'order'],
  ['contract', 'contract'],
  ['refund', 'refund'],
  ['notification', 'notification'],
];
const dieAt = new URL('./die-at.ts', import.meta.url).href;

export async function startWorld(home: string): Promise<World> {
  const started = new AsyncDisposableStack();
  started.defer(() => [home, placeOf(join(home, 'postgres'))].forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })));
  const ground = await startGround(home, started);
  const issuer = await startIssuer();
  started.defer(() => issuer.close());
  const mailbox = await startMailbox();
  started.defer(mailbox.stop);
  const smtp = await startProxy(() => Number(new URL(mailbox.url).port));
  started.defer(smtp.stop);

  const around = {
    ask: { profile: 'baidu', settings: { ACCORD_LOG_LEVEL: 'info', ACCORD_RATE_PER_MINUTE: '0' } },
    foundation: { databaseUrl: ground.url(ground.network.postgres.port), brokers: `127.0.0.1:${ground.network.kafka.port}`, topicPrefix: '' },
    issuer: { ...issuer, audience: 'accord' },
    mailbox: { url: `smtp://127.0.0.1:${smtp.port}` },
  };
  const dieNow = join(home, 'die');
  const services = new Map<string, ServiceProcess>();
  started.defer(async () => void (await Promise.all([...services.values()].map((service) => service.stop()))));
  for (const [copy, name] of copies) {
    const settings: Settings = { ...settingsFor(name, around), NODE_OPTIONS: `--import=${dieAt}`, ACCORD_DIE_NOW: `${dieNow} ${copy}` };
    services.set(copy, await startServiceProcess({ name, home: join(home, copy), supervised: true, settings }));
  }

  const asking = (ask: Parameters<typeof issuer.token>[0], copy: string) => clientOf(services.get(copy)!.url, () => issuer.token(ask));
  const both = (ask: Parameters<typeof issuer.token>[0]) => ({ orders: asking(ask, 'order'), contracts: asking(ask, 'contract') });
  const scope = 'orders:read orders:write contracts:read contracts:write';
  return {
    ...ground,
    network: { ...ground.network, smtp },
    services,
    databaseUrl: ground.url(),
    customer: (accountId) => both({ sub: `user_${accountId}`, account_id: accountId, scope }),
    platform: () => both({ sub: 'platform', scope: 'platform' }),
    operator: () => asking({ sub: 'operator', scope: 'operator' }, 'order'),
    dieNow,
    stop: () => started.disposeAsync(),
  };
}

async function startGround(home: string, started: AsyncDisposableStack) {
  const dataDir = join(home, 'postgres');
  let postgres = await startPostgres({ dataDir });
  started.defer(() => postgres.stop());
  const postgresProxy = await startProxy(() => postgres.port);
  started.defer(postgresProxy.stop);

  // The broker greets itself under the address that it tells others.
  const kafkaPort = await freePort();
  const kafkaProxy = await startProxy(() => kafkaPort);
  started.defer(kafkaProxy.stop);
  const kafkaAsk = { dataDir: join(home, 'broker'), port: kafkaPort, settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafkaProxy.port}` } };
  let kafka: EmbeddedKafka = await startKafka(kafkaAsk);
  started.defer(() => kafka.stop());

  await applyTopics({ brokers: [kafka.brokers], topicPrefix: '', log: pino({ level: 'silent' }) }, { topics, replication: 1, partitions: 2 });
  await makeDatabase(postgres.url, 'accord');
  await provisionDatabase(databaseUrl(postgres.url, 'accord'), { passwordOf: developmentPassword });
  const { port } = postgres;
  return {
    network: { postgres: postgresProxy, kafka: kafkaProxy },
    /** Of the database, through a proxy's port or straight. */
    url: (through = port) => databaseUrl(postgres.url, 'accord').replace(`:${port}/`, `:${through}/`),
    postgres: () => postgres,
    kafka: () => kafka,
    mendPostgres: async () => void (postgres = await again(() => startPostgres({ dataDir, port }))),
    mendKafka: async () => void (kafka = await again(() => startKafka(kafkaAsk))),
  };
}

/** What a killed server leaves behind is in the way for a moment. */
async function again<T>(start: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + 30_000; ; await sleep(200)) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
