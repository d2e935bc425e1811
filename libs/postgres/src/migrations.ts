import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import { connect } from './connection.ts';
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

/**
 * True where exactly these migrations are recorded, each by the transaction that did it. Most starts need no
 * more, and loading knex is a tenth of what a start costs.
 */
async function isUpToDate(ownerUrl: string, { schema, platform, folder }: Schema): Promise<boolean> {
  const connection = await connect(ownerUrl, {
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 15_000,
    keepAlive: true,
  });
  try {
    const { rows } = await connection.query<{ name: string }>(
      `select name from ${connection.escapeIdentifier(schema)}.knex_migrations order by id`,
    );
    return [platform.name, ...(await namesIn(folder))].join() === rows.map(({ name }) => name).join();
  } catch (error) {
    if ((error as { code?: string }).code === '42P01') return false;
    throw error;
  } finally {
    await connection.end();
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
    // Functions keep this path. With pg_temp named last, a caller's temporary table never hides one of ours.
    connection: { connectionString: ownerUrl, options: `-c search_path=${of.schema},pg_temp` },
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
