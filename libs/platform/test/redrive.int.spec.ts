import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { Refusal, type Tx } from '@accord/core';
import { newEventId } from '@accord/core/runtime';
import type { Event, Fact } from '@accord/events';
import { applyTopics } from '@accord/kafka';
import { outbox, shardOf } from '@accord/messaging';
import { smallService, testService, until, type TestService } from '@accord/testing';

// Events that were given up, by the service or by the broker, and what operators do with them, through the
// real API and the real command.

const failing = new Map<string, Error>();

async function note(tx: Tx, { subject }: Event<'webhook.disabled'>) {
  const error = failing.get(subject.id);
  if (error) throw error;
  await tx.one('insert into seen (account_id, key, version) values ($1, $2, $3)', [
    subject.accountId,
    subject.id,
    subject.version,
  ]);
}

const small = () => smallService({ 'webhook.disabled': { on: note } });

let t: TestService;
beforeAll(async () => void (t = await testService({ service: small })));
afterAll(() => t.stop());
afterEach(() => failing.clear());

const actor = { kind: 'customer' as const, id: 'usr_1', accountId: 'acc_1' };
const disabled = (endpointId: string, version: number, reason = 'test'): Fact<'webhook.disabled'> => ({
  type: 'webhook.disabled',
  data: { endpointId, version, accountId: 'acc_1', reason },
});
const emit = (...facts: Fact[]) =>
  t.running.db.transaction(actor, (tx) => Promise.resolve(tx.emit(...facts)));

/** Into the outbox, as an announcement would be, on whatever topic. */
const announceOn = (topic: string, key: string, version: number) =>
  t.running.db.transaction({ kind: 'system', id: 'test' }, (tx) =>
    tx.one(
      `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload,
         headers, shard, occurred_at)
       values ($1, 'x', $2, $3, $4, $2, $4, '{}', '{}', $5, now())`,
      [newEventId(), key, version, topic, shardOf(key)],
    ),
  );

/** As an announcement is stored, whatever its size: a broker may take less than ours does. */
async function storeRow(tx: Tx, { type, data }: Fact<'webhook.disabled'>) {
  const small = { type, data: { ...data, reason: 'small' } };
  const id = newEventId();
  const cause = { causationId: id, correlationId: id };
  const row = outbox.announce(small, { now: tx.now, actor, cause, source: '/services/notification' });
  await tx.one(
    `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload,
       headers, shard, occurred_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      row.eventId,
      row.aggregateType,
      row.aggregateId,
      row.aggregateVersion,
      row.topic,
      row.key,
      row.type,
      JSON.stringify(data),
      row.headers,
      row.shard,
      row.occurredAt,
    ],
  );
}

const seen = async (key: string) =>
  (await t.sql<{ version: string }>('select version from seen where key = $1 order by at_seq', [key])).map(
    (row) => Number(row.version),
  );
const untilSeen = (key: string, versions: number[]) =>
  until(`${key} has ${versions.join()}`, async () => (await seen(key)).join() === versions.join());
const refused = (key: string) =>
  t.sql<{ version: number; reason: string; eventId: string }>(
    `select aggregate_version::int as version, reason, event_id as "eventId"
       from outbox_refused where key = $1 order by seq`,
    [key],
  );
const actsOf = (eventId: string) =>
  t.sql('select act, actor from redrive_acts where event_id = $1 order by at', [eventId]);
const path = '/v1/notification-dead-letters';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const file = fileURLToPath(new URL('../../../deploy/local/commands/redrive.ts', import.meta.url));

/** `npm run redrive -- …`, as an operator of an installation runs it. */
async function redrive(...args: string[]): Promise<Ran> {
  const token = await t.issuer.token({ sub: 'op_command', scope: 'operator' });
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ACCORD_API_URL: t.baseUrl, ACCORD_OPERATOR_TOKEN: token };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env, maxBuffer: 10_000_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

test(
  'EVT-7 EVT-10 events for a topic that stays unknown are refused with the later ones of their keys, ' +
    'the rest goes on, and all arrive in order once it is there',
  async () => {
    const topic = `things.t${randomUUID().slice(0, 8)}`;
    const [bad, other] = [`whe_${randomUUID()}`, `whe_${randomUUID()}`];
    const good = Array.from({ length: 20 }, () => `whe_${randomUUID()}`);
    await emit(disabled(bad, 1), ...good.map((key) => disabled(key, 1)));
    for (const key of [bad, other]) await announceOn(topic, key, 2);
    await emit(disabled(bad, 3), ...good.map((key) => disabled(key, 2)));
    for (const key of good) await untilSeen(key, [1, 2]);
    await until(
      'both keys are refused',
      async () => (await refused(bad)).length === 2 && (await refused(other)).length === 1,
    );
    await emit(disabled(bad, 4), disabled(good[0]!, 3));
    await untilSeen(good[0]!, [1, 2, 3]);
    await until('the newest is behind', async () => (await refused(bad)).length === 3);
    expect(await seen(bad)).toEqual([1]);
    const why = `the broker does not know the topic ${topic}`;
    expect((await refused(bad)).map(({ version, reason }) => [version, reason])).toEqual([
      [2, why],
      [3, 'behind a refused event of its key'],
      [4, 'behind a refused event of its key'],
    ]);

    const { body: list } = await t.operator().get(`${path}?direction=out&reason=${topic}`);
    expect(
      list.data.map(({ key, type, waitingBehind }: Record<string, unknown>) => ({
        key,
        type,
        waitingBehind,
      })),
    ).toEqual([
      { key: bad, type: topic, waitingBehind: 2 },
      { key: other, type: topic, waitingBehind: 0 },
    ]);

    await applyTopics(
      {
        brokers: t.running.settings.ACCORD_KAFKA_BROKERS,
        topicPrefix: t.topicPrefix,
        log: pino({ level: 'silent' }),
      },
      { topics: [topic], replication: 1 },
    );
    const ran = await redrive('notification', 'replay', '--type', topic);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^To replay: 2 dead letters of notification\.\n/);
    expect(ran.out).toMatch(/Done: 2 replayed\.\n$/);
    await untilSeen(bad, [1, 3, 4]);
    await t.settled();
    expect(await refused(bad)).toEqual([]);
    for (const { eventId } of list.data)
      expect(await actsOf(eventId)).toEqual([{ act: 'replay', actor: 'operator:op_command' }]);
    await emit(disabled(bad, 5));
    await untilSeen(bad, [1, 3, 4, 5]);
  },
);

test('EVT-7 a topic that is made a moment later sets nothing aside', async () => {
  const topic = `things.t${randomUUID().slice(0, 8)}`;
  const key = `whe_${randomUUID()}`;
  await announceOn(topic, key, 1);
  await emit(disabled(key, 2));
  // Long before the 3 s after which a topic counts as unknown, also on a busy machine.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await seen(key)).toEqual([]);
  await applyTopics(
    {
      brokers: t.running.settings.ACCORD_KAFKA_BROKERS,
      topicPrefix: t.topicPrefix,
      log: pino({ level: 'silent' }),
    },
    { topics: [topic], replication: 1 },
  );
  await untilSeen(key, [2]);
  expect(await t.sql('select from outbox_refused where key = $1', [key])).toEqual([]);
});

test(
  'EVT-10 a refused event that is replayed stays first of its key, whoever announces meanwhile; ' +
    'asked for by several at once it is one act',
  async () => {
    const topic = `things.t${randomUUID().slice(0, 8)}`;
    const key = `whe_${randomUUID()}`;
    await announceOn(topic, key, 1);
    await emit(disabled(key, 2));
    await until('it is refused', async () => (await refused(key)).length === 2);
    const [head] = await refused(key);
    let version = 2;
    let over = false;
    const announcing = (async () => {
      for (; !over; await new Promise((resolve) => setTimeout(resolve, 3)))
        await emit(disabled(key, (version += 1)));
    })();
    // The topic is still unknown: each replay brings all of the key back, and all of it is refused again.
    for (let times = 0; times < 10; times += 1) {
      const { body } = await t.operator('op_1').post(`${path}/replay`, { key });
      if (body.count === 0)
        await until('it is refused again', async () => (await refused(key))[0]?.version === 1);
    }
    await until('it is refused again', async () => (await refused(key))[0]?.version === 1);
    expect(await seen(key)).toEqual([]);
    await applyTopics(
      {
        brokers: t.running.settings.ACCORD_KAFKA_BROKERS,
        topicPrefix: t.topicPrefix,
        log: pino({ level: 'silent' }),
      },
      { topics: [topic], replication: 1 },
    );
    const before = (await actsOf(head!.eventId)).length;
    const replays = await Promise.all(
      ['op_1', 'op_2', 'op_3'].map((who) =>
        t.operator(who).post(`${path}/replay`, { eventIds: [head!.eventId] }),
      ),
    );
    expect(replays.map(({ body }) => body.count).sort()).toEqual([0, 0, 1]);
    expect(await actsOf(head!.eventId)).toHaveLength(before + 1);
    over = true;
    await announcing;
    await untilSeen(
      key,
      Array.from({ length: version - 1 }, (_, i) => i + 2),
    );
  },
);

test(
  'EVT-7 EVT-10 an event too large for the broker is found among others; ' +
    'discarded, it is never published and the later ones of its key follow',
  async () => {
    const [key, before, after] = Array.from({ length: 3 }, () => `whe_${randomUUID()}`);
    await t.running.db.transaction(actor, async (tx) => {
      for (const fact of [disabled(before!, 1), disabled(key!, 1)]) await storeRow(tx, fact);
      await storeRow(tx, disabled(key!, 2, 'x'.repeat(1_200_000)));
      tx.emit(disabled(key!, 3), disabled(after!, 1));
    });
    for (const one of [before!, after!]) await untilSeen(one, [1]);
    await until('it is refused', async () => (await refused(key!)).length === 2);
    const [head] = await refused(key!);
    const shown = await redrive('notification', 'show', '--id', head!.eventId, '--json');
    expect(JSON.parse(shown.out)).toMatchObject({
      direction: 'out',
      key,
      waitingBehind: 1,
      partition: null,
      offset: null,
      headers: { ce_id: head!.eventId },
      acts: [],
    });

    const ran = await redrive('notification', 'discard', '--key', key!, '--direction', 'out', '--json');
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({
      act: 'discard',
      asked: [{ eventId: head!.eventId }],
      count: 1,
    });
    await untilSeen(key!, [1, 3]);
    expect(await actsOf(head!.eventId)).toEqual([{ act: 'discard', actor: 'operator:op_command' }]);
    expect(await redrive('notification', 'show', '--id', head!.eventId)).toMatchObject({
      code: 1,
      err: expect.stringContaining('dead_letter.not_found'),
    });
  },
);

/** Its head is given up here, two wait behind it. */
async function givenUp(key: string): Promise<string> {
  failing.set(key, new Error('not yet'));
  const id = await t.publish(disabled(key, 1));
  for (const version of [2, 3]) await t.publish(disabled(key, version));
  await until(
    'all are parked',
    async () => (await t.sql('select from parked_events where key = $1', [key])).length === 3,
  );
  await t.sql(
    `update parked_events set attempts = 11, next_attempt_at = now()
      where seq = (select min(seq) from parked_events where key = $1)`,
    [key],
  );
  await until(
    'the first is dead',
    async () =>
      (await t.sql(`select from parked_events where key = $1 and status = 'dead'`, [key])).length === 1,
  );
  return id;
}

test(
  'EVT-10 the command lists, shows, replays and discards what the service gave up; ' +
    'a second replay changes nothing',
  async () => {
    const [replayed, discarded] = [`whe_${randomUUID()}`, `whe_${randomUUID()}`];
    const id = await givenUp(replayed);
    const other = await givenUp(discarded);
    failing.clear();

    const listed = await redrive(
      'notification',
      'list',
      '--type',
      'webhook.disabled',
      '--reason',
      'NOT YET',
      '--json',
    );
    expect(JSON.parse(listed.out).data.map((one: { eventId: string }) => one.eventId)).toEqual([id, other]);
    const lines = await redrive('notification', 'list', '--id', id);
    expect(lines.out).toMatch(
      new RegExp(
        `in   ${id}  webhook.disabled  ${replayed}  \\(12 tries, 2 behind it\\)\n  not yet\n` +
          `1 dead letter of notification\\.\n$`,
      ),
    );
    const past = await redrive('notification', 'list', '--to', '2020-01-01T00:00:00Z');
    expect(past).toMatchObject({ code: 0, out: '0 dead letters of notification.\n' });
    const shown = await redrive('notification', 'show', '--id', id);
    expect(shown.out).toContain(`ce_id: ${id}`);
    expect(shown.out).toContain(`"endpointId":"${replayed}"`);

    expect((await redrive('notification', 'replay', '--id', id)).out).toMatch(/Done: 1 replayed\.\n$/);
    expect(await redrive('notification', 'replay', '--id', id)).toMatchObject({
      code: 0,
      out: 'To replay: 0 dead letters of notification.\nDone: 0 replayed.\n',
    });
    await untilSeen(replayed, [1, 2, 3]);
    expect((await redrive('notification', 'discard', '--key', discarded)).out).toMatch(
      /Done: 1 discarded\.\n$/,
    );
    await untilSeen(discarded, [2, 3]);
    expect([await actsOf(id), await actsOf(other)]).toEqual([
      [{ act: 'replay', actor: 'operator:op_command' }],
      [{ act: 'discard', actor: 'operator:op_command' }],
    ]);
  },
);

test(
  'EVT-9 EVT-10 what is refused for ever is dead at its first try, with the reason; ' +
    'what may be mended waits; the later ones of the key follow in order',
  async () => {
    const [invalid, forbidden, missing] = Array.from({ length: 3 }, () => `whe_${randomUUID()}`) as [
      string,
      string,
      string,
    ];
    failing.set(invalid, new Refusal('invalid', 'webhook.misfit', { field: 'reason' }));
    failing.set(forbidden, new Refusal('forbidden', 'webhook.not_yours'));
    failing.set(missing, new Refusal('not_found', 'webhook.unknown'));
    const ids = await Promise.all([invalid, forbidden, missing].map((key) => t.publish(disabled(key, 1))));
    for (const key of [invalid, forbidden, missing])
      for (const version of [2, 3]) await t.publish(disabled(key, version));
    const stands = (key: string) =>
      t.sql<{ status: string; attempts: number; reason: string }>(
        'select status, attempts, reason from parked_events where key = $1 order by seq',
        [key],
      );
    const behind = { status: 'waiting', attempts: 1, reason: 'behind an event of its key' };
    for (const [key, reason] of [
      [invalid, 'webhook.misfit {"field":"reason"}'],
      [forbidden, 'webhook.not_yours'],
    ] as const) {
      await until('all are parked', async () => (await stands(key)).length === 3);
      expect(await stands(key)).toEqual([{ status: 'dead', attempts: 1, reason }, behind, behind]);
    }
    await until('all are parked', async () => (await stands(missing)).length === 3);
    expect((await stands(missing))[0]).toMatchObject({ status: 'waiting', reason: 'webhook.unknown' });
    const { body } = await t.operator().get(`${path}?key=${invalid}`);
    expect(body.data).toMatchObject([
      { eventId: ids[0], attempts: 1, reason: 'webhook.misfit {"field":"reason"}', waitingBehind: 2 },
    ]);

    // Replayed too early it is dead again at once; then the key goes on where it stood.
    await t.operator().post(`${path}/replay`, { key: invalid });
    await until('it is dead again', async () => (await stands(invalid))[0]?.status === 'dead');
    expect(await seen(invalid)).toEqual([]);
    failing.clear();
    await t.operator().post(`${path}/replay`, { key: invalid });
    await t.operator().post(`${path}/discard`, { key: forbidden });
    await untilSeen(invalid, [1, 2, 3]);
    await untilSeen(forbidden, [2, 3]);
    await t.sql('update parked_events set next_attempt_at = now() where key = $1', [missing]);
    await untilSeen(missing, [1, 2, 3]);
  },
);

test('EVT-10 a long list is read page by page, each once', async () => {
  const keys = Array.from({ length: 7 }, () => `whe_${randomUUID()}`);
  await t.sql(
    `insert into outbox_refused
     select nextval('outbox_seq_seq'), gen_random_uuid(), 'x', key, 1, 't', key, 't', '{}', '{}', 0, now(),
            'paged', now()
       from unnest($1::text[]) key`,
    [keys],
  );
  const read: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await t.operator().get(`${path}?reason=paged&limit=3${cursor && `&cursor=${cursor}`}`);
    read.push(...body.data.map(({ key }: { key: string }) => key));
    cursor = body.nextCursor as string | null;
  }
  expect(read.sort()).toEqual([...keys].sort());
  await t.sql(`delete from outbox_refused where reason = 'paged'`);
});

test('EVT-10 the command says what is wrong with what it was asked, and asks nothing of its own', async () => {
  const help = await redrive('--help');
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toContain('replay and discard need one at least');
  const wrong: [string[], RegExp][] = [
    [[], /name a service/],
    [['billing', 'list'], /name a service/],
    [['notification', 'erase'], /say what to do/],
    [['notification', 'replay'], /replay needs a filter/],
    [['notification', 'discard', '--json'], /discard needs a filter/],
    [['notification', 'show'], /one --id/],
    [['notification', 'list', '--colour', 'red'], /colour/],
    [['notification', 'list', '--from', 'yesterday'], /--from takes a time/],
  ];
  for (const [args, why] of wrong)
    expect(await redrive(...args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(why) });
  expect(await redrive('notification', 'list', '--type', '')).toMatchObject({
    code: 1,
    err: expect.stringContaining('request.invalid'),
  });
});

declare module '@accord/core' {
  interface RefusalCodes {
    'webhook.misfit': true;
    'webhook.not_yours': true;
    'webhook.unknown': true;
  }
}
