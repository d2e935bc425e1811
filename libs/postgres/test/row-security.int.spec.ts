import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { outbox } from '@accord/messaging';
import { smallService, testDatabase, type TestDatabase } from '@accord/testing';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/database.ts';
import { roleUrl } from '../src/provision.ts';

// A service's start looks at the roles that it is given, whatever they are called.

const service = smallService({});
const own = `accord_${service.name}`;
const made: string[] = [];
let base: TestDatabase;
let superuser: pg.Client;
beforeAll(async () => {
  base = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  superuser = new pg.Client({ connectionString: base.url, options: `-c search_path=${service.schema}` });
  await superuser.connect();
});
afterAll(async () => {
  for (const role of made) await superuser.query(`drop owned by ${role}; drop role ${role}`);
  await superuser?.end();
  await base?.drop();
});

/** A role of another name, which is a member of these. */
async function roleOf(groups: readonly string[], kind = ''): Promise<string> {
  const role = `acme_${randomBytes(4).toString('hex')}`;
  await superuser.query(`create role ${role} login password 'test' ${kind} in role ${groups.join(', ')}`);
  made.push(role);
  return roleUrl(base.url, role, 'test');
}

async function check(url: string, operatorUrl = base.urls.operator): Promise<string> {
  const { schema } = service;
  const settings = { schema, source: '/services/test', clock: systemClock(), outbox, poolSize: 2 };
  const db = openDatabase({ url, operatorUrl, ...settings });
  try {
    await db.checkRoles();
    return 'good';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await db.close();
  }
}

test('API-5 a role of any name is good that row security binds as it does the service’s own', async () => {
  expect(await check(base.urls.app)).toBe('good');
  const member = await roleOf([own]);
  expect(await check(member, await roleOf([`${own}_operator`]))).toBe('good');
});

test('API-5 a role that sees every account is refused as the service’s own, before there is a row', async () => {
  const seesAll = /sees rows of every account/;
  expect(await check(base.urls.operator)).toMatch(seesAll);
  expect(await check(await roleOf([`${own}_operator`]))).toMatch(seesAll);
  expect(await check(roleUrl(base.url, 'accord_auditor', 'dev-accord_auditor'))).toMatch(seesAll);
});

test('API-5 so is one that may come to see them: by another role, by owning a table, beyond row security', async () => {
  const both = [own, `${own}_operator`];
  expect(await check(await roleOf(both, 'noinherit'))).toMatch(/permission denied/);
  const sleeping = await roleOf([own]);
  await superuser.query(
    `grant ${own}_operator to ${new URL(sleeping).username} with inherit false, set true`,
  );
  expect(await check(sleeping)).toMatch(
    /is bound as several: accord_notification, accord_notification_operator/,
  );
  expect(await check(base.urls.owner)).toMatch(/owns the schema/);
  expect(await check(await roleOf([own], 'bypassrls'))).toMatch(/may bypass row security/);
  const owning = await roleOf([own]);
  await superuser.query(
    `create table kept (account_id text); alter table kept owner to ${new URL(owning).username}`,
  );
  expect(await check(owning)).toMatch(/owns the schema/);
  await superuser.query('drop table kept');
});

test('API-5 a role that row security binds is refused as that of operators, and one of another service', async () => {
  expect(await check(base.urls.app, base.urls.app)).toMatch(/does not see every account/);
  const other = roleUrl(base.url, 'accord_order', 'dev-accord_order');
  expect(await check(other)).toMatch(/permission denied/);
  expect(await check(base.urls.app, other)).toMatch(/permission denied/);
});

test('API-5 a table whose policies were opened is seen at the first of its rows', async () => {
  await superuser.query(`create policy open_to_all on seen to ${own} using (true)`);
  expect(await check(base.urls.app)).toBe('good');
  await superuser.query(`insert into seen (account_id, key, version) values ('acc_1', 'k', 1)`);
  expect(await check(base.urls.app)).toMatch(/sees rows of every account/);
  await superuser.query(`alter policy open_to_all on seen
    using (current_setting('accord.account', true) is distinct from '')`);
  expect(await check(base.urls.app)).toMatch(/does not see the rows of an account, and those alone/);
  await superuser.query('drop policy open_to_all on seen; create policy open_to_all on seen using (false)');
  expect(await check(base.urls.app)).toMatch(/is bound as several: accord_notification, public/);
  await superuser.query('drop policy open_to_all on seen; alter table seen disable row level security');
  expect(await check(base.urls.app)).toMatch(/sees rows of every account/);
  await superuser.query('alter table seen enable row level security; delete from seen');
  expect(await check(base.urls.app)).toBe('good');
});

test('API-5 a role whose sessions begin under an account is refused', async () => {
  const url = await roleOf([own]);
  await superuser.query(`alter role ${new URL(url).username} set accord.account = 'acc_1'`);
  expect(await check(url)).toMatch(/begin as those of the account acc_1/);
});
