import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Tx } from '@accord/core';
import { newEventId } from '@accord/core/runtime';
import type { Event, Fact } from '@accord/events';
import { startService } from '@accord/platform';
import { smallService, testService, until, type TestService } from '@accord/testing';

// Events that fail for no fault of theirs: they wait, and are never given up.

/** Error codes with which the database refuses the events of a key, one after the other. */
const refusals = new Map<string, string[]>();

/** The key of a row that another session locks. */
const held = 'whe_row';

async function note(tx: Tx, { subject }: Event) {
  const code = refusals.get(subject.id)?.shift();
  if (subject.id.startsWith('whe_held_'))
    await tx.one(`select from seen where key = $1 for update nowait`, [held]);
  if (code) throw Object.assign(new Error('refused by the database'), { code });
  await tx.one('insert into seen (account_id, key, version) values ($1, $2, $3)', [
    subject.accountId,
    subject.id,
    subject.version,
  ]);
}

let t: TestService;
beforeAll(
  async () =>
    void (t = await testService({ service: () => smallService({ 'webhook.disabled': { on: note } }) })),
);
afterAll(() => t.stop());

const disabled = (endpointId: string, version = 1): Fact<'webhook.disabled'> => ({
  type: 'webhook.disabled',
  data: { endpointId, version, accountId: 'acc_1', reason: 'test' },
});
const seen = async (key: string) =>
  (await t.sql<{ version: string }>('select version from seen where key = $1 order by at_seq', [key])).map(
    ({ version }) => Number(version),
  );
const parked = (key: string) =>
  t.sql<{ status: string; reason: string }>(
    'select status, reason from parked_events where key = $1 order by seq',
    [key],
  );

test('EVT-9 no event is parked while the database has no room, no memory or may not write', async () => {
  const key = `whe_${randomUUID()}`;
  refusals.set(key, ['53100', '53200', '58030', '25006']);
  const parkedEver: unknown[] = [];
  await t.publish(disabled(key));
  await t.publish(disabled(key, 2));
  await until('both had their effect', async () => {
    parkedEver.push(...(await parked(key)));
    return (await seen(key)).length === 2;
  });
  expect([await seen(key), parkedEver, refusals.get(key)]).toEqual([[1, 2], [], []]);
});

test('EVT-9 the end of the server does not count as a start of an event; the end of the process does', async () => {
  const [excused, blamed] = [newEventId(), newEventId()];
  const note = (id: string, at: string) =>
    t.sql(
      `insert into begun_events (batch_id, event_ids, starts, begun_at)
        values (gen_random_uuid(), array[$1::uuid], 3, ${at})`,
      [id],
    );
  await note(excused, `pg_postmaster_start_time() - interval '1 second'`);
  await note(blamed, 'clock_timestamp()');
  await t.publish(disabled('whe_excused'), { id: excused });
  await t.publish(disabled('whe_blamed'), { id: blamed });
  await t.settled();
  expect([await seen('whe_excused'), await seen('whe_blamed')]).toEqual([[1], []]);
  expect(await parked('whe_blamed')).toEqual([
    { status: 'dead', reason: 'the process ended 3 times while it was handled' },
  ]);
});

const park = (id: string, fact: Fact, more: { starts: number; next: string }) => {
  const key = 'endpointId' in fact.data ? fact.data.endpointId : 'ntf_newer';
  const headers = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/test',
    ce_type: fact.type,
    ce_time: '2026-01-01T00:00:00.000Z',
  };
  return t.sql(
    `insert into parked_events (event_id, type, key, topic, partition, "offset", payload, headers, attempts,
      starts, next_attempt_at)
     values ($1, $2, $3, $2, 0, 0, $4, $5, 1, $6, ${more.next})`,
    [id, fact.type, key, JSON.stringify(fact.data), JSON.stringify(headers), more.starts],
  );
};

test('EVT-9 the end of the server does not count as a start of a parked event', async () => {
  // As if its third try had begun a second before the server started; the lease of a try is 30 s.
  await park(newEventId(), disabled('whe_excused_again'), {
    starts: 3,
    next: `least(now(), pg_postmaster_start_time() + interval '29 seconds')`,
  });
  await until('it had its effect', async () => (await seen('whe_excused_again')).length === 1);
});

test('EVT-8 EVT-12 an older instance leaves an event alone that only a newer version subscribes to', async () => {
  const notification = {
    notificationId: 'ntf_newer',
    version: 1,
    accountId: 'acc_1',
    eventId: 'x',
    eventType: 'x',
    channel: 'inbox' as const,
    contactId: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const id = newEventId();
  await park(id, { type: 'notification.sent', data: { notification } }, { starts: 0, next: 'now()' });
  // Due after the other, so that once it is handled the other was looked at, too.
  await park(newEventId(), disabled('whe_looked_at'), { starts: 0, next: 'now()' });
  await until('the older instance tried what waits', async () => (await seen('whe_looked_at')).length === 1);
  await sleep(300);
  expect([await parked('ntf_newer'), await t.sql('select from inbox where event_id = $1', [id])]).toEqual([
    [{ status: 'waiting', reason: null }],
    [],
  ]);
  const settings = { ...t.running.settings, ACCORD_PORT: 0, ACCORD_OPS_PORT: 0 };
  const newer = await startService(settings, () => smallService({ 'notification.sent': { on: note } }));
  await until('the newer instance handled it', async () => (await seen('ntf_newer')).length === 1);
  await newer.joined;
  await newer.stop();
  expect(await parked('ntf_newer')).toEqual([]);
});

test('EVT-9 an event that finds a lock in its way is tried as long as the lock is held', async () => {
  const key = `whe_held_${randomUUID()}`;
  await t.sql(`insert into seen (account_id, key, version) values ('acc_1', $1, 1)`, [held]);
  const other = new pg.Client({ connectionString: t.database.url });
  await other.connect();
  await other.query('begin');
  await other.query('select from notifications.seen where key = $1 for update', [held]);
  await t.publish(disabled(key));
  await until('it is parked', async () => (await parked(key)).length === 1);
  await t.sql('update parked_events set attempts = 11, next_attempt_at = now() where key = $1', [key]);
  await until(
    'it was tried once more',
    async () =>
      (await t.sql('select from parked_events where key = $1 and attempts = 12', [key])).length === 1,
  );
  expect((await parked(key))[0]).toMatchObject({
    status: 'waiting',
    reason: expect.stringContaining('could not obtain lock'),
  });
  await other.end();
  await t.sql('update parked_events set next_attempt_at = now() where key = $1', [key]);
  await until('it had its effect', async () => (await seen(key)).length === 1);
});

test('EVT-9 EVT-11 an event that fails as if the database were away is parked; the others go on', async () => {
  const [odd, next] = [`whe_odd_${randomUUID()}`, `whe_next_${randomUUID()}`];
  refusals.set(
    odd,
    Array.from({ length: 1_000 }, () => 'EPIPE'),
  );
  await t.publish(disabled(odd));
  await t.publish(disabled(next));
  await until('the other had its effect', async () => (await seen(next)).length === 1);
  expect(await parked(odd)).toEqual([{ status: 'waiting', reason: 'refused by the database' }]);
  refusals.delete(odd);
  await t.sql('update parked_events set next_attempt_at = now() where key = $1', [odd]);
  await until('it had its effect', async () => (await seen(odd)).length === 1);
});

test('EVT-9 a start that a stopping process leaves unfinished does not count', async () => {
  const [key, id] = [`whe_left_${randomUUID()}`, newEventId()];
  const starts = async () =>
    (await t.sql<{ starts: number }>('select starts from begun_events where $1 = any(event_ids)', [id])).map(
      (note) => note.starts,
    );
  refusals.set(
    key,
    Array.from({ length: 1_000 }, () => '57P01'),
  );
  // The record that a killed process leaves.
  await t.sql('insert into begun_events (batch_id, event_ids) values (gen_random_uuid(), array[$1::uuid])', [
    id,
  ]);
  await t.publish(disabled(key), { id });
  await until('it was begun once more', async () => (await starts()).includes(2));
  await t.running.stop();
  expect(await starts()).toEqual([1]);
});
