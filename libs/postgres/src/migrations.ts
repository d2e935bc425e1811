import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { connectionPoint, urlOf, type DatabaseAddress } from './address.ts';
import { connect, type Connection } from './connection.ts';
import type { ServiceDatabase } from './database.ts';
import type { Migration, Online } from './table-guards.ts';

const silent = () => undefined;

/** A service's schema: the platform's own tables first, then the service's numbered files. */
interface Schema {
  readonly schema: string;
  /** `0000_…`, before the files. */
  readonly platform: { readonly name: string; readonly up: Migration };
  /** Of `0001_….ts` and so on (file URL). */
  readonly folder: URL;
}

const namesIn = async (folder: URL) =>
  (await readdir(folder))
    .filter((name) => /^\d{4}_\w+\.ts$/.test(name))
    .sort()
    .map((name) => name.slice(0, -3));

type Steps = { readonly up: Migration } | { readonly online: Migration<Online> };
type Named = { readonly name: string } & Steps;

/**
 * In their order, the platform's first.
 *
 * @throws Error where a file exports not one of `up` and `online`.
 */
export async function migrationsOf({ platform, folder }: Schema): Promise<Named[]> {
  const base = folder.href.endsWith('/') ? folder : `${folder.href}/`;
  const own = (await namesIn(folder)).map(async (name) => {
    const steps = (await import(new URL(`${name}.ts`, base).href)) as Steps;
    if ('up' in steps === 'online' in steps) throw new Error(`${name} has to export either up or online`);
    return { name, ...steps };
  });
  return [platform, ...(await Promise.all(own))];
}

const wantedOf = async ({ platform, folder }: Schema) => [platform.name, ...(await namesIn(folder))];

/**
 * Names of the migrations that the schema lacks. Each is recorded by the transaction that did it; those of a newer
 * release may be there too, and are none of this one's business (API-20).
 */
async function missingIn(connection: Pick<Connection, 'query'>, of: Schema): Promise<string[]> {
  const wanted = await wantedOf(of);
  try {
    const { rows } = await connection.query<{ name: string }>(
      `select name from "${of.schema}".knex_migrations`,
    );
    const done = new Set(rows.map(({ name }) => name));
    return wanted.filter((name) => !done.has(name));
  } catch (error) {
    if ((error as { code?: string }).code === '42P01') return wanted;
    throw error;
  }
}

/** The same, as a role that runs the service sees it: before the first of them it may not look. */
export const missingMigrations = (db: ServiceDatabase, of: Schema): Promise<string[]> =>
  missingIn(db.pools().operator, of).catch((error: { code?: string }) => {
    if (error.code === '42501') return wantedOf(of);
    throw error;
  });

/** Most starts need no more, and loading knex is a tenth of what a start costs. */
async function isUpToDate(ownerUrl: DatabaseAddress, of: Schema): Promise<boolean> {
  const connection = await connect(ownerUrl, {
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 15_000,
    keepAlive: true,
  });
  try {
    return (await missingIn(connection, of)).length === 0;
  } finally {
    await connection.end();
  }
}

/** Behind a statement that waits for a table's lock, every request for that table waits: so it soon gives up. */
const lockTimeout = '2s';
/** So long it is tried again, with pauses of up to 5 s, and a quarter more or less. */
const blockedForMs = 300_000;
const longestPauseMs = 5_000;

/** `lock_not_available`, `deadlock_detected`. */
const isBlocked = (error: unknown) => ['55P03', '40P01'].includes((error as { code?: string }).code ?? '');

/**
 * Brings a service's schema up to date, as its owner; several may do so at once, one migrates and the others
 * wait.
 *
 * @param ownerUrl of the role `accord_<service>_owner`.
 * @param onBlocked others held a lock that a statement needs; it is tried again after a pause.
 * @returns the names of the migrations that were done now.
 * @throws the database's error, `55P03` where a lock was not free for five minutes.
 */
export async function migrate(
  ownerUrl: DatabaseAddress,
  of: Schema,
  onBlocked: (reason: string) => void = silent,
): Promise<string[]> {
  if (await isUpToDate(ownerUrl, of)) return [];
  const done: string[] = [];
  const giveUpAt = performance.now() + blockedForMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      await migrateOnce(ownerUrl, of, done);
      return done;
    } catch (error) {
      if (!isBlocked(error) || performance.now() > giveUpAt) throw error;
      onBlocked(`${of.schema}: ${(error as Error).message}`);
      await sleep(pauseMs * (0.75 + Math.random() / 2));
    }
  }
}

/** `done` gets the names of what is done, also where a later one fails. */
async function migrateOnce(ownerUrl: DatabaseAddress, of: Schema, done: string[]): Promise<void> {
  const { default: knex } = await import('knex');
  const db: Knex = knex({
    client: 'pg',
    // Functions keep this path. With pg_temp named last, a caller's temporary table never hides one of ours.
    connection: {
      ...connectionPoint(urlOf(ownerUrl)),
      options: `-c search_path=${of.schema},pg_temp -c lock_timeout=${lockTimeout}`,
    },
    pool: { min: 0, max: 2 },
    // knex would write lines of its own between those of the log; errors are thrown.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
  });
  const migrations = await migrationsOf(of);
  const holder = (await db.client.acquireConnection()) as Holder;
  const source = {
    getMigrations: () => Promise.resolve(migrations),
    getMigrationName: ({ name }: Named) => name,
    getMigration: (migration: Named) => Promise.resolve(stepsOf(migration, { schema: of.schema, holder })),
  };
  try {
    while (!(await hasLock(holder, of.schema))) await sleep(200);
    const asked = { migrationSource: source, schemaName: of.schema, disableMigrationsListValidation: false };
    // knex's own lock outlives the process that had it; ours is held here.
    await db.migrate.forceFreeMigrationsLock(asked);
    const missing = await missingIn(holder, of);
    try {
      await db.migrate.latest(asked);
    } finally {
      const left = await missingIn(holder, of).catch(() => missing);
      done.push(...missing.filter((name) => !left.includes(name)));
    }
  } finally {
    await holder.query(`select pg_advisory_unlock(hashtext('accord migrate ' || $1))`, [of.schema]);
    await db.client.releaseConnection(holder);
    await db.destroy();
  }
}

type Holder = Pick<Connection, 'query'>;

/** Asked again and again: a statement that waits has a snapshot, for whose end an index built concurrently waits. */
async function hasLock(holder: Holder, schema: string): Promise<boolean> {
  const text = `select pg_try_advisory_lock(hashtext('accord migrate ' || $1)) as has`;
  return (await holder.query<{ has: boolean }>(text, [schema])).rows[0]!.has;
}

const down = () => Promise.reject(new Error('schemas only go forward'));

/** As knex has it: all that is missing is one transaction, unless one of them is online. */
function stepsOf(steps: Steps, { schema, holder }: { schema: string; holder: Holder }) {
  if ('online' in steps)
    return { config: { transaction: false }, up: () => goOnline(steps.online, schema, holder), down };
  return {
    up: async (trx: Knex) => {
      for (const sql of steps.up) await trx.raw(sql.replaceAll('?', '\\?'));
    },
    down,
  };
}

/** An index that was cut off is there and of no use: `if not exists` would take it for made. */
const invalidIndexes = `
  select format('drop index concurrently %s', indexrelid::regclass) as dropped
    from pg_index join pg_class on pg_class.oid = indexrelid
   where not indisvalid and relnamespace = $1::regnamespace`;

/** An index that is built concurrently holds nobody up while it waits. */
const mayWait = (sql: string) => /\bindex concurrently\b/.test(sql);

async function goOnline(steps: Migration<Online>, schema: string, holder: Holder): Promise<void> {
  const run = async (sql: string) => {
    await holder.query(`set lock_timeout = '${mayWait(sql) ? '0' : lockTimeout}'`);
    return holder.query(sql);
  };
  const { rows } = await holder.query<{ dropped: string }>(invalidIndexes, [schema]);
  for (const { dropped } of rows) await run(dropped);
  for (const step of steps) {
    if (typeof step === 'string') await run(step);
    else while ((await run(step.portions)).rowCount);
  }
}
