import { readdir } from 'node:fs/promises';
import type { Knex } from 'knex';
import pg from 'pg';
import { idempotencyTable } from './http/idempotency.ts';
import { messagingTables } from './messaging/tables.ts';

/**
 * Statements in their order, run as the schema's owner with its search_path. A file in `migrations/` exports
 * one as `up`.
 */
export type Migration = readonly string[];

/**
 * Its service sees and writes the rows of which `condition` is true; its operators, its owner and the auditor
 * see all.
 */
const guardedTable = (
  service: string,
  table: string,
  { policy, condition }: { policy: string; condition: string },
): string => `
  alter table ${table} enable row level security;
  alter table ${table} force row level security;
  create policy ${policy} on ${table} to accord_${service} using (${condition}) with check (${condition});
  create policy every_account on ${table} to accord_${service}_operator, accord_${service}_owner using (true) with check (true);
  create policy audit on ${table} for select to accord_auditor using (true);
  ${sharedTable(service, table)}`;

/**
 * Guards a table of customers' rows: it has an `account_id`; the app role sees the rows of the account that
 * its transaction is for and no others (unset: none), the operator role sees all (API-5). Forced, so the
 * owner is bound by a policy as well.
 */
export const accountTable = (service: string, table: string): string =>
  guardedTable(service, table, {
    policy: 'own_account',
    condition: `account_id = (select current_setting('accord.account', true))`,
  });

/** A table for what belongs to no account or to all: out of sight of whoever acts for one (API-5). */
export const innerTable = (service: string, table: string): string =>
  guardedTable(service, table, {
    policy: 'no_account',
    condition: `(select coalesce(current_setting('accord.account', true), '')) = ''`,
  });

/** A table without accounts. */
export const sharedTable = (service: string, table: string): string => `
  grant select, insert, update, delete on ${table} to accord_${service}, accord_${service}_operator;
  grant select on ${table} to accord_auditor;`;

const silent = () => undefined;
const platformsOwn = '0000_platform';

const namesIn = async (folder: URL) =>
  (await readdir(folder))
    .filter((name) => /^\d{4}_\w+\.ts$/.test(name))
    .sort()
    .map((name) => name.slice(0, -3));

async function migrationsOf(service: string, folder: URL): Promise<{ name: string; up: Migration }[]> {
  const platform = { name: platformsOwn, up: [...messagingTables(service), ...idempotencyTable(service)] };
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
async function isUpToDate(
  ownerUrl: string,
  { schema, folder }: { schema: string; folder: URL },
): Promise<boolean> {
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
    return [platformsOwn, ...(await namesIn(folder))].join() === rows.map(({ name }) => name).join();
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
export async function migrate(
  ownerUrl: string,
  of: { service: string; schema: string; folder: URL },
): Promise<void> {
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
  const migrations = await migrationsOf(of.service, of.folder);
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
