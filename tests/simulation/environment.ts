import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { contractService } from '@accord/contract';
import { constant } from '@accord/core/runtime';
import type { ServiceName } from '@accord/events/services';
import { asSuperuser } from '@accord/local/parts';
import { outbox } from '@accord/messaging';
import { notificationService } from '@accord/notification';
import { orderService } from '@accord/order';
import { migrateService, type Service } from '@accord/platform';
import { openDatabase, type Clock, type ServiceDatabase } from '@accord/postgres';
import { provisionDatabase, rolesOf } from '@accord/postgres/provision';
import { loadProfile, type Profile } from '@accord/profile';
import { refundService } from '@accord/refund';
import { developmentPassword, schemaSources, urlsOf } from '@accord/testing';

const root = new URL('../../', import.meta.url);
export const log = pino({ level: 'silent' });

/**
 * One service on its schema, without its HTTP server, relay and consumer: what the simulation drives itself.
 */
export interface Part {
  readonly service: Service;
  readonly db: ServiceDatabase;
  /**
   * While set, the next transaction of this service is rolled back at its end, as if its process or its
   * database had died just then.
   */
  dies: boolean;
  /** It announced something since the outbox was looked at. */
  announced: boolean;
}

export type Parts = Readonly<Record<ServiceName, Part>>;

/** All four services on one database of their own. */
export interface Environment {
  readonly parts: Parts;
  readonly clock: Clock;
  /** As superuser. With a name it is planned once. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]>;
  /** Removes everything but the catalogue. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The error that a dying process is to those that wait for its transaction: `isDatabaseAway` knows the code,
 * so nothing is parked.
 */
export class Death extends Error {
  readonly code = '57P01';
}

const day = 86_400_000;

/**
 * Both providers' rules in one profile: contracts are over orders and bills, an official one is voided by hand as
 * well as by ticket, an order
 * in a contract has longer to be paid, and a refund of two instances already waits for a review.
 */
export const profile: Profile = (() => {
  const baidu = loadProfile('baidu');
  return {
    ...baidu,
    orders: { payWithinMs: 7 * day, payWithinWhenContractedMs: 30 * day, downgradeReturns: 'difference' },
    contracts: { ...baidu.contracts, sources: ['order', 'bill'], voidOfficial: 'self_service' },
    refunds: { ...baidu.refunds, reviewAbove: { amount: '1000.00', currency: 'CNY' } },
  };
})();

/** Signs nothing: sealing is replaced by quick-seal.ts, which does not ask it. Its certificate is always valid. */
const sealKey: Parameters<typeof contractService>[0]['sealKey'] = {
  test: true,
  chains: [
    [
      {
        validFromDate: new Date(0),
        validToDate: new Date(8.64e15),
        subject: 'CN=Simulation',
      } as X509Certificate,
    ],
  ],
  sign: () => Promise.reject(new Error('no signature is needed here')),
};

const services: readonly Service[] = [
  orderService({ profile }, { log }),
  contractService({ profile, sealKey }, { log }),
  refundService({ profile }, { log }),
  notificationService(
    { profile, smtp: { url: constant('smtp://127.0.0.1:9') }, mailFrom: 'accord@example.com' },
    { log },
  ),
];

/**
 * Its transactions end as they should, or, where the part dies, are rolled back after all their work was
 * done.
 */
function mortal(real: ServiceDatabase, part: { dies: boolean }): ServiceDatabase {
  const orDie = <T>(result: T): T => {
    if (!part.dies) return result;
    part.dies = false;
    throw new Death('died before the commit');
  };
  return {
    ...real,
    session: (actor, work) => real.session(actor, async (session) => orDie(await work(session))),
    transaction: (actor, work, options) =>
      real.transaction(actor, async (tx) => orDie(await work(tx)), options),
  };
}

function openPart(url: string, service: Service, clock: Clock): Part {
  const urls = urlsOf(url, service.name);
  const part = { service, dies: false, announced: false } as { -readonly [K in keyof Part]: Part[K] };
  const real = openDatabase({
    url: urls.app,
    operatorUrl: urls.operator,
    schema: service.schema,
    source: `/services/${service.name}`,
    clock,
    outbox,
    poolSize: 3,
    onCommit: () => (part.announced = true),
  });
  part.db = mortal(real, part);
  return part;
}

/**
 * Tables of one run's data: all but the catalogue, as it is published once, and what migrations and the
 * idempotency of its publication left.
 */
const tablesOfRuns = `
  select format('%I.%I', schemaname, tablename) as name from pg_tables
   where schemaname = any ($1) and tablename not like 'knex%'
   and tablename not in ('products', 'product_view') order by 1`;

const named = (serverUrl: string, database: string) =>
  Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;

/** Of everything that makes the schemas. */
async function fingerprint(): Promise<string> {
  const platform = schemaSources.map((file) => `libs/${file}`);
  const migrations = globSync('services/*/migrations/*.ts', { cwd: fileURLToPath(root) });
  const hash = createHash('sha256');
  for (const file of [...platform, ...migrations.sort()]) hash.update(await readFile(new URL(file, root)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * A database with the four empty schemas, copied from a template that is made once per state of the
 * migrations.
 */
async function makeDatabase(serverUrl: string): Promise<string> {
  const template = `accord_template_simulation_${await fingerprint()}`;
  const database = `accord_simulation_${randomBytes(5).toString('hex')}`;
  await asSuperuser(serverUrl, async (admin) => {
    await admin.query(`select pg_advisory_lock(hashtext('accord simulation template'))`);
    const { rows } = await admin.query('select from pg_database where datname = $1', [template]);
    if (rows.length === 0) {
      const building = `${template}_building`;
      await admin.query(`drop database if exists ${building} with (force)`);
      await admin.query(`create database ${building}`);
      const url = named(serverUrl, building);
      await provisionDatabase(url, { passwordOf: developmentPassword });
      for (const one of services) await migrateService(urlsOf(url, one.name).owner, one);
      await admin.query(`alter database ${building} rename to ${template}`);
    }
    await admin.query(`create database ${database} template ${template}`);
  });
  const url = named(serverUrl, database);
  // Grants on a database are not copied with it.
  const roles = services.flatMap(({ name }) => Object.values(rolesOf(name)));
  await asSuperuser(url, (client) =>
    client.query(`grant connect on database ${database} to ${roles.join(', ')}`),
  );
  return url;
}

/** @param serverUrl of the superuser. The database is dropped by `close`. */
export async function openEnvironment(serverUrl: string): Promise<Environment> {
  const url = await makeDatabase(serverUrl);
  const database = new URL(url).pathname.slice(1);
  const clock: Clock = { offsetMs: 0 };
  const parts = services.map((service) => openPart(url, service, clock));
  const superuser = new pg.Client({ connectionString: url });
  await superuser.connect();
  // Without foreign keys and triggers, so that the tables are cleared in any order.
  await superuser.query('set session_replication_role = replica');
  const { rows } = await superuser.query<{ name: string }>(tablesOfRuns, [
    parts.map(({ service }) => service.schema),
  ]);
  const tables = rows.map(({ name }) => name);
  await superuser.query(
    `create function clear_run() returns void language plpgsql as $$ begin ${tables
      .map(
        (table) => `delete
      from ${table};`,
      )
      .join(' ')} end $$`,
  );
  let cleared = 0;
  return {
    parts: Object.fromEntries(parts.map((part) => [part.service.name, part])) as unknown as Parts,
    clock,
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = [], name?: string) =>
      (await superuser.query<Row>({ text, values, ...(name && { name }) })).rows,
    async clear() {
      // Deleting the few rows of a run is faster than truncating; now and then the dead ones go, too.
      cleared += 1;
      await superuser.query(cleared % 200 === 0 ? `truncate ${tables.join(', ')}` : 'select clear_run()');
    },
    async close() {
      await Promise.all(
        parts.map(async ({ service, db }) => void (await Promise.all([db.close(), service.close?.()]))),
      );
      await superuser.end();
      await asSuperuser(serverUrl, (client) =>
        client.query(`drop database if exists ${database} with (force)`),
      );
    },
  };
}
