import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { type DueItem, type Tx, type Worker } from '@accord/core';
import { newEventId } from '@accord/core/runtime';
import type { Event, Fact } from '@accord/events';
import { openKafka, readTopics, type Incoming } from '@accord/kafka';
import { startService } from '@accord/platform';
import { smallService, testService, until, type TestService } from '@accord/testing';
import { metricOf } from './metric.ts';

// The smallest service around outbox, relay, inbox and parked events: it writes a row for each event.

const failing = new Set<string>();
const slow = new Map<string, number>();

async function note(tx: Tx, event: Event<'webhook.disabled'>) {
  const { subject } = event;
  const wait = slow.get(subject.id);
  if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
  await tx.one('insert into seen (account_id, key, version) values ($1, $2, $3)', [
    subject.accountId,
    subject.id,
    subject.version,
  ]);
  if (failing.has(subject.id)) throw new Error('not yet');
}

/** Work that is due while there are rows of the key `due_…`, and never succeeds. */
const stuck: Worker = {
  name: 'stuck',
  everyMs: 3_600_000,
  due: (tx, limit) =>
    tx.many<DueItem>(
      `select key as id, account_id as "accountId" from seen where key like 'due\\_%' limit $1`,
      [limit],
    ),
  run: () => Promise.reject(new Error('not now')),
};

const small = () => ({ ...smallService({ 'webhook.disabled': { on: note } }), workers: [stuck] });

const disabled = (endpointId: string, version: number, accountId = 'acc_1'): Fact<'webhook.disabled'> => ({
  type: 'webhook.disabled',
  data: { endpointId, version, accountId, reason: 'test' },
});

const actor = { kind: 'customer' as const, id: 'usr_1', accountId: 'acc_1' };

let t: TestService;
beforeAll(async () => void (t = await testService({ service: small })));
afterAll(() => t.stop());
afterEach(() => (failing.clear(), slow.clear()));

const seen = async (key: string) =>
  (await t.sql<{ version: string }>('select version from seen where key = $1 order by at_seq', [key])).map(
    (row) => Number(row.version),
  );

const emit = (facts: readonly Fact[]) =>
  t.running.db.transaction(actor, (tx) => Promise.resolve(tx.emit(...facts)));

test('EVT-6 EVT-7 events are published in order if their transaction commits, and never otherwise', async () => {
  const key = `whe_${randomUUID()}`;
  await expect(
    t.running.db.transaction(actor, async (tx) => {
      tx.emit(disabled(key, 99));
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  for (let version = 1; version <= 50; version += 1) await emit([disabled(key, version)]);
  await t.event('webhook.disabled', (data) => data.endpointId === key && data.version === 50);
  await t.settled();
  const published = t.events
    .filter((event) => event.subject.id === key)
    .map(({ subject }) => subject.version);
  expect(published).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});

test('EVT-6 events of one transaction arrive as they were announced, whatever is in their texts', async () => {
  const key = `whe_${randomUUID()}`;
  const reasons = ['{"a":"b, \\"c\\""}', '', 'null', ' 云 \u{1f600}\n\\ {}', 'x'.repeat(100_000)];
  await emit(
    reasons.map((reason, i) => ({
      type: 'webhook.disabled',
      data: { endpointId: key, version: i + 1, accountId: 'acc_1', reason },
    })),
  );
  await t.event('webhook.disabled', (data) => data.endpointId === key && data.version === reasons.length);
  await t.settled();
  const arrived = t.events.flatMap((event) =>
    event.type === 'webhook.disabled' && event.subject.id === key ? [event.data.reason] : [],
  );
  expect(arrived).toEqual(reasons);
});

test('EVT-3 data that does not fit its schema fails in the transaction that announces it', async () => {
  const wrong = { type: 'webhook.disabled', data: { endpointId: 'whe_x' } } as unknown as Fact;
  await expect(emit([wrong])).rejects.toThrow(/version/);
});

test('EVT-5 EVT-6 an event that is too large for a broker is refused with all that its transaction did', async () => {
  const key = `whe_${randomUUID()}`;
  const of = (reason: string, version = 1): Fact => ({
    type: 'webhook.disabled',
    data: { endpointId: key, version, accountId: 'acc_1', reason },
  });
  await expect(emit([of('small'), of('名'.repeat(300_000), 2)])).rejects.toMatchObject({
    kind: 'invalid',
    code: 'event.too_large',
    facts: { type: 'webhook.disabled', id: key },
  });
  await emit([of('x'.repeat(898_000))]);
  await t.settled();
  const published = t.events.filter(({ subject }) => subject.id === key);
  expect(published.map(({ subject }) => subject.version)).toEqual([1]);
  expect(await t.sql('select from outbox_refused where key = $1', [key])).toEqual([]);
});

/** SQL: the process ids of the connections that hold locks of shards. */
const publisher = `select distinct pid from pg_locks where locktype = 'advisory' and objsubid = 2
  and granted and database = (select oid from pg_database where datname = current_database())`;

test('EVT-7 a relay whose connections are cut goes on: nothing is lost, the order is kept', async () => {
  const keys = Array.from({ length: 20 }, () => `whe_${randomUUID()}`);
  const cut: number[] = [];
  for (let version = 1; version <= 20; version += 1) {
    await emit(keys.map((key) => disabled(key, version)));
    if (version % 5 !== 0) continue;
    await untilSql('the relay holds its shards', `select exists (${publisher}) as done`, []);
    cut.push((await t.sql(`select pg_terminate_backend(pid) from (${publisher}) as its`)).length);
  }
  await t.settled();
  expect(cut).toEqual([1, 1, 1, 1]);
  for (const key of keys) {
    const first = new Map(
      t.events.filter((event) => event.subject.id === key).map((event) => [event.id, event.subject.version]),
    );
    expect([...first.values()]).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  }
});

test('EVT-8 an event that is delivered many times has its effect once', async () => {
  const key = `whe_${randomUUID()}`;
  const id = newEventId();
  await t.publish(disabled(key, 1), { id, repeat: 5 });
  await t.publish(disabled(key, 2));
  await t.settled();
  await t.publish(disabled(key, 1), { id, repeat: 2 });
  await t.publish(disabled(key, 3));
  await t.settled();
  expect(await seen(key)).toEqual([1, 2, 3]);
});

test('EVT-9 EVT-11 a failing event holds up its own key alone; the later ones follow it in order, once', async () => {
  const bad = `whe_${randomUUID()}`;
  const good = Array.from({ length: 30 }, () => `whe_${randomUUID()}`);
  failing.add(bad);
  for (let version = 1; version <= 3; version += 1) {
    await t.publish(disabled(bad, version));
    for (const key of good) await t.publish(disabled(key, version));
  }
  for (const key of good) {
    await until(`${key} has all`, async () => (await seen(key)).length === 3);
    expect(await seen(key)).toEqual([1, 2, 3]);
  }
  expect(await seen(bad)).toEqual([]);
  const parked = await t.sql<{ status: string; reason: string }>(
    'select status, reason from parked_events where key = $1 order by seq',
    [bad],
  );
  expect(parked[0]).toMatchObject({ status: 'waiting', reason: 'not yet' });
  failing.delete(bad);
  await t.settled();
  expect(await seen(bad)).toEqual([1, 2, 3]);
  expect(await t.sql('select from parked_events where key = $1', [bad])).toEqual([]);
});

test('EVT-9 an unreadable event is dead at once, with reason, origin and headers, and its key waits', async () => {
  const key = `whe_${randomUUID()}`;
  await t.running.db.transaction({ kind: 'system', id: 'test' }, (tx) =>
    tx.one(
      `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type,
        payload, headers, shard, occurred_at)
       values ($1, 'x', $2, 1, 'webhook.disabled', $2, 'x', '{"not":"this"}', $3, 0, now())`,
      [
        newEventId(),
        key,
        JSON.stringify({
          ce_id: newEventId(),
          ce_specversion: '1.0',
          ce_type: 'webhook.disabled',
          traceparent: 'kept',
        }),
      ],
    ),
  );
  await untilSql(
    'it is dead',
    `select exists (select from parked_events where key = $1 and status = 'dead') as done`,
    [key],
  );
  const { value, headers } = await deadLetterOf(key);
  const [place] = await t.sql<{ reason: string; dl_partition: string; dl_offset: string }>(
    `select reason, partition::text as dl_partition, "offset"::text as dl_offset from parked_events where key = $1`,
    [key],
  );
  const { reason, ...origin } = place!;
  expect(value).toBe('{"not":"this"}');
  expect(headers).toMatchObject({
    traceparent: 'kept',
    dl_reason: reason,
    dl_attempts: '1',
    dl_topic: 'webhook.disabled',
    ...origin,
  });
  expect(reason).toMatch(/^ce_source: .*; ce_time: /);
  await t.publish(disabled(key, 2));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await seen(key)).toEqual([]);
  await t.sql(`delete from parked_events where key = $1 and status = 'dead'`, [key]);
  await t.settled();
  expect(await seen(key)).toEqual([2]);
});

/** Lets the first parked event of `key` fail for the last time. */
async function givenUp(key: string): Promise<void> {
  await untilSql('three are parked', `select count(*) = 3 as done from parked_events where key = $1`, [key]);
  await t.sql(
    `update parked_events set attempts = 11, next_attempt_at = now() where seq = (select min(seq)
      from parked_events where key = $1)`,
    [key],
  );
  await untilSql(
    'the first is dead',
    `select exists (select from parked_events where key = $1 and status = 'dead') as done`,
    [key],
  );
}

const untilSql = (what: string, sql: string, values: unknown[]) =>
  until(what, async () => (await t.sql<{ done: boolean }>(sql, values))[0]?.done === true);

/** The message of `key` on the topic `<service>.dead_letter`. */
async function deadLetterOf(key: string): Promise<{ value: string; headers: Record<string, string> }> {
  const { ACCORD_KAFKA_BROKERS: brokers, ACCORD_TOPIC_PREFIX: topicPrefix } = t.running.settings;
  const log = pino({ level: 'silent' });
  let letter: Incoming | undefined;
  const reader = await readTopics(openKafka({ brokers, clientId: 'test', topicPrefix, log }), {
    reader: 'test',
    topics: ['notification.dead_letter'],
    onMessages: (_topic, _partition, messages) => void (letter ??= messages.find((one) => one.key === key)),
  });
  await until(`dead letter of ${key}`, () => letter !== undefined);
  await reader.close();
  return letter!;
}

test('EVT-9 each further try waits about twice as long', async () => {
  const key = `whe_${randomUUID()}`;
  failing.add(key);
  await t.publish(disabled(key, 1));
  const waits: number[] = [];
  for (const attempts of [5, 6, 7]) {
    await untilSql('it is parked', `select exists (select from parked_events where key = $1) as done`, [key]);
    await t.sql('update parked_events set attempts = $2, next_attempt_at = now() where key = $1', [
      key,
      attempts - 1,
    ]);
    await untilSql(
      'it failed again',
      'select exists (select from parked_events where key = $1 and attempts = $2) as done',
      [key, attempts],
    );
    const [row] = await t.sql<{ seconds: string }>(
      'select extract(epoch from next_attempt_at - clock_timestamp()) as seconds from parked_events where key = $1',
      [key],
    );
    waits.push(Number(row!.seconds) / 2 ** attempts);
  }
  failing.delete(key);
  await t.sql('update parked_events set next_attempt_at = now() where key = $1', [key]);
  await t.settled();
  // A tenth of a second, doubled with each attempt; half of it is chance.
  for (const wait of waits) expect([wait > 0.04, wait <= 0.1]).toEqual([true, true]);
  expect(await seen(key)).toEqual([1]);
});

test('EVT-9 EVT-10 an event is given up after 12 tries; asked for twice, its replay applies once', async () => {
  const key = `whe_${randomUUID()}`;
  failing.add(key);
  const id = await t.publish(disabled(key, 1));
  for (const version of [2, 3]) await t.publish(disabled(key, version));
  await givenUp(key);
  const { value, headers } = await deadLetterOf(key);
  expect(JSON.parse(value)).toMatchObject({ endpointId: key, version: 1 });
  expect(headers).toMatchObject({
    ce_id: id,
    dl_reason: 'not yet',
    dl_attempts: '12',
    dl_topic: 'webhook.disabled',
    dl_partition: expect.any(String),
    dl_offset: expect.any(String),
  });

  const path = '/v1/notification-dead-letters';
  expect((await t.customer('acc_1').get(path)).status).toBe(403);
  const { body: list } = await t.operator().get(`${path}?key=${key}`);
  expect(list.data).toEqual([
    expect.objectContaining({ eventId: id, attempts: 12, reason: 'not yet', waitingBehind: 2 }),
  ]);
  expect((await t.operator().post(`${path}/replay`, {})).status).toBe(400);

  failing.delete(key);
  const replayed = await Promise.all(
    [1, 2].map(() => t.operator('op_redrive').post(`${path}/replay`, { eventIds: [id] })),
  );
  expect(replayed.map(({ body }) => body.count).sort()).toEqual([0, 1]);
  await t.settled();
  expect(await seen(key)).toEqual([1, 2, 3]);
  expect(await t.sql('select act, actor from redrive_acts where event_id = $1', [id])).toEqual([
    { act: 'replay', actor: 'operator:op_redrive' },
  ]);
});

test('EVT-10 a discarded event never has its effect, and the later ones of its key follow', async () => {
  const key = `whe_${randomUUID()}`;
  failing.add(key);
  const id = await t.publish(disabled(key, 1));
  for (const version of [2, 3]) await t.publish(disabled(key, version));
  await givenUp(key);
  const shown = await t.operator().get(`/v1/notification-dead-letters/${id}`);
  expect(shown.body).toMatchObject({
    eventId: id,
    topic: 'webhook.disabled',
    headers: { ce_type: 'webhook.disabled' },
  });
  failing.delete(key);
  expect((await t.operator().post('/v1/notification-dead-letters/discard', { key })).body).toEqual({
    count: 1,
  });
  await t.publish(disabled(key, 1), { id });
  await t.settled();
  expect(await seen(key)).toEqual([2, 3]);
  expect((await t.operator().get(`/v1/notification-dead-letters/${id}`)).status).toBe(404);
});

test('EVT-12 a second instance joins and leaves under load: nothing lost, nothing doubled, order kept', async () => {
  const keys = Array.from({ length: 40 }, () => `whe_${randomUUID()}`);
  const settings = { ...t.running.settings, ACCORD_PORT: 0, ACCORD_OPS_PORT: 0 };
  const load = (async () => {
    for (let version = 1; version <= 30; version += 1) {
      await emit(keys.map((key) => disabled(key, version)));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  })();
  const second = await startService(settings, () => small());
  await second.joined;
  await new Promise((resolve) => setTimeout(resolve, 500));
  await second.stop();
  await load;
  await t.settled();
  for (let waited = 0; waited < 200; waited += 1) {
    const [{ count } = { count: '0' }] = await t.sql<{ count: string }>(
      'select count(*) from seen where key = any($1)',
      [keys],
    );
    if (count === '1200') break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const key of keys) expect(await seen(key)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

const metric = (name: string, label?: string) => metricOf(t.opsUrl, name, label);

test('API-12 metrics show the lag of a consumer whose handler stands still, and parked events', async () => {
  const key = `whe_${randomUUID()}`;
  const before = await metric('accord_parked_keys');
  slow.set(key, 1_500);
  await emit([1, 2, 3].map((version) => disabled(key, version)));
  await until(
    'what waits shows, and for how long',
    async () =>
      (await metric('accord_consumer_lag_events')) > 0 && (await metric('accord_consumer_lag_seconds')) > 0.8,
  );
  slow.clear();
  failing.add(key);
  await until('its key is parked', async () => (await metric('accord_parked_keys')) === before + 1);
  expect(await metric('accord_parked_events')).toBeGreaterThan(0);
  failing.clear();
  await t.settled();
  await until('nothing is behind', async () => (await metric('accord_consumer_lag_events')) === 0);
  expect(await metric('accord_consumer_lag_seconds')).toBe(0);
  expect(await metric('accord_outbox_events')).toBe(0);
});

test('API-12 metrics show outbox, refused events, dead letters, inbox, due work and connections', async () => {
  const key = `whe_${randomUUID()}`;
  await t.settled();
  const before = {
    refused: await metric('accord_outbox_refused_events'),
    dead: await metric('accord_dead_letters'),
  };
  await t.sql(
    `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload,
      headers, shard, occurred_at)
    values (gen_random_uuid(), 'test', $1, 1, 'nobody.knows', $1, 'nobody.knows', '{}', '{}', 0,
      now() - interval '90 seconds')`,
    [key],
  );
  await until('its age shows', async () => (await metric('accord_outbox_oldest_seconds')) >= 90);
  await until(
    'it is refused, and shows as such',
    async () => (await metric('accord_outbox_refused_events')) === before.refused + 1,
  );
  await until(
    'nothing in the outbox is old',
    async () => (await metric('accord_outbox_oldest_seconds')) === 0,
  );
  await t.sql('delete from outbox_refused where key = $1', [key]);

  await t.sql(
    `insert into parked_events (event_id, type, key, topic, partition, "offset", payload, headers,
      status) values (gen_random_uuid(), 'x', $1, 'x', 0, 0, '{}', '{}', 'dead')`,
    [key],
  );
  await until('the dead letter shows', async () => (await metric('accord_dead_letters')) === before.dead + 1);
  await t.sql('delete from parked_events where key = $1', [key]);

  await t.sql(`insert into inbox (event_id) select gen_random_uuid() from generate_series(1, 500)`);
  await t.sql('analyze inbox');
  const [{ count } = { count: '' }] = await t.sql<{ count: string }>('select count(*) from inbox');
  await until('the inbox shows', async () => (await metric('accord_inbox_rows')) === Number(count));

  await t.sql(
    `insert into seen (account_id, key, version) select 'acc_1', 'due_' || i, 1 from generate_series(1, 3) i`,
  );
  expect(await metric('accord_due_items')).toBe(3);
  const failed = () => metric('accord_due_work_failed_total', 'worker="stuck"');
  const failedBefore = await failed();
  for (const worker of t.running.workers) worker.look();
  await until('each item has failed', async () => (await failed()) === failedBefore + 3);
  await t.sql(`delete from seen where key like 'due\\_%'`);
  expect(await metric('accord_due_items')).toBe(0);
  await t.sql(
    `insert into idempotency_keys (key_hash, account_id, request_hash, created_at)
      values ('\\x00', '*', '\\x00', now() - interval '25 hours')`,
  );
  expect(await metric('accord_due_items', 'worker="retention"')).toBe(1);
  for (const worker of t.running.workers) worker.look();
  await until('it is forgotten', async () => (await metric('accord_due_items')) === 0);

  const busy = await t.running.db.transaction(actor, async (tx) => {
    await tx.one('select 1');
    return metric('accord_pool_connections', 'state="busy"');
  });
  expect(busy).toBeGreaterThan(0);
  const sessions = await metric('accord_database_sessions');
  expect([await metric('accord_database_up'), sessions >= busy]).toEqual([1, true]);
  const { limit } = (
    await t.sql<{ limit: number }>(
      `select sum(setting::integer) filter (where name = 'max_connections')::integer
       - sum(setting::integer) filter (where name like '%reserved_connections')::integer as limit from pg_settings`,
    )
  )[0]!;
  expect(await metric('accord_database_sessions_limit')).toBe(limit);
});

test('API-12 metrics count each published, handled, failed and parked event once, and measure delays', async () => {
  await t.settled();
  const [good, bad] = [`whe_${randomUUID()}`, `whe_${randomUUID()}`];
  const names = [
    'accord_relay_published_total',
    'accord_events_handled_total',
    'accord_events_failed_total',
    'accord_events_parked_total',
    'accord_consumer_delay_seconds_count',
    'accord_consumer_delay_seconds_sum',
  ] as const;
  const read = async () =>
    Object.fromEntries(
      await Promise.all(
        names.map(
          async (name) =>
            [
              name.slice('accord_'.length),
              await metric(name, /handled|failed/.test(name) ? 'type="webhook.disabled"' : ''),
            ] as const,
        ),
      ),
    );
  const grown = async (before: Record<string, number>) =>
    Object.fromEntries(Object.entries(await read()).map(([name, value]) => [name, value - before[name]!]));
  const handledSince = async (before: Record<string, number>, count: number) => {
    await until(`${count} are handled`, async () => (await grown(before))['events_handled_total']! >= count);
    await t.settled();
  };
  const nothing = { events_failed_total: 0, events_parked_total: 0 };

  const before = await read();
  await emit([1, 2, 3].map((version) => disabled(good, version)));
  await handledSince(before, 3);
  const { consumer_delay_seconds_sum: quick, ...first } = await grown(before);
  expect(first).toEqual({
    ...nothing,
    relay_published_total: 3,
    events_handled_total: 3,
    consumer_delay_seconds_count: 3,
  });
  expect(quick).toBeGreaterThan(0);

  const slowBefore = await read();
  slow.set(good, 700);
  const announced = performance.now();
  await emit([disabled(good, 4)]);
  await handledSince(slowBefore, 1);
  const elapsed = (performance.now() - announced) / 1_000;
  const { consumer_delay_seconds_sum: late } = await grown(slowBefore);
  expect(late).toBeGreaterThan(0.7);
  expect(late).toBeLessThan(elapsed + 0.1);

  const failedBefore = await read();
  failing.add(bad);
  await emit([1, 2].map((version) => disabled(bad, version)));
  await until('both wait', async () => (await grown(failedBefore))['events_parked_total'] === 2);
  const failed = await grown(failedBefore);
  expect(failed).toMatchObject({ relay_published_total: 2, events_handled_total: 0 });
  expect(failed['events_failed_total']).toBeGreaterThan(0);
  failing.clear();
  await handledSince(failedBefore, 2);
  expect(await seen(bad)).toEqual([1, 2]);
  expect(await grown(failedBefore)).toMatchObject({
    relay_published_total: 2,
    events_handled_total: 2,
    events_parked_total: 2,
  });
});

test('EVT-8 API-6 inbox rows and idempotency keys are deleted when they are old enough, and not before', async () => {
  const remembered = newEventId();
  await t.sql(
    `insert into inbox (event_id, received_at) select gen_random_uuid(), now() - interval '15 days'
      from generate_series(1, 12000)`,
  );
  await t.sql(`insert into inbox (event_id, received_at) values ($1, now() - interval '13 days')`, [
    remembered,
  ]);
  const key = `insert into idempotency_keys (key_hash, account_id, request_hash, created_at)
    select sha256(i::text::bytea), '*', '\\x00', now() - $1::interval from generate_series($2::int, $3::int) i`;
  await t.sql(key, ['25 hours', 1, 7_000]);
  await t.sql(key, ['23 hours', 7_001, 7_002]);
  for (const worker of t.running.workers) worker.look();
  const old = `select
    (select count(*) from inbox where received_at < now() - interval '14 days')
    + (select count(*) from idempotency_keys where created_at < now() - interval '24 hours') as n`;
  await until('nothing old is left', async () => (await t.sql<{ n: string }>(old))[0]!.n === '0');
  const [kept] = await t.sql<{ keys: string; events: string }>(
    `select (select count(*) from idempotency_keys) as keys, (select count(*) from inbox
      where event_id = $1) as events`,
    [remembered],
  );
  expect(kept).toEqual({ keys: '2', events: '1' });
});

test('EVT-2 an event carries the CloudEvents headers, its cause and its account', async () => {
  const key = `whe_${randomUUID()}`;
  await emit([disabled(key, 1)]);
  const event = await t.event('webhook.disabled', (data) => data.endpointId === key);
  expect(event).toMatchObject({
    actor: 'customer:usr_1',
    subject: { aggregate: 'webhook_endpoint', id: key, version: 1, accountId: 'acc_1' },
  });
  expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

test('API-5 a transaction of one account neither sees nor writes rows of another', async () => {
  await t.running.db.transaction(actor, (tx) =>
    tx.one(`insert into seen (account_id, key, version) values ('acc_1', 'mine', 1)`),
  );
  const other = { ...actor, accountId: 'acc_2' };
  for (let again = 0; again < 20; again += 1) {
    expect(
      await t.running.db.transaction(other, (tx) => tx.many(`select from seen where key = 'mine'`)),
    ).toEqual([]);
  }
  expect(
    await t.running.db.transaction({ kind: 'event', id: 'x' }, (tx) =>
      tx.many(`select from seen where key = 'mine'`),
    ),
  ).toEqual([]);
  await expect(
    t.running.db.transaction(other, (tx) =>
      tx.one(`insert into seen (account_id, key, version) values ('acc_1', 'theirs', 1)`),
    ),
  ).rejects.toThrow(/row-level security/);
  await expect(t.running.db.transaction(actor, (tx) => tx.many('select from outbox'))).rejects.toThrow(
    /permission denied/,
  );
  // Parked events belong to accounts as well.
  await t.sql(
    `insert into parked_events (event_id, type, key, topic, partition, "offset", payload, headers,
      status) values (gen_random_uuid(), 'x', 'theirs', 'x', 0, 0, '{}', '{}', 'dead')`,
  );
  expect(
    await t.running.db.transaction(other, (tx) => tx.many('delete from parked_events returning key')),
  ).toEqual([]);
  expect(await t.sql(`delete from parked_events where key = 'theirs' returning key`)).toEqual([
    { key: 'theirs' },
  ]);
});
