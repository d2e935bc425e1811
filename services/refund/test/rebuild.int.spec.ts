import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import type { Fact } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { knowledgeOf, rebuildOf, testService, type TestService } from '@accord/testing';
import { takeBack } from '@accord/testing/outsider';
import { orderView } from '../src/order-view.ts';
import { refundService } from '../src/service.ts';
import { exampleOrder, exampleResource, refundedAt } from './fixtures.ts';

// The order view of a running service is rebuilt from the real topics, whatever is done to it meanwhile.

let t: TestService;
let made = 0;
/** Of each order, the newest version that was told. */
const told = new Map<string, number>();

beforeAll(async () => {
  t = await testService({ service: (context) => refundService({ profile: loadProfile('baidu') }, context) });
  t.clock.offsetMs = refundedAt.getTime() - Date.now();
});
afterAll(() => t.stop());

const rebuild = (more: Parameters<typeof rebuildOf>[2] = {}) => rebuildOf(t, [orderView], more);

interface Bought {
  readonly accountId: string;
  readonly orderId: string;
  readonly instanceId: string;
}

/** An order of its own account with its instance, told and heard. */
async function bought(): Promise<Bought> {
  made += 1;
  const [accountId, orderId, instanceId] = [`acc_${made}`, `ord_${made}`, `i-${made}`];
  await tell({ orderId, accountId, instanceId });
  await t.publish({
    type: 'resource.changed',
    data: { resource: exampleResource({ instanceId, accountId, orderIds: [orderId] }) },
  });
  return { accountId, orderId, instanceId };
}

const types = ['order.placed', 'order.fulfilled', 'order.changed', 'order.expiring'] as const;

/** The next version of an order, on one of several topics. */
async function tell({ accountId, orderId, instanceId }: Bought): Promise<void> {
  const version = (told.get(orderId) ?? 0) + 1;
  told.set(orderId, version);
  const data = {
    order: exampleOrder({ accountId, orderId, version, instanceIds: [instanceId] }),
    what: ['payBy'],
    payBy: refundedAt.toISOString(),
  };
  await t.publish({ type: types[version % types.length], data } as Fact);
}

const versions = async () =>
  new Map(
    (await t.sql<{ id: string; version: number }>('select order_id as id, version from order_view')).map(
      ({ id, version }) => [id, version],
    ),
  );
/** All that a table is besides its rows. */
const shape = () =>
  t.sql(`select indexdef as line from pg_indexes where schemaname = 'refunds'
    union all select p::text from pg_policies p where schemaname = 'refunds'
    union all select relname || relacl::text || relrowsecurity || relforcerowsecurity || relowner::regrole
      from pg_class where relnamespace = 'refunds'::regnamespace order by 1`);
const leftovers = async () =>
  (
    await t.sql<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'refunds_rebuild' order by 1`,
    )
  ).map(({ name }) => name);

test('EVT-13 a damaged view is mended, and is the table that it was in all but its rows', async () => {
  const [one, two, three] = [await bought(), await bought(), await bought()];
  await t.settled();
  const [before, as] = [await knowledgeOf(t), await shape()];
  await t.sql('delete from order_view where order_id = $1', [one.orderId]);
  await t.sql(
    `update order_view set version = 99, snapshot = snapshot || '{"status": "cancelled"}' where order_id = $1`,
    [two.orderId],
  );
  await t.sql(
    `insert into order_view
       select (jsonb_populate_record(v, '{"order_id": "ord_ghost"}')).* from order_view v where order_id = $1`,
    [three.orderId],
  );
  await t.sql(`delete from order_view_instances`);

  const rebuilt = await rebuild();
  expect(rebuilt).toMatchObject({
    messages: 6,
    unreadable: 0,
    leftOut: 0,
    tables: [
      { table: 'order_view', rows: 3, missing: 1, surplus: 1, other: 1 },
      { table: 'order_view_instances', rows: 3, missing: 3, surplus: 0, other: 0 },
      { table: 'resource_view', rows: 3, missing: 0, surplus: 0, other: 0 },
      { table: 'contract_view', rows: 0, missing: 0, surplus: 0, other: 0 },
      { table: 'product_view', rows: 0, missing: 0, surplus: 0, other: 0 },
    ],
  });
  expect([await knowledgeOf(t), await shape(), await leftovers()]).toEqual([before, as, []]);
  // Through the statements that the service has prepared, under its policies.
  const mine = await t
    .customer(one.accountId)
    .post('/v1/refund-quotes', { instanceIds: [one.instanceId, two.instanceId] });
  expect(
    mine.body.instances.map(({ reasons }: { reasons: { code: string }[] }) =>
      reasons.map(({ code }) => code),
    ),
  ).toEqual([[], ['INSTANCE_NOT_FOUND']]);
  await tell(one);
  await t.settled();
  expect(await versions()).toEqual(told);
});

test('EVT-13 EVT-37 it reads past transactions that were taken back, wherever in a partition they stand', async () => {
  const before = await knowledgeOf(t);
  const { orderId, accountId } = await bought();
  const takenBack = (type: (typeof types)[number] | 'product.published') => {
    const order = exampleOrder({ orderId, accountId, version: 90, status: 'cancelled' });
    const value = JSON.stringify({ order, what: [], payBy: refundedAt.toISOString() });
    return takeBack(
      t,
      type,
      [0, 1].map((partition) => ({ key: orderId, partition, value })),
    );
  };
  // Before and after messages that count, last of all, and as the only content of a topic.
  for (const type of types) await takenBack(type);
  await tell({ orderId, accountId, instanceId: 'i-again' });
  await tell({ orderId, accountId, instanceId: 'i-again' });
  for (const type of [...types, 'product.published'] as const) await takenBack(type);
  await t.settled();
  const as = await knowledgeOf(t);
  expect(as).not.toEqual(before);
  await t.sql('delete from order_view where order_id = $1', [orderId]);
  expect(await rebuild()).toMatchObject({
    unreadable: 0,
    leftOut: 0,
    tables: [{ table: 'order_view', missing: 1, surplus: 0, other: 0 }, {}, {}, {}, {}],
  });
  expect(await knowledgeOf(t)).toEqual(as);
  expect(await versions()).toEqual(told);
});

test(
  'EVT-13 under load it ends as the owner said, ' +
    'readers always see all of it, and no event waits for long',
  async () => {
    const orders = await Promise.all(Array.from({ length: 12 }, bought));
    await t.settled();
    let over = false;
    const load = async (first: number) => {
      for (let i = first; !over; i += 2, await sleep(10)) await tell(orders[i % orders.length]!);
    };
    const missed: string[] = [];
    const read = async () => {
      for (let i = 0; !over; i += 1, await sleep(20)) {
        const { accountId, orderId, instanceId } = orders[i % orders.length]!;
        const { status, body } = await t
          .customer(accountId)
          .post('/v1/refund-quotes', { instanceIds: [instanceId] });
        if (status !== 201 || JSON.stringify(body).includes('INSTANCE_NOT_FOUND'))
          missed.push(`${orderId}: ${status}`);
      }
    };
    const working = [load(0), load(1), read()];
    const held: number[] = [];
    for (let times = 0; times < 2; times += 1) held.push((await rebuild({ settleMs: 50 })).writersMs);
    over = true;
    await Promise.all(working);
    await t.settled();
    expect(await versions()).toEqual(told);
    expect(missed).toEqual([]);
    // A handler waits no longer for a lock.
    expect(Math.max(...held)).toBeLessThan(4_000);
    expect(await t.sql('select from parked_events')).toEqual([]);
  },
);

test('EVT-13 from an empty schema it runs projections alone: nothing is paid, asked or said', async () => {
  const { accountId, orderId } = await bought();
  const order = exampleOrder({ orderId, accountId, version: 9, fulfilment: 'failed' });
  told.set(orderId, 9);
  await t.publish({ type: 'order.fulfilment_failed', data: { order, reason: 'sold out' } } as Fact);
  await t.settled();
  expect(await t.sql('select from ledger_postings')).toHaveLength(2);
  const before = await knowledgeOf(t);
  await t.sql(`truncate inbox, ${orderView.tables.join(', ')}`);
  await rebuild();
  expect(await knowledgeOf(t)).toEqual(before);
});

/** The command of the service, as an operator runs it. */
function command() {
  const env = {
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    ACCORD_ENV: 'development',
    ACCORD_OWNER_DATABASE_URL: t.database.urls.owner,
    ACCORD_KAFKA_BROKERS: String(process.env['ACCORD_KAFKA_BROKERS']),
    ACCORD_TOPIC_PREFIX: t.topicPrefix,
  };
  const file = fileURLToPath(new URL('../src/rebuild.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', file], {
    env,
    stdio: 'ignore',
  });
  return { child, ended: new Promise((resolve) => child.once('close', resolve)) };
}

test(
  'EVT-13 two at once are refused; one that is killed in the middle leaves the view as it was, ' +
    'and the next one cleans up',
  async () => {
    const before = await knowledgeOf(t);
    const holder = new pg.Client({ connectionString: t.database.url });
    await holder.connect();
    try {
      // Somebody works at the view, so the swap has to wait.
      await holder.query('begin');
      await holder.query('lock table refunds.order_view in row exclusive mode');
      const { child, ended } = command();
      const waits = `select 1 from pg_locks
      where mode = 'ExclusiveLock' and relation = 'refunds.order_view'::regclass and not granted`;
      while ((await t.sql(waits)).length === 0) await sleep(10);
      await expect(rebuild()).rejects.toThrow('another rebuild of refund is under way');
      child.kill('SIGKILL');
      await ended;
    } finally {
      await holder.end();
    }
    expect(await leftovers()).toEqual([
      'contract_view',
      'order_view',
      'order_view_instances',
      'product_view',
      'resource_view',
    ]);
    expect(await knowledgeOf(t)).toEqual(before);
    await rebuild();
    expect([await knowledgeOf(t), await leftovers()]).toEqual([before, []]);
  },
);

test('EVT-13 what a projection does not take, or a topic that lost events, ends it before the swap', async () => {
  const wrong = exampleOrder({
    orderId: 'ord_wrong',
    accountId: 'acc_wrong',
    version: 3_000_000_000,
  });
  await t.publish({
    type: 'order.expiring',
    data: { order: wrong, payBy: '2026-01-10T11:00:00.000Z' },
  } as Fact);
  await expect(rebuild()).rejects.toThrow(
    /^1 events are not taken by their projection: order\.expiring\/\d\/\d+ \(.*out of range/,
  );
  expect(await rebuild({ leaveOut: true })).toMatchObject({ leftOut: 1 });

  const admin = new Kafka({
    brokers: [...t.running.settings.ACCORD_KAFKA_BROKERS],
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const topic = `${t.topicPrefix}order.placed`;
  const { partition, offset } = (await admin.fetchTopicOffsets(topic)).find(({ high }) => high !== '0')!;
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
  await admin.disconnect();
  await expect(rebuild({ leaveOut: true })).rejects.toThrow(
    `topic order.placed/${partition} begins at offset ${offset}: what came before is gone`,
  );
  expect([await versions(), await leftovers()]).toEqual([told, []]);
});
