import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ServiceName } from '@accord/events/services';
import { migrateService, type Service } from '@accord/platform';
import { connect } from '@accord/postgres';
import { provisionDatabase, rolesOf, roleUrl } from '@accord/postgres/provision';

/** Passwords of a development server; the local platform uses the same. */
export const developmentPassword = (role: string) => `dev-${role}`;

const named = (superuserUrl: string, database: string) => {
  const url = new URL(superuserUrl);
  url.pathname = `/${database}`;
  return url.href;
};

export interface TestDatabase {
  /** Superuser's URL of this database. */
  readonly url: string;
  readonly urls: { readonly owner: string; readonly app: string; readonly operator: string };
  drop(): Promise<void>;
}

/** Files below libs/ that make a schema, apart from the service's migrations. */
export const schemaSources: readonly string[] = [
  'postgres/src/migrations.ts',
  'postgres/src/table-guards.ts',
  'postgres/src/row-security.ts',
  'postgres/src/provision.ts',
  'messaging/src/schema.ts',
  'http/src/idempotency.ts',
  'http/src/server/rate-limit.ts',
  'platform/src/service-schema.ts',
];

async function fingerprint(service: Service): Promise<string> {
  const hash = createHash('sha256');
  const libs = new URL('../../', import.meta.url);
  const files = (await readdir(service.migrations))
    .sort()
    .map((name) => new URL(name, `${service.migrations.href.replace(/\/?$/, '/')}`));
  for (const file of [...schemaSources.map((name) => new URL(name, libs)), ...files]) {
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 12);
}

export const urlsOf = (url: string, service: ServiceName) => {
  const roles = rolesOf(service);
  const of = (role: string) => roleUrl(url, role, developmentPassword(role));
  return { owner: of(roles.owner), app: of(roles.app), operator: of(roles.operator) };
};

/**
 * A migrated database of the test's own, copied from a template that is made once per state of the
 * migrations.
 */
export async function testDatabase(superuserUrl: string, service: Service): Promise<TestDatabase> {
  const template = `accord_template_${service.name}_${await fingerprint(service)}`;
  const database = `accord_test_${service.name}_${randomBytes(5).toString('hex')}`;
  const admin = await connect(superuserUrl);
  try {
    await admin.query(`select pg_advisory_lock(hashtext('accord test templates'))`);
    const { rows } = await admin.query('select from pg_database where datname = $1', [template]);
    if (rows.length === 0) {
      const building = `${template}_building`;
      await admin.query(`drop database if exists ${building} with (force)`);
      await admin.query(`create database ${building}`);
      await provisionDatabase(named(superuserUrl, building), { passwordOf: developmentPassword });
      await migrateService(urlsOf(named(superuserUrl, building), service.name).owner, service);
      await admin.query(`alter database ${building} rename to ${template}`);
    }
    await admin.query(`create database ${database} template ${template}`);
    for (const role of Object.values(rolesOf(service.name)))
      await admin.query(`grant connect on database ${database} to ${role}`);
  } finally {
    await admin.end();
  }
  const url = named(superuserUrl, database);
  return {
    url,
    urls: urlsOf(url, service.name),
    async drop() {
      const connection = await connect(superuserUrl);
      await connection.query(`drop database if exists ${database} with (force)`);
      await connection.end();
    },
  };
}
