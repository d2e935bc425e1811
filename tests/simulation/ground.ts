import { randomBytes } from 'node:crypto';
import { contractService } from '@accord/contract';
import { notificationService } from '@accord/notification';
import { orderService } from '@accord/order';
import { type Clock, migrate, openDatabase, provisionDatabase, type Service, type ServiceDatabase, type ServiceName } from '@accord/platform';
import { loadProfile, type Profile } from '@accord/profile';
import { refundService } from '@accord/refund';
import { developmentPassword, urlsOf } from '@accord/testing';
import pg from 'pg';
import { pino } from 'pino';

export const log = pino({ level: 'silent' });

/** One service on its schema, without its HTTP server, relay and consumer: what the simulation drives itself. */
export interface Part {
  readonly service: Service;
  readonly db: ServiceDatabase;
  /** While set, the next transaction of this service is rolled back at its end, as if its process or its database had died just then. */
  dies: boolean;
  /** It announced something since the outbox was looked at. */
  announced: boolean;
}

export type Parts = Readonly<Record<ServiceName, Part>>;

/** All four services on one database of their own. */
export interface Ground {
  readonly parts: Parts;
  readonly clock: Clock;
  /** As superuser. With a name it is planned once. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<Row[]>;
  /** Removes everything but the catalogue. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What a dying process looks like to those that wait for its transaction: `isDatabaseAway` knows the code, so nothing is parked. */
export class Death extends Error {
  readonly code = '57P01';
}

const day = 86_400_000;

/**
 * Both providers' rules in one profile: an official contract is voided by hand as well as by ticket, an order in a contract has longer to be
 * paid, and a refund of two instances already waits for a review.
 */
export const profile: Profile = (() => {
  const baidu = loadProfile('baidu');
  return {
    ...baidu,
    orders: { payWithinMs: 7 * day, payWithinWhenContractedMs: 30 * day },
    contracts: { ...baidu.contracts, voidOfficial: 'self_service' },
    refunds: { ...baidu.refunds, reviewAbove: { amount: '1000.00', currency: 'CNY' } },
  };
})();

/** Signs nothing: sealing is replaced by quick-seal.ts, which does not ask it. */
const sealKey: Parameters<typeof contractService>[0]['sealKey'] = {
  test: true,
  algorithm: 'ecdsa',
  chain: [Buffer.alloc(0)],
  sign: () => Promise.reject(new Error('no signature is needed here')),
};

const services = (): readonly Service[] => [
  orderService({ profile }, { log }),
  contractService({ profile, sealKey }, { log }),
  refundService({ profile }, { log }),
  notificationService({ profile, smtpUrl: 'smtp://127.0.0.1:9', mailFrom: 'accord@example.com' }, { log }),
];

async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Its transactions end as they should, or, where the part dies, are rolled back after all their work was done. */
function mortal(real: ServiceDatabase, part: { dies: boolean }): ServiceDatabase {
  const orDie = <T>(result: T): T => {
    if (!part.dies) return result;
    part.dies = false;
    throw new Death('died before the commit');
  };
  return {
    ...real,
    session: (actor, work) => real.session(actor, async (session) => orDie(await work(session))),
    transaction: (actor, work, options) => real.transaction(actor, async (tx) => orDie(await work(tx)), options),
  };
}

async function openPart(url: string, service: Service, clock: Clock): Promise<Part> {
  const urls = urlsOf(url, service.name);
  await migrate(urls.owner, { service: service.name, schema: service.schema, folder: service.migrations });
  const part = { service, dies: false, announced: false } as { -readonly [K in keyof Part]: Part[K] };
  const real = openDatabase({
    url: urls.app,
    operatorUrl: urls.operator,
    schema: service.schema,
    source: `/services/${service.name}`,
    clock,
    poolSize: 3,
    onCommit: () => (part.announced = true),
  });
  part.db = mortal(real, part);
  return part;
}

/** Tables of one run's data: all but the catalogue, as it is published once, and what migrations and the idempotency of its publication left. */
const tablesOfRuns = `
  select format('%I.%I', schemaname, tablename) as name from pg_tables
   where schemaname = any ($1) and tablename not like 'knex%' and tablename not in ('products', 'product_view') order by 1`;

/** @param serverUrl of the superuser. The database is dropped by `close`. */
export async function openGround(serverUrl: string): Promise<Ground> {
  const database = `accord_simulation_${randomBytes(5).toString('hex')}`;
  await asSuperuser(serverUrl, (client) => client.query(`create database ${database}`));
  const url = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
  await provisionDatabase(url, { passwordOf: developmentPassword });
  const clock: Clock = { offsetMs: 0 };
  const parts = await Promise.all(services().map((service) => openPart(url, service, clock)));
  const superuser = new pg.Client({ connectionString: url });
  await superuser.connect();
  // Without foreign keys and triggers, so that the tables are cleared in any order.
  await superuser.query('set session_replication_role = replica');
  const { rows } = await superuser.query<{ name: string }>(tablesOfRuns, [parts.map(({ service }) => service.schema)]);
  const tables = rows.map(({ name }) => name);
  await superuser.query(`create function clear_run() returns void language plpgsql as $$ begin ${tables.map((table) => `delete from ${table};`).join(' ')} end $$`);
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
      await Promise.all(parts.map(async ({ service, db }) => void (await Promise.all([db.close(), service.close?.()]))));
      await superuser.end();
      await asSuperuser(serverUrl, (client) => client.query(`drop database if exists ${database} with (force)`));
    },
  };
}
