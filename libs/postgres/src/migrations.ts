import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import pg from 'pg';
import type { Migration } from './table-guards.ts';

const silent = () => undefined;

/** Of a schema: the platform's own tables first, then the service's numbered files. */
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

/**
 * True where just these are recorded, each in the transaction that did it: most starts need no more, and knex
 * is a tenth of what a start costs.
 */
async function isUpToDate(ownerUrl: string, { schema, platform, folder }: Schema): Promise<boolean> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    connectionTimeoutMillis: 5_000,
    query_timeout: 15_000,
    keepAlive: true,
  });
  client.on('error', silent); // whoever waits for an answer is told
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select name from ${client.escapeIdentifier(schema)}.knex_migrations order by id`,
    );
    return [platform.name, ...(await namesIn(folder))].join() === rows.map(({ name }) => name).join();
  } catch (error) {
    if ((error as { code?: string }).code === '42P01') return false;
    throw error;
  } finally {
    await client.end();
  }
}

/**
 * Brings a service's schema up to date, as its owner; several instances may start at once, one migrates and
 * the others wait.
 *
 * @param ownerUrl of the role `accord_<service>_owner`.
 */
export async function migrate(ownerUrl: string, of: Schema): Promise<void> {
  if (await isUpToDate(ownerUrl, of)) return;
  const { default: knex } = await import('knex');
  const db: Knex = knex({
    client: 'pg',
    // Functions keep this path. Named last, what a caller made in pg_temp never stands before the schema's
    // own tables.
    connection: { connectionString: ownerUrl, options: `-c search_path=${of.schema},pg_temp` },
    pool: { min: 0, max: 2 },
    // It would write lines of its own between those of the log; what fails is thrown.
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
    await db.migrate.latest({
      migrationSource: source,
      schemaName: of.schema,
      disableMigrationsListValidation: false,
    });
  } finally {
    await holder.query(`select pg_advisory_unlock(hashtext('accord migrate ' || $1))`, [of.schema]);
    await db.client.releaseConnection(holder);
    await db.destroy();
  }
}
