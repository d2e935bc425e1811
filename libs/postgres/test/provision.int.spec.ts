import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  databaseUrl,
  makeDatabase,
  placeOf,
  startPostgres,
  type EmbeddedPostgres,
} from '@accord/local/parts';
import { roles, roleUrl, schemas } from '../src/provision.ts';

// The command that makes roles and schemas, on a server of its own: roles and their passwords belong to the
// whole server.

const home = mkdtempSync(join(tmpdir(), 'provision-'));
const dataDir = join(home, 'postgres');
const variableOf = (role: string) => `${role.toUpperCase()}_PASSWORD`;
/** A password may have any sign. */
const passwords = (version: number) =>
  Object.fromEntries(roles.map((role) => [variableOf(role), `it's "${role}" @/%$ ${version}`]));

let postgres: EmbeddedPostgres;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres({ dataDir, durable: false, settings: { log_statement: 'all' } });
  url = databaseUrl(postgres.url, 'accord_live');
  await makeDatabase(postgres.url, 'accord_live');
});
afterAll(async () => {
  await postgres?.stop();
  for (const folder of [home, placeOf(dataDir)])
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

const { PATH, NODE_COMPILE_CACHE } = process.env;
const door = fileURLToPath(new URL('../../../deploy/accord.ts', import.meta.url));
/** Runs a command as an operator does. */
const run = (args: readonly string[], settings: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [door, ...args], { env: { PATH, NODE_COMPILE_CACHE, ...settings } });
const provision = (settings: Readonly<Record<string, string>>) =>
  run(['provision'], { ACCORD_ADMIN_DATABASE_URL: url, ...settings });

async function ask<Row extends pg.QueryResultRow>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
const as = (role: string, version: number) => roleUrl(url, role, passwords(version)[variableOf(role)]!);

test('without a password, the address or the database it says in one line all that is missing, and fails', async () => {
  const { ACCORD_ORDER_PASSWORD: _one, ACCORD_AUDITOR_PASSWORD: _two, ...some } = passwords(1);
  const stderr =
    'provision: settings: ACCORD_AUDITOR_PASSWORD is missing; ACCORD_ORDER_PASSWORD is missing\n';
  const missing = ['ACCORD_ADMIN_DATABASE_URL', ...Object.keys(passwords(1))].map(
    (name) => `${name} is missing`,
  );
  const nothing = `provision: settings: ${missing.join('; ')}\n`;
  await Promise.all([
    expect(provision(some)).rejects.toMatchObject({ code: 1, stdout: '', stderr }),
    expect(provision({ ACCORD_ADMIN_DATABASE_URL: '' })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: nothing,
    }),
    expect(
      provision({ ...passwords(1), ACCORD_ADMIN_DATABASE_URL: databaseUrl(postgres.url, 'nowhere') }),
    ).rejects.toMatchObject({ code: 1, stderr: 'provision: database "nowhere" does not exist\n' }),
  ]);
  await expect(ask(url, `select from pg_roles where rolname like 'accord%'`)).resolves.toEqual([]);
});

test(
  'API-20 a role that is no superuser makes roles and schemas too, in a database of its own; each schema is ' +
    'migrated by its owner, and a second time nothing is left to do',
  async () => {
    await ask(url, `create role managing login createrole password 'm'`);
    await ask(url, 'create database accord_managed owner managing');
    const managed = roleUrl(databaseUrl(postgres.url, 'accord_managed'), 'managing', 'm');
    await provision({ ...passwords(1), ACCORD_ADMIN_DATABASE_URL: managed });
    expect(
      await ask(url, `select from pg_auth_members where member = 'managing'::regrole and not admin_option`),
    ).toEqual([]);
    const { hostname, port } = new URL(postgres.url);
    const password = join(home, 'password');
    writeFileSync(password, `${passwords(1)['ACCORD_REFUND_OWNER_PASSWORD']}\n`);
    const migrate = (...args: string[]) =>
      run(['migrate', ...args], {
        ACCORD_DATABASE_HOST: hostname,
        ACCORD_DATABASE_PORT: port,
        ACCORD_DATABASE_NAME: 'accord_managed',
        ACCORD_OWNER_DATABASE_USER: 'accord_refund_owner',
        ACCORD_OWNER_DATABASE_PASSWORD_FILE: password,
      });
    expect(await migrate('refund')).toMatchObject({
      stdout: expect.stringMatching(
        /^the schema refunds is up to date: [1-9]\d* migrations were done now\n$/,
      ),
      stderr: '',
    });
    expect((await migrate('refund')).stdout).toContain(': 0 migrations were done now');
    await expect(migrate('order')).rejects.toMatchObject({
      code: 1,
      stderr: 'migrate: permission denied for schema orders\n',
    });
    await expect(migrate()).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^usage: migrate/),
    });
    await ask(url, 'alter role accord_order createdb');
    await expect(provision({ ...passwords(1), ACCORD_ADMIN_DATABASE_URL: managed })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the role accord_order may do more than log in'),
    });
    await ask(url, 'drop database accord_managed');
  },
);

test(
  'API-5 one command makes each service’s roles, none of which may do more than log in, ' +
    'and the schemas that their owners own',
  async () => {
    await provision(passwords(1));
    const powers =
      'rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or not rolcanlogin';
    const made = await ask(
      url,
      `select rolname as role, ${powers} as more,
            (select count(*)::int from pg_auth_members where member = r.oid) as groups
       from pg_roles r where rolname like 'accord%' order by 1`,
    );
    expect(made).toEqual([...roles].sort().map((role) => ({ role, more: false, groups: 0 })));
    const owners = await ask(
      url,
      `select nspname as schema, nspowner::regrole::text as owner from pg_namespace
      where nspowner::regrole::text like 'accord%' order by 1`,
    );
    const owned = Object.entries(schemas).flatMap(([service, schema]) =>
      [schema, `${schema}_rebuild`].map((name) => ({ schema: name, owner: `accord_${service}_owner` })),
    );
    expect(owned).toHaveLength(8);
    expect(owners).toEqual(owned.sort((a, b) => (a.schema < b.schema ? -1 : 1)));
    for (const role of roles)
      expect(await ask(as(role, 1), 'select current_user as role')).toEqual([{ role }]);
    const log = readFileSync(join(home, 'logs', 'postgres.log'), 'utf8');
    expect(log).toContain('alter role accord_refund_owner with');
    expect(log).not.toContain('@/%$');
  },
);

test('API-5 what a service keeps, no role of another service may read or add to', async () => {
  await ask(
    as('accord_refund_owner', 1),
    'create table refunds.kept (id text); grant select on refunds.kept to public',
  );
  await expect(ask(as('accord_refund', 1), 'select from refunds.kept')).resolves.toEqual([]);
  await expect(ask(as('accord_auditor', 1), 'select from refunds.kept')).resolves.toEqual([]);
  const others = roles.filter((role) => !/refund|auditor/.test(role));
  expect(others).toHaveLength(9);
  for (const role of others)
    await expect(ask(as(role, 1), 'select from refunds.kept')).rejects.toThrow(
      'permission denied for schema refunds',
    );
  for (const role of ['accord_order_owner', 'accord_refund'])
    await expect(ask(as(role, 1), 'create table refunds.mine ()')).rejects.toThrow(
      'permission denied for schema refunds',
    );
});

test('run again it makes what is missing, sets a password that was changed, and leaves what is kept', async () => {
  await ask(url, 'drop schema refunds_rebuild; alter role accord_order createdb');
  await provision(passwords(2));
  await expect(ask(as('accord_order', 1), 'select')).rejects.toThrow('password authentication failed');
  for (const role of roles) expect(await ask(as(role, 2), 'select current_user as role')).toEqual([{ role }]);
  expect(await ask(url, `select rolcreatedb as power from pg_roles where rolname = 'accord_order'`)).toEqual([
    { power: false },
  ]);
  expect(
    await ask(
      url,
      `select nspowner::regrole::text as owner from pg_namespace where nspname = 'refunds_rebuild'`,
    ),
  ).toEqual([{ owner: 'accord_refund_owner' }]);
  await expect(ask(as('accord_refund', 2), 'select from refunds.kept')).resolves.toEqual([]);
});
