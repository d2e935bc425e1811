import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { outbox } from '@accord/messaging';
import { smallService, testDatabase, type TestDatabase } from '@accord/testing';
import { systemClock } from '../src/clock.ts';
import { openDatabase, type ServiceDatabase } from '../src/database.ts';

// Pipelined statements share one Sync: if one fails, the later ones fail with it.

const service = smallService({});
const actor = { kind: 'event', id: 'test', accountId: 'acc_1' } as const;
const note = `insert into seen (account_id, key, version) values ('acc_1', $1, $2)`;
let base: TestDatabase;
let db: ServiceDatabase;

beforeAll(async () => {
  base = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  const { app: url, operator: operatorUrl } = base.urls;
  db = openDatabase({
    url,
    operatorUrl,
    schema: service.schema,
    source: '/services/test',
    clock: systemClock(),
    outbox,
    poolSize: 1,
  });
});
afterAll(async () => {
  await db?.close();
  await base?.drop();
});

const keys = () =>
  db.transaction(actor, async (tx) =>
    (await tx.many<{ key: string }>('select key from seen order by at_seq')).map(({ key }) => key),
  );

test('what leaves together is answered each for itself, in its order', async () => {
  const answers = await db.transaction(actor, async (tx) => {
    tx.write(note, ['one', 1]);
    return Promise.all([
      tx.one('select count(*)::int as n from seen'),
      tx.many('select generate_series(1, 3) as i'),
      tx.one('select where false'),
    ]);
  });
  expect(answers).toEqual([{ n: 1 }, [{ i: 1 }, { i: 2 }, { i: 3 }], undefined]);
  expect(await keys()).toEqual(['one']);
});

test('a statement that fails takes those behind it with it, for its reason, and leaves nothing', async () => {
  const seen: unknown[] = [];
  const failing = db.transaction(actor, async (tx) => {
    const all = [
      tx.many(note, ['two', 2]),
      tx.many(note, ['three', 'no number']),
      tx.many('select 4 as behind'),
    ];
    seen.push(
      ...(await Promise.allSettled(all)).map((one) =>
        one.status === 'rejected' ? (one.reason as { code: string }).code : one.status,
      ),
    );
    await Promise.all(all);
  });
  await expect(failing).rejects.toMatchObject({ code: '22P02' });
  expect(seen).toEqual(['fulfilled', '22P02', '22P02']);
  expect(await keys()).toEqual(['one']);
});

test('a change that nobody waits for fails its transaction, with its own reason', async () => {
  const failing = db.transaction(actor, async (tx) => {
    tx.write(note, ['two', 'no number']);
    await sleep(20);
    tx.write('select 5 as never_prepared_before', []);
    tx.write(note, ['three', 3]);
  });
  await expect(failing).rejects.toMatchObject({ code: '22P02' });
  expect(await keys()).toEqual(['one']);
});

test('a statement that was to be prepared behind a failed one is prepared when it is next asked', async () => {
  const fresh = 'select 6 as prepared_after_a_failure';
  const failing = db.transaction(actor, (tx) => Promise.all([tx.many('select 1 / 0'), tx.many(fresh)]));
  await expect(failing).rejects.toMatchObject({ code: '22012' });
  expect(await db.transaction(actor, (tx) => tx.one(fresh))).toEqual({ prepared_after_a_failure: 6 });
});

test('a value that cannot be sent fails the transaction, and the next one has a sound connection', async () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  await expect(db.transaction(actor, (tx) => tx.many('select $1::jsonb', [circle]))).rejects.toThrow(
    'circular',
  );
  const written = db.transaction(actor, (tx) => Promise.resolve(tx.write('select $1::jsonb', [circle])));
  await expect(written).rejects.toThrow('circular');
  expect(await keys()).toEqual(['one']);
});

test('work that fails while its statements are still on their way leaves none of them behind', async () => {
  const failing = db.transaction(actor, (tx) => {
    tx.write(note, ['late', 1]);
    return Promise.reject(new Error('changed my mind'));
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await keys()).toEqual(['one']);
});

test('thousands of statements and long answers in one pipeline', async () => {
  const long = 'x'.repeat(10_000);
  const answers = await db.transaction(actor, (tx) =>
    Promise.all(
      Array.from({ length: 2_000 }, (_, i) =>
        tx.one<{ i: number; long: string }>('select $1::int as i, $2::text as long', [i, long]),
      ),
    ),
  );
  expect(answers.every((one, i) => one!.i === i && one!.long === long)).toBe(true);
});

test('long bytes are stored as they are, between values of other kinds', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
  const asked = `select $1::text as text, $2::bytea as bytes, $3::int as none, $4::timestamptz as time,
    $5::text[] as list, $6::bytea as other, $7::jsonb as json`;
  const values = ['汉字', bytes, null, new Date(0), ['a', 'b'], bytes.subarray(1, 20_000), { a: 1 }];
  const answers = await db.transaction(actor, (tx) =>
    Promise.all([tx.one(asked, values), tx.one(asked, values)]),
  );
  const [text, , none, time, list, other, json] = values;
  expect(answers).toEqual(Array.from({ length: 2 }, () => ({ text, bytes, none, time, list, other, json })));
});

test('API-5 a copy gives the rows of its account, with values of any kind in their places', async () => {
  const rows: string[] = [];
  const values = [`'a\\'"$2`, 7, ['x,"y"', `it's`], new Date(0), null, true];
  const copied = db.transaction(actor, async (tx) => {
    tx.write(note, ['copied', 1]);
    await tx.copy(
      `copy (select key, $1, $2::int, $3::text[], $4::timestamptz, $5::int, $6::bool from seen where key = 'copied')
        to stdout (delimiter '|')`,
      values,
      (row) => rows.push(row.toString()),
    );
    await tx.copy('copy (select generate_series(1, 20000)) to stdout', [], (row) =>
      rows.push(row.toString()),
    );
    rows.push((await tx.one<{ answer: string }>(`select 'behind' as answer`))!.answer);
    throw new Error('leaves nothing');
  });
  await expect(copied).rejects.toThrow('leaves nothing');
  const [first, ...others] = rows;
  expect(first).toBe(`${String.raw`copied|'a\\'"$2|7|{"x,\\"y\\"",it's}|1970-01-01 00:00:00+00|\N|t`}\n`);
  expect(others).toEqual([...Array.from({ length: 20_000 }, (_, n) => `${n + 1}\n`), 'behind']);
  const stranger = { ...actor, accountId: 'acc_2' };
  await db.transaction(stranger, (tx) =>
    tx.copy('copy (select key from seen) to stdout', [], (row) => others.push(row.toString())),
  );
  expect(others).toHaveLength(20_001);
});

test('a copy that breaks, or whose reader does, fails with that reason, and the connection is sound', async () => {
  const copy = (text: string, onRow: () => void, values: readonly unknown[] = []) =>
    db.transaction(actor, (tx) => tx.copy(text, values, onRow));
  const broken = copy('copy (select 1 / (3 - n) from generate_series(1, 3) n) to stdout', () => undefined);
  await expect(broken).rejects.toMatchObject({ code: '22012' });
  const refused = copy('copy (select generate_series(1, 3)) to stdout', () => {
    throw new Error('no more');
  });
  await expect(refused).rejects.toThrow('no more');
  await expect(copy('copy (select $1) to stdout', () => undefined, ['a\0b'])).rejects.toThrow('no literal');
  expect(await keys()).toEqual(['one']);
});

test('a connection that is cut fails all that is on its way, and the next transaction has another', async () => {
  const cut = db.transaction(actor, async (tx) => {
    const backend = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
    const sleeping = [tx.many('select pg_sleep(5)'), tx.many('select 7')];
    const ended = Promise.allSettled(sleeping);
    const admin = new pg.Client({ connectionString: base.url });
    await admin.connect();
    await admin.query('select pg_terminate_backend($1)', [backend!.pid]).finally(() => admin.end());
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await sleeping[0];
  });
  await expect(cut).rejects.toMatchObject({ code: '57P01' });
  expect(await keys()).toEqual(['one']);
});

test('two transactions that wait for each other: the server ends one, and it is done again', async () => {
  const { app: url, operator: operatorUrl } = base.urls;
  const wide = openDatabase({
    url,
    operatorUrl,
    schema: service.schema,
    source: '/services/test',
    clock: systemClock(),
    outbox,
    poolSize: 2,
  });
  let tries = 0;
  let holding = 0;
  const bothHold = Promise.withResolvers<void>();
  const crossed = (first: string, second: string) =>
    wide.transaction(actor, async (tx) => {
      tries += 1;
      await tx.one('select pg_advisory_xact_lock(hashtext($1))', [first]);
      if ((holding += 1) === 2) bothHold.resolve();
      await bothHold.promise;
      tx.write(note, [`${first}${second}`, 1]);
      await tx.one('select pg_advisory_xact_lock(hashtext($1))', [second]);
    });
  await Promise.all([crossed('a', 'b'), crossed('b', 'a')]).finally(() => wide.close());
  expect(tries).toBeGreaterThan(2);
  expect((await keys()).sort()).toEqual(['ab', 'ba', 'one']);
});

// The last: the driver goes on to think that the server has its statements.
test('a transaction that was never begun is no success, also where its commit leaves later', async () => {
  await db.pools().app.query('deallocate all');
  const writing = db.session(actor, async (session) => {
    session.as(actor, { causationId: '', correlationId: '' }).write(note, ['never', 1]);
    await sleep(20);
  });
  await expect(writing).rejects.toMatchObject({ code: '26000' });
});
