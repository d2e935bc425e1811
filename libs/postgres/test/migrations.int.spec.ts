import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { databaseUrl, dropDatabase, makeDatabase } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { developmentPassword, until, urlsOf } from '@accord/testing';
import { provisionDatabase } from '../src/provision.ts';

// Several instances of a service start at once, of one version or of two.

const server = process.env['ACCORD_POSTGRES_URL']!;
const database = `accord_migrations_${process.pid}`;
const url = databaseUrl(server, database);
const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
const release = (name: string, ...up: string[]) =>
  writeFileSync(join(folder, `${name}.ts`), `export const up = ${JSON.stringify(up)};`);
const online = (name: string, ...steps: (string | { portions: string })[]) =>
  writeFileSync(join(folder, `${name}.ts`), `export const online = ${JSON.stringify(steps)};`);
const service = { name: 'refund', schema: 'refunds', migrations: pathToFileURL(folder) } as const;
const owner = urlsOf(url, 'refund').owner;
const start = (onBlocked?: (reason: string) => void) => migrateService(owner, service, onBlocked);

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

test('API-20 a table that others hold is waited for in short turns, in which requests go on', async () => {
  const holding = new pg.Client({ connectionString: url });
  await holding.connect();
  await holding.query('begin');
  await holding.query('lock table refunds.second in access share mode');
  release('0006_wider', 'alter table second add column note text');
  const reasons: string[] = [];
  const first = Promise.withResolvers<void>();
  const started = start((reason) => (reasons.push(reason), first.resolve()));
  await first.promise;
  // Between two turns nobody stands in the way of a reader.
  await superuser.query('select from refunds.second');
  await holding.query('rollback');
  await holding.end();
  expect(await started).toEqual(['0006_wider']);
  for (const reason of reasons)
    expect(reason).toMatch(/^refunds: .*canceling statement due to lock timeout$/);
});

test('API-20 what is online is done in portions, and an index that was cut off is made anew', async () => {
  await superuser.query(
    `create table refunds.large as select n, null::int as twice from generate_series(1, 2500) n;
     alter table refunds.large owner to accord_refund_owner;
     insert into refunds.large values (7)`,
  );
  // As a process leaves it that dies while the index is built.
  await expect(
    superuser.query('create unique index concurrently large_n on refunds.large (n)'),
  ).rejects.toThrow('could not create unique index');
  await superuser.query('alter index refunds.large_n owner to accord_refund_owner').catch(() => undefined);
  await superuser.query(
    'delete from refunds.large where ctid = (select max(ctid) from refunds.large where n = 7)',
  );
  online('0007_online', 'create unique index concurrently if not exists large_n on large (n)', {
    portions:
      'update large set twice = 2 * n where n in (select n from large where twice is null order by n limit 1000)',
  });
  expect(await start()).toEqual(['0007_online']);
  const { rows } = await superuser.query<{ valid: boolean; sum: string }>(
    `select indisvalid as valid, (select sum(twice) from refunds.large) as sum from pg_index
      where indexrelid = 'refunds.large_n'::regclass`,
  );
  expect(rows).toEqual([{ valid: true, sum: String(2500 * 2501) }]);
});

test('a file that says both up and online is refused', async () => {
  writeFileSync(join(folder, '0008_both.ts'), `export const up = [], online = [];`);
  await expect(start()).rejects.toThrow('0008_both has to export either up or online');
  rmSync(join(folder, '0008_both.ts'));
});

// A statement of this name stops the process that does it, at its nth call, until it is killed.
const step = `select step()`;

test('API-20 a process killed between any two statements of a migration leaves nothing in the way', async () => {
  await superuser.query(`
    create sequence refunds.steps;
    create function refunds.step() returns void language plpgsql security definer as $$ begin
      if nextval('refunds.steps') = (select at from refunds.stop) then perform pg_advisory_lock(4711); end if;
    end $$;
    create table refunds.stop (at int)`);
  release(
    '0008_kept',
    step,
    'create table kept (n int primary key)',
    step,
    'insert into kept values (1)',
    step,
  );
  online(
    '0009_online',
    'alter table kept add column if not exists twice int',
    step,
    { portions: 'update kept set twice = 2 * n where twice is null' },
    step,
    'create index concurrently if not exists kept_twice on kept (twice)',
    step,
  );
  release('0010_after', step, 'alter table kept alter twice set not null', step);
  await superuser.query('select pg_advisory_lock(4711)');
  const steps = 8;
  for (let at = 1; at <= steps; at += 1) {
    await superuser.query('truncate refunds.stop');
    await superuser.query('insert into refunds.stop values ($1)', [at]);
    await superuser.query('select setval($1, 1, false)', ['refunds.steps']);
    await killedAtStep();
    await expect(start()).resolves.not.toEqual([]);
    expect((await superuser.query('select n, twice from refunds.kept')).rows).toEqual([{ n: 1, twice: 2 }]);
    expect((await recorded()).slice(-3)).toEqual(['0008_kept', '0009_online', '0010_after']);
    await superuser.query(
      `drop table refunds.kept; delete from refunds.knex_migrations where name >= '0008'`,
    );
  }
});

/** A process begins to migrate, and is killed as soon as it stands in the step. */
async function killedAtStep(): Promise<void> {
  const { href } = new URL('../../platform/src/index.ts', import.meta.url);
  const text = `
    const { migrateService } = await import(${JSON.stringify(href)});
    await migrateService(${JSON.stringify(owner)}, { ...${JSON.stringify({ ...service, migrations: undefined })},
      migrations: new URL(${JSON.stringify(service.migrations.href)}) });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: 'ignore' });
  const standing = `select pid from pg_stat_activity
    where datname = current_database() and wait_event = 'advisory' and query like '%step()%'`;
  let pid: number | undefined;
  await until('it stands in the step', async () => {
    pid = (await superuser.query<{ pid: number }>(standing)).rows[0]?.pid;
    if (child.exitCode !== null) throw new Error('it ended without a stop');
    return pid !== undefined;
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  // Postgres finds the connection dead when it answers next.
  await superuser.query('select pg_terminate_backend($1)', [pid]);
  await until('its locks are free', async () => {
    const others = `select from pg_stat_activity where datname = current_database() and usename like '%owner'`;
    return (await superuser.query(others)).rowCount === 0;
  });
}
