import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { databaseUrl, dropDatabase, makeDatabase } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { developmentPassword, urlsOf } from '@accord/testing';
import { provisionDatabase } from '../src/provision.ts';

// Several instances of a service start at once, of one version or of two.

const server = process.env['ACCORD_POSTGRES_URL']!;
const database = `accord_migrations_${process.pid}`;
const url = databaseUrl(server, database);
const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
const release = (name: string, ...up: string[]) =>
  writeFileSync(join(folder, `${name}.ts`), `export const up = ${JSON.stringify(up)};`);
const start = () =>
  migrateService(urlsOf(url, 'refund').owner, {
    name: 'refund',
    schema: 'refunds',
    migrations: pathToFileURL(folder),
  });

let superuser: pg.Client;
beforeAll(async () => {
  await makeDatabase(server, database);
  await provisionDatabase(url, { passwordOf: developmentPassword });
  superuser = new pg.Client({ connectionString: url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser?.end();
  await dropDatabase(server, database);
  rmSync(folder, { recursive: true, force: true });
});

const recorded = async () =>
  (await superuser.query<{ name: string }>('select name from refunds.knex_migrations order by id')).rows.map(
    ({ name }) => name,
  );

test('of instances that start together one migrates, and the others find it done', async () => {
  release('0001_first', 'create table first (at timestamptz)');
  await Promise.all([start(), start(), start()]);
  await start();
  expect(await recorded()).toEqual(['0000_platform', '0001_first']);
});

test('API-20 a newer version does what is new, in its order, and an older one beside it leaves it so', async () => {
  release('0002_second', 'create table second (at timestamptz)', 'insert into second values (now())');
  release('0003_third', 'insert into second values (now())');
  await Promise.all([start(), start()]);
  expect(await recorded()).toEqual(['0000_platform', '0001_first', '0002_second', '0003_third']);
  expect((await superuser.query('select from refunds.second')).rowCount).toBe(2);
  rmSync(join(folder, '0003_third.ts'));
  await start();
  expect(await recorded()).toHaveLength(4);
  release('0003_another');
  await expect(start()).rejects.toThrow('0003_third');
  rmSync(join(folder, '0003_another.ts'));
});

test('a migration that fails leaves nothing, and the start fails; mended, it is done', async () => {
  release('0003_third');
  release('0004_fourth', 'create table fourth (at timestamptz)', 'insert into nowhere values (1)');
  await expect(start()).rejects.toThrow('nowhere');
  expect(await recorded()).toHaveLength(4);
  release('0005_fourth', 'create table fourth (at timestamptz)');
  rmSync(join(folder, '0004_fourth.ts'));
  await start();
  expect(await recorded()).toEqual([
    '0000_platform',
    '0001_first',
    '0002_second',
    '0003_third',
    '0005_fourth',
  ]);
});
