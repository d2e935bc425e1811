import { randomUUID } from 'node:crypto';
import { smallService, testService, until, type TestService } from '@accord/testing';
import { publishRaw, type RawMessage } from '@accord/testing/outsider';

// Messages that no producer of ours would send, as they may come from other platform services.

const seen: string[] = [];
const listening = () =>
  smallService({
    'webhook.disabled': { on: (_tx, { subject }) => Promise.resolve(void seen.push(subject.id)) },
  });

let t: TestService;
beforeAll(async () => void (t = await testService({ service: listening })), 60_000);
afterAll(() => t.stop(), 30_000);

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
  expect(seen).toEqual(expect.arrayContaining(['whe_header', 'whe_0', 'whe_149']));
  const dead = await t.sql<{ key: string; payload: string }>(
    `select key, payload from parked_events where status = 'dead' order by seq`,
  );
  expect(dead).toEqual([
    { key: 'nul-value', payload: 'a\uFFFDb' },
    { key: 'nul\uFFFDkey', payload: 'x' },
    { key: 'nul-header', payload: 'x' },
    { key: long.slice(0, 500), payload: 'x' },
  ]);
}, 40_000);

test('EVT-8 an event whose id is written in capital letters has its effect, once', async () => {
  const id = randomUUID().toUpperCase();
  await send([
    good('whe_capitals', { ce_id: id }),
    good('whe_capitals', { ce_id: id }),
    good('whe_after_capitals'),
  ]);
  await until('the last has its effect', () => seen.includes('whe_after_capitals'));
  expect(seen.filter((key) => key === 'whe_capitals')).toHaveLength(1);
}, 40_000);
