import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { smallService, testService, until, type TestService } from '@accord/testing';
import { publishRaw, takeBack, type RawMessage } from '@accord/testing/outsider';

// Messages that no producer of ours would send, as they may come from other platform services.

const seen: string[] = [];
const listening = () =>
  smallService({
    'webhook.disabled': {
      async on(tx, { subject }) {
        if (subject.id.startsWith('odd_'))
          await tx.one(`select '0000-01-01'::date from inbox where $1 <> ''`, [subject.id]);
        seen.push(subject.id);
      },
    },
  });

let t: TestService;
beforeAll(async () => void (t = await testService({ service: listening })));
afterAll(() => t.stop());

const send = (messages: readonly RawMessage[]) =>
  publishRaw(
    t,
    'webhook.disabled',
    messages.map((message) => ({ headers: {}, ...message, partition: 0 })),
  );

const good = (endpointId: string, more: Record<string, string> = {}) => ({
  key: endpointId,
  value: JSON.stringify({ endpointId, version: 1, accountId: 'acc_1', reason: 'test' }),
  headers: {
    ce_specversion: '1.0',
    ce_id: randomUUID(),
    ce_source: '/test',
    ce_type: 'webhook.disabled',
    ce_time: '2026-01-01T00:00:00.000Z',
    ...more,
  },
});

test('EVT-9 a message with U+0000 or a key beyond any index is given up, and its partition goes on', async () => {
  const long = Array.from({ length: 300 }, () => randomUUID()).join('');
  await send([
    { key: 'nul-value', value: 'a\0b' },
    { key: 'nul\0key', value: 'x' },
    { key: 'nul-header', value: 'x', headers: { 'na\0me': 'val\0ue' } },
    { key: long, value: 'x' },
    good('whe_header', { ce_correlationid: 'a\0b' }),
    ...Array.from({ length: 150 }, (_, i) => good(`whe_${i}`)), // more than one chunk
  ]);
  await until('the last has its effect', () => seen.includes('whe_149'));
  expect(seen).toEqual(expect.arrayContaining(['whe_0', 'whe_149']));
  expect(seen).not.toContain('whe_header');
  const dead = await t.sql<{ key: string; payload: string }>(
    `select key, payload from parked_events where status = 'dead' order by seq`,
  );
  expect(dead).toEqual([
    { key: 'nul-value', payload: 'a\uFFFDb' },
    { key: 'nul\uFFFDkey', payload: 'x' },
    { key: 'nul-header', payload: 'x' },
    { key: long.slice(0, 500), payload: 'x' },
    { key: 'whe_header', payload: good('whe_header').value },
  ]);
});

test('EVT-8 an event whose id is written in capital letters has its effect, once', async () => {
  const id = randomUUID().toUpperCase();
  await send([
    good('whe_capitals', { ce_id: id }),
    good('whe_capitals', { ce_id: id }),
    good('whe_after_capitals'),
  ]);
  await until('the last has its effect', () => seen.includes('whe_after_capitals'));
  expect(seen.filter((key) => key === 'whe_capitals')).toHaveLength(1);
});

test('EVT-8 two sources that use one id tell two events, and each has its effect once', async () => {
  const ce_id = randomUUID();
  const from = (endpointId: string, ce_source: string) => good(endpointId, { ce_id, ce_source });
  const both = [from('whe_one', '/bank/one'), from('whe_two', '/bank/two')];
  await send([...both, ...both, good('whe_after_both')]);
  await until('the last has its effect', () => seen.includes('whe_after_both'));
  expect(seen.filter((key) => key === 'whe_one' || key === 'whe_two')).toEqual(['whe_one', 'whe_two']);
});

test('EVT-9 EVT-10 two sources that use one id have two dead letters, and operators can tell them apart', async () => {
  const ce_id = randomUUID();
  const sources = ['/bank/one', '/bank/two'];
  await send([
    ...sources.map((ce_source) => ({ ...good('whe_dead', { ce_id, ce_source }), value: '{' })),
    good('whe_after_dead'),
  ]);
  await until('the last has its effect', () => seen.includes('whe_after_dead'));
  const path = '/v1/notification-dead-letters';
  const [me, page] = [t.operator(), `${path}?eventIds=${ce_id}&limit=1`];
  const first = await me.get(page);
  const second = await me.get(`${page}&cursor=${first.body.nextCursor}`);
  expect([first, second].flatMap(({ body }) => body.data)).toMatchObject(
    sources.map((source) => ({ eventId: ce_id, source, attempts: 1 })),
  );
  expect((await me.get(`${path}/${ce_id}?source=/bank/two`)).body).toMatchObject({ source: '/bank/two' });
  const discarded = await me.post(`${path}/discard`, { eventIds: [ce_id], source: '/bank/two' });
  expect(discarded.body).toEqual({ count: 1 });
  expect(await t.sql('select source from inbox where event_id = $1', [ce_id])).toEqual([
    { source: '/bank/two' },
  ]);
  expect((await me.get(`${path}/${ce_id}`)).body).toMatchObject({ source: '/bank/one', acts: [] });
});

/** By key, what was parked. */
const parked = (key: string) =>
  t.sql<{ status: string; attempts: number; reason: string }>(
    'select status, attempts, reason from parked_events where key = $1',
    [key],
  );

test.each([
  ['a correlation id of 60 KB', { ce_correlationid: 'x'.repeat(60_000) }, 'ce_correlationid: '],
  [
    'a correlation id of 400 KB',
    { ce_correlationid: 'x'.repeat(400_000) },
    '\\d+ headers of \\d+ bytes, too many',
  ],
  ['a causation id with a byte order mark', { ce_causationid: '\uFEFFx' }, 'ce_causationid: '],
  ['a time before any', { ce_time: '0001-01-01T00:00:00+08:00' }, 'ce_time: '],
  ['a source that is no URI', { ce_source: 'the bank' }, 'ce_source: '],
  [
    'a header with a name and a text of 100 KB',
    { ['x'.repeat(100_000)]: 'y'.repeat(100_000), ce_id: '' },
    '\\d+ headers of \\d+ bytes, too many',
  ],
] as const)('EVT-2 EVT-9 %s: dead at once, and its dead letter goes out', async (_, headers, reason) => {
  const [key, after] = [randomUUID(), randomUUID()];
  await send([good(key, headers), good(after)]);
  await until('the next has its effect', () => seen.includes(after));
  expect(await parked(key)).toEqual([
    { status: 'dead', attempts: 1, reason: expect.stringMatching(`^${reason}`) },
  ]);
  await published(key);
});

test.each([
  ['nested half a million deep', '['.repeat(500_000), 'nested more than 64 deep'],
  ['with U+0000', JSON.stringify({ reason: 'a\0b' }), 'U+0000 and halves of a surrogate pair are no text'],
  ['with half a surrogate pair', '{"reason":"\\ud83d"}', 'U+0000 and halves of a surrogate pair are no text'],
  ['with a name twice', '{"version":1,"version":2}', 'an object has a name twice'],
  ['of a megabyte', `"${'x'.repeat(1_000_000)}"`, ': Invalid input'],
])('EVT-9 a value %s: dead at once, and its dead letter goes out', async (_, value, reason) => {
  const [key, after] = [randomUUID(), randomUUID()];
  await send([{ ...good(key), value }, good(after)]);
  await until('the next has its effect', () => seen.includes(after));
  expect(await parked(key)).toEqual([
    { status: 'dead', attempts: 1, reason: expect.stringContaining(reason) },
  ]);
  await published(key);
});

const published = (key: string) =>
  until('its dead letter is published', async () => {
    const waiting = await t.sql(
      'select from outbox where key = $1 union all select from outbox_refused where key = $1',
      [key],
    );
    return waiting.length === 0;
  });

test('EVT-9 a byte order mark before the value and a traceparent that is none keep no event away', async () => {
  const [marked, traced] = [good(randomUUID()), good(randomUUID(), { traceparent: '0'.repeat(1_000) })];
  await send([{ ...marked, value: `\uFEFF${marked.value}` }, traced]);
  await until('both have their effect', () => seen.includes(marked.key) && seen.includes(traced.key));
});

test('EVT-9 a header that is there 100 000 times: dead at once, and its partition goes on', async () => {
  const { brokers, topicPrefix } = t;
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const [{ headers, ...message }, after] = [good(randomUUID()), randomUUID()];
  const x = Array<string>(100_000).fill('');
  await producer.send({
    topic: `${topicPrefix}webhook.disabled`,
    messages: [{ ...message, partition: 0, headers: { ...headers, x } }],
  });
  await producer.disconnect();
  await send([good(after)]);
  await until('the next has its effect', () => seen.includes(after));
  expect(await parked(message.key)).toMatchObject([{ status: 'dead', attempts: 1 }]);
  expect(seen).not.toContain(message.key);
});

test('EVT-9 a value that no column takes is dead at its first try', async () => {
  const [key, after] = [`odd_${randomUUID()}`, randomUUID()];
  await send([good(key), good(after)]);
  await until('the next has its effect', () => seen.includes(after));
  expect(await parked(key)).toMatchObject([{ status: 'dead', attempts: 1 }]);
});

test('EVT-8 a transaction that its producer takes back has no effect, and leaves no lag', async () => {
  const { brokers, topicPrefix } = t;
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const topic = `${topicPrefix}webhook.disabled`;
  const admin = kafka.admin();
  await admin.connect();
  const taken = [0, 1].map((partition) => ({ ...good('whe_taken_back'), partition }));
  await takeBack(t, 'webhook.disabled', taken);
  const committed = async () => {
    const [offsets] = await admin.fetchOffsets({
      groupId: `${topicPrefix}accord.notification`,
      topics: [topic],
    });
    return offsets!.partitions.map(({ partition, offset }) => [partition, offset]).sort();
  };
  // The broker may still write the markers when it has answered.
  const ends = async () =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]).sort();
  await until('all is committed to the end', async () => isDeepStrictEqual(await committed(), await ends()));
  const lags = (await (await fetch(`${t.opsUrl}/metrics`)).text()).matchAll(
    /^accord_consumer_lag_events\{.*\} (\d+)$/gm,
  );
  expect([...lags].map(([, events]) => events)).toEqual(['0', '0']);
  expect(seen).not.toContain('whe_taken_back');
  await admin.disconnect();
});
