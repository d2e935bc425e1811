import { createRequire } from 'node:module';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { partitionOf } from './partitioner.ts';
import { canEncode, encodeProduceRequest, type ProduceRequest } from './produce-request.ts';

const inside = createRequire(import.meta.url);
type Request = (ask: ProduceRequest) => { encode(): Promise<{ buffer: Buffer }> };
const theirs = inside('kafkajs/src/protocol/requests/produce/v7/request') as Request;

/** Every one but surrogates; `unit: 'binary'` lists the million of them in a map. */
const codePoint = fc.oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }));
const text = fc.oneof(
  fc.array(codePoint).map((points) => String.fromCodePoint(...points)),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ minLength: 60, maxLength: 70 }),
);
const bytes = fc.oneof(
  text,
  fc.nat(20_000).map((size) => Buffer.alloc(size, 'x')),
);
const message = fc.record(
  { key: fc.option(bytes), value: fc.option(bytes), headers: fc.dictionary(text, bytes, { maxKeys: 15 }) },
  { requiredKeys: ['value'] },
);
const part = fc.record({
  partition: fc.nat(100).map(String),
  firstSequence: fc.nat(),
  messages: fc.array(message, { minLength: 1, maxLength: 80, size: 'medium' }),
});
const ask = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  producerId: fc.constantFrom(-1, 7, 2 ** 40),
  producerEpoch: fc.nat(1_000),
  topicData: fc.array(fc.record({ topic: text, partitions: fc.array(part, { maxLength: 3 }) }), {
    maxLength: 3,
  }),
});

const now = 1_768_291_200_123;

async function at<T>(time: number, work: () => Promise<T>): Promise<T> {
  const clock = Date.now;
  Date.now = () => time;
  return work().finally(() => (Date.now = clock));
}

test('a produce request has the bytes that kafkajs itself would send', async () => {
  await fc.assert(
    fc.asyncProperty(ask, async (asked) => {
      const expected = await at(now, () => theirs(asked).encode());
      expect(canEncode(asked)).toBe(true);
      expect(encodeProduceRequest(asked, now).equals(expected.buffer)).toBe(true);
    }),
    { numRuns: 15 },
  );
});

test('what we never send is left to kafkajs', () => {
  const one = (message: object, more = {}) =>
    canEncode({
      acks: -1,
      timeout: 1,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [message as never] }] }],
      ...more,
    });
  expect(one({ key: 'k', value: 'v', headers: { a: 'b' } })).toBe(true);
  expect(one({ value: 'v', timestamp: '1' })).toBe(false);
  expect(one({ value: 'v', headers: { a: ['b', 'c'] } })).toBe(false);
  expect(one({ value: 'v', headers: { a: undefined } })).toBe(false);
  expect(one({ value: 7 })).toBe(false);
  expect(one({ value: 'v' }, { compression: 1 })).toBe(false);
  expect(one({ value: 'v' }, { transactionalId: 't' })).toBe(false);
});

test('a key goes to the partition where the default partitioner put it', () => {
  const theirs = kafkajs.Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (key, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionId,
        leader: 1,
        partitionErrorCode: 0,
        replicas: [],
        isr: [],
      }));
      expect(partitionOf(key, partitions)).toBe(
        theirs({ topic: 't', partitionMetadata, message: { key, value: '' } }),
      );
    }),
  );
});
