import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { newEventId } from '@accord/core/runtime';
import type { EventType } from '@accord/events';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { openAdmin, openKafka } from '@accord/kafka';
import { auditSettingsOf, settingsFor, startServiceProcess, type ServiceProcess } from '@accord/local';
import {
  all,
  databaseUrl,
  freePort,
  makeDatabase,
  placeOf,
  startKafka,
  startPostgres,
  type EmbeddedKafka,
  type EmbeddedPostgres,
} from '@accord/local/parts';
import { rolesOf, roleUrl, roles } from '@accord/postgres/provision';
import { developmentPassword } from '@accord/testing';
import { publishRaw } from '@accord/testing/outsider';
import { callersOf, clientsAt, removeAtEnd, startOutside } from '../outside.ts';
import { backupsOf } from './backups.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly said: string;
  readonly tookMs: number;
}

const sampleOf = (type: EventType) =>
  JSON.parse(readFileSync(`${root}/libs/events/samples/${type}.1.json`, 'utf8')) as {
    readonly key: string;
    readonly headers: Record<string, string>;
    readonly value: Readonly<Record<string, object>>;
  };

/** One database with its archive, one broker, and the four services, which may be lost. */
export async function startPlatform(home: string) {
  const started = new AsyncDisposableStack();
  const disk = join(home, 'disk');
  const dataDir = join(disk, 'postgres');
  const place = placeOf(dataDir);
  removeAtEnd(started, [home, dirname(place)]);
  const port = await freePort();
  const backups = backupsOf(place, port);
  let postgres: EmbeddedPostgres = await startPostgres({ dataDir, port, settings: backups.archiving });
  started.defer(() => postgres.stop());
  const kafkaAsk = { dataDir: join(home, 'broker'), port: await freePort() };
  let kafka: EmbeddedKafka = await startKafka(kafkaAsk);
  started.defer(() => kafka.stop());
  const { issuer, mailbox } = await startOutside(started);
  await backups.prepare(postgres.url);
  await makeDatabase(postgres.url, 'accord');
  const database = databaseUrl(postgres.url, 'accord');
  const foundation = { databaseUrl: database, brokers: kafka.brokers, topicPrefix: '' };
  const settingsOf = (name: ServiceName) =>
    settingsFor(name, {
      ask: { profile: 'baidu', settings: { ACCORD_RATE_PER_MINUTE: '0', ACCORD_BODY_BYTES_PER_SECOND: '0' } },
      foundation,
      issuer,
      mailbox,
    });
  let services = new Map<ServiceName, ServiceProcess>();
  const ended = () => all([...services.values()].map((service) => service.stop()));
  started.defer(async () => void (await ended()));

  const urlOf = (role: string) => roleUrl(database, role, developmentPassword(role));
  const commandEnv: Record<string, string> = {
    ...auditSettingsOf(foundation),
    ACCORD_ADMIN_DATABASE_URL: database,
    ACCORD_TOPIC_REPLICATION: '1',
    ...Object.fromEntries(roles.map((role) => [`${role.toUpperCase()}_PASSWORD`, developmentPassword(role)])),
    ...Object.fromEntries(
      serviceNames.map((name) => [
        `ACCORD_${name.toUpperCase()}_OPERATOR_DATABASE_URL`,
        urlOf(rolesOf(name).operator),
      ]),
    ),
  };
  /** `node deploy/accord.ts …`, as an operator runs it. */
  const command = (...args: string[]): Promise<Ran> => {
    const began = performance.now();
    const owner = { ACCORD_OWNER_DATABASE_URL: urlOf(rolesOf((args[1] ?? 'order') as ServiceName)?.owner) };
    const env = { ...process.env, NODE_OPTIONS: '', ...commandEnv, ...owner };
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        ['deploy/accord.ts', ...args],
        { cwd: root, env, maxBuffer: 1024 * 2 ** 20 },
        (error, stdout, stderr) =>
          resolve({
            code: error ? Number(error.code ?? 1) : 0,
            said: stdout + stderr,
            tookMs: performance.now() - began,
          }),
      ),
    );
  };
  const succeeded = async (...args: string[]) => {
    const ran = await command(...args);
    if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.said}`);
    return ran;
  };
  const query = async <Row extends pg.QueryResultRow>(text: string, of = database): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: of });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    command,
    succeeded,
    query,
    ...callersOf(clientsAt(issuer, (name) => services.get(name)!.url)),
    async prepare() {
      await succeeded('provision');
      await succeeded('topics');
      for (const name of serviceNames) await succeeded('migrate', name);
    },
    async startServices() {
      const begun = serviceNames.map((name) =>
        startServiceProcess({ name, home: join(home, name), supervised: false, settings: settingsOf(name) }),
      );
      services = new Map((await all(begun)).map((service) => [service.name, service]));
    },
    async endServices(signal: NodeJS.Signals) {
      if (signal === 'SIGTERM') return void (await ended());
      await all([...services.values()].map((service) => service.kill(signal)));
    },
    /** While no service runs. Each is another order of another of 5 000 accounts. */
    async copyOrder(orderId: string, count: number) {
      const copied = async (table: string, changed: Readonly<Record<string, string>>) => {
        const columns = await query<{ name: string }>(
          `select column_name as name from information_schema.columns
            where table_schema = 'orders' and table_name = '${table}' and is_generated = 'NEVER'`,
        );
        const [into, from] = [
          columns.map(({ name }) => name),
          columns.map(({ name }) => changed[name] ?? `c.${name}`),
        ];
        await query(`insert into orders.${table} (${into.join(', ')})
          select ${from.join(', ')} from orders.${table} c cross join generate_series(1, ${count}) n
           where c.order_id = '${orderId}'`);
      };
      const changed = {
        order_id: `'ord_' || lpad(to_hex(n), 32, '0')`,
        account_id: `'acc_many_' || n % 5000`,
      };
      await copied('orders', changed);
      await copied('order_history', changed);
      await query('vacuum analyze');
    },
    /** Until the views and the timeline know so many orders. */
    async untilHeard(orders: number) {
      const heard = `select least((select count(*) from contracts.order_view),
        (select count(*) from refunds.order_view),
        (select count(*) from notifications.timeline_events where type = 'order.placed'))::int as orders`;
      while ((await query<{ orders: number }>(heard))[0]!.orders < orders) await sleep(2_000);
    },
    backupTool: backups.tool,
    /** A full backup while it runs. */
    backUp: () => backups.backUp(postgres.url),
    /** All of it, as if its disk had burned. */
    async losePostgres() {
      postgres.kill('SIGKILL');
      await postgres.stop();
      rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    },
    async restorePostgres(until: string) {
      const settings = { ...backups.archiving, ...(await backups.restore(until)) };
      postgres = await startPostgres({ dataDir, port, settings });
      while ((await query<{ recovers: boolean }>('select pg_is_in_recovery() as recovers'))[0]!.recovers)
        await sleep(100);
    },
    async loseKafka() {
      kafka.kill('SIGKILL');
      await kafka.stop();
      rmSync(kafkaAsk.dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
    /** While another session is at work as `reconcile` is. */
    async besideAnother<T>(work: () => Promise<T>): Promise<T> {
      const client = new pg.Client({ connectionString: database });
      await client.connect();
      try {
        await client.query(`select pg_advisory_lock(hashtextextended('accord reconcile', 0))`);
        return await work();
      } finally {
        await client.end();
      }
    },
    /** In the services' names: a version of the order and a contract's number that are far ahead. */
    async tellForeign(orderId: string) {
      const tell = async (type: EventType, noun: string, lies: object) => {
        const { key, headers, value } = sampleOf(type);
        const now = { ce_id: newEventId(), ce_time: new Date().toISOString() };
        const told = { ...value, [noun]: { ...value[noun], ...lies } };
        await publishRaw({ brokers: kafka.brokers.split(','), topicPrefix: '' }, type, [
          { key, headers: { ...headers, ...now }, value: JSON.stringify(told) },
        ]);
      };
      await tell('order.paid', 'order', { orderId, version: 1e15 });
      await tell('contract.finalized', 'contract', { contractId: 'ctr_foreign', number: 'CT-2026-99999999' });
    },
    async loseTopic(topic: EventType) {
      const client = openKafka({
        brokers: kafka.brokers.split(','),
        clientId: 'accord-drill',
        topicPrefix: '',
        log: pino({ level: 'silent' }),
      });
      const admin = await openAdmin(client);
      try {
        await admin.deleteTopics([topic]);
        while ((await admin.topics()).has(topic)) await sleep(100);
      } finally {
        await admin.close();
      }
    },
    async startEmptyKafka() {
      for (const deadline = performance.now() + 30_000; ; await sleep(300)) {
        try {
          kafka = await startKafka(kafkaAsk);
          if (kafka.port !== kafkaAsk.port) throw new Error('the port of the lost broker is taken');
          return;
        } catch (error) {
          if (performance.now() > deadline) throw error;
        }
      }
    },
    logs: home,
    close: () => started.disposeAsync(),
  };
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>;
