import { createRequire } from 'node:module';
import { beyondHeaders } from './kafkajs-patches.ts';

test('a request that was sent when its connection was about to end is not waited for for ever', async () => {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  const logger = { debug: () => undefined };
  let isConnected = true;
  const queue = new RequestQueue({
    requestTimeout: 50,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    clientId: 'test',
    broker: 'test:9092',
    logger,
    isConnected: () => isConnected,
  });
  queue.scheduleRequestTimeoutCheck();
  const answer = new Promise((resolve, reject) => {
    const entry = { apiKey: 1, apiName: 'Fetch', apiVersion: 11, correlationId: 0, resolve, reject };
    queue.push({ entry, expectResponse: true, requestTimeout: null, sendRequest: () => undefined });
  });
  isConnected = false;
  queue.destroy();
  await expect(answer).rejects.toThrow('Request Fetch(key: 1, version: 11) timed out');
});

describe('a question that any broker may answer', () => {
  const Pool = createRequire(import.meta.url)('kafkajs/src/cluster/brokerPool') as {
    prototype: { withBroker(this: object, ask: () => Promise<object>): Promise<object> };
  };
  const pool = { brokers: { 1: {}, 2: {} }, findBroker: () => Promise.resolve({}) };
  const ask = (answers: readonly (object | Error)[]) => {
    const left = [...answers];
    return Pool.prototype.withBroker.call(pool, async () => {
      const answer = left.shift()!;
      if (answer instanceof Error) throw answer;
      return answer;
    });
  };

  test('is answered by the next one where a connection breaks', async () => {
    await expect(ask([new Error('first'), { coordinator: 2 }])).resolves.toEqual({ coordinator: 2 });
  });

  test('fails with the last reason where none answers, not with "not found" for good', async () => {
    await expect(ask([new Error('first'), new Error('last')])).rejects.toThrow('last');
  });
});

interface Group {
  memberId: string;
  coordinator: unknown;
  heartbeat(ask: { interval: number }): Promise<void>;
}

test('a member goes on with its heartbeats when its clock is set back, one an interval', async () => {
  const ConsumerGroup = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as new (
    options: object,
  ) => Group;
  const group = new ConsumerGroup({
    logger: { namespace: () => undefined },
    instrumentationEmitter: { emit: () => undefined },
    topics: [],
  });
  let beats = 0;
  group.memberId = 'm';
  group.coordinator = { heartbeat: () => Promise.resolve(void (beats += 1)) };
  const { now } = Date;
  try {
    for (const ms of [0, 500, 1_000, -3_600_000, -3_599_500, -3_599_000]) {
      Date.now = () => 1_800_000_000_000 + ms;
      await group.heartbeat({ interval: 1_000 });
    }
  } finally {
    Date.now = now;
  }
  expect(beats).toBe(4);
});

describe('headers of a record', () => {
  const internal = createRequire(import.meta.url);
  const Encoder = internal('kafkajs/src/protocol/encoder');
  const Decoder = internal('kafkajs/src/protocol/decoder');
  const read = (headers: readonly (readonly [string, string])[]) => {
    const encoder = new Encoder().writeVarInt(headers.length);
    for (const [name, value] of headers) encoder.writeVarIntString(name).writeVarIntString(value);
    const decoder = new Decoder(Buffer.concat([encoder.writeInt8(7).buffer]));
    const decoded = decoder.readVarIntArray(() => undefined).reduce();
    // The reader stands behind them, whatever was passed over.
    expect(decoder.readInt8()).toBe(7);
    return decoded;
  };

  test('a name that is there several times has all its values', () => {
    const decoded = read([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', '4'],
    ]);
    expect({ ...decoded }).toEqual({ a: ['1', '3', '4'], b: '2' });
    expect(decoded[beyondHeaders]).toBeUndefined();
  });

  test.each([
    ['300 000 of one name', Array.from({ length: 300_000 }, () => ['x', ''] as const), 200],
    ['300 000 of many names', Array.from({ length: 300_000 }, (_, i) => [`x${i}`, ''] as const), 200],
    [
      'a long text',
      [
        ['a', '1'],
        ['b', 'x'.repeat(70_000)],
        ['c', '3'],
      ] as const,
      1,
    ],
    ['a long name', [['x'.repeat(70_000), '']] as const, 0],
  ])('%s are passed over, and it is said', (_name, headers, kept) => {
    const decoded = read(headers);
    expect(decoded[beyondHeaders]).toMatch(new RegExp(`^${headers.length} headers of \\d+ bytes$`));
    expect(Object.values(decoded).flat()).toHaveLength(kept);
  });
});
