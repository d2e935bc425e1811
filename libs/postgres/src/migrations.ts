import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import { connectionPoint, urlOf, type DatabaseAddress } from './address.ts';
import { connect, type Connection } from './connection.ts';
import type { ServiceDatabase } from './database.ts';
import type { Migration } from './table-guards.ts';

const silent = () => undefined;

/** A service's schema: the platform's own tables first, then the service's numbered files. */
export interface Schema {
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

async function migrationsOf({ platform, folder }: Schema): Promise<{ name: string; up: Migration }[]> {
  const own = (await namesIn(folder)).map(async (name) => ({
    name,
    up: (
      (await import(new URL(`${name}.ts`, folder.href.endsWith('/') ? folder : `${folder.href}/`).href)) as {
        up: Migration;
      }
    ).up,
  }));
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

/**
 * Brings a service's schema up to date, as its owner; several may do so at once, one migrates and the others
 * wait.
 *
 * @param ownerUrl of the role `accord_<service>_owner`.
 * @returns the names of the migrations that were done now.
 */
export async function migrate(ownerUrl: DatabaseAddress, of: Schema): Promise<string[]> {
  if (await isUpToDate(ownerUrl, of)) return [];
  const { default: knex } = await import('knex');
  const db: Knex = knex({
    client: 'pg',
    // Functions keep this path. With pg_temp named last, a caller's temporary table never hides one of ours.
    connection: { ...connectionPoint(urlOf(ownerUrl)), options: `-c search_path=${of.schema},pg_temp` },
    pool: { min: 0, max: 2 },
    // knex would write lines of its own between those of the log; errors are thrown.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
  });
  const migrations = await migrationsOf(of);
  const source = {
    getMigrations: () => Promise.resolve(migrations),
    getMigrationName: ({ name }: { name: string }) => name,
    getMigration: ({ up }: { up: Migration }) =>
      Promise.resolve({
        up: async (trx: Knex) => {
          for (const sql of up) await trx.raw(sql.replaceAll('?', '\\?'));
        },
        down: () => Promise.reject(new Error('schemas only go forward')),
      }),
  };
  const holder = await db.client.acquireConnection();
  try {
    await holder.query(`select pg_advisory_lock(hashtext('accord migrate ' || $1))`, [of.schema]);
    const [, done] = (await db.migrate.latest({
      migrationSource: source,
      schemaName: of.schema,
      disableMigrationsListValidation: false,
    })) as [number, string[]];
    return done;
  } finally {
    await holder.query(`select pg_advisory_unlock(hashtext('accord migrate ' || $1))`, [of.schema]);
    await db.client.releaseConnection(holder);
    await db.destroy();
  }
}
