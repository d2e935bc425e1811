import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { pino } from 'pino';
import { until } from '@accord/testing';
import { kafkajsOf, openKafka } from '../src/client.ts';
import { applyTopics } from '../src/index.ts';

// A consumer's fetches from a real broker, read from their bytes.

type Request = { readonly apiName: string; encode(): Promise<{ readonly buffer: Buffer }> };
type Broker = { readonly connectionPool: { readonly clientId: string } };
type Send = (this: Broker, of: { readonly request: Request; readonly response: object }) => Promise<unknown>;
const within = createRequire(import.meta.url);
const { prototype: broker } = within('kafkajs/src/broker') as { prototype: Record<symbol, Send> };
const { protocol } = within('kafkajs/src/protocol/requests/fetch') as {
  protocol(of: { version: number }): (ask: object) => Parameters<Send>[0];
};
const sendRequest = Object.getOwnPropertySymbols(broker).find(
  ({ description }) => description === 'private:Broker:sendRequest',
)!;
const original = broker[sendRequest]!;
const clientId = 'fetching';

const fetches: { sessionId: number; epoch: number; entries: number }[] = [];
let forgetNext = false;

broker[sendRequest] = async function (of) {
  if (of.request.apiName !== 'Fetch' || this.connectionPool.clientId !== clientId)
    return original.call(this, of);
  const { buffer } = await of.request.encode();
  const fetch = {
    sessionId: buffer.readInt32BE(17),
    epoch: buffer.readInt32BE(21),
    entries: buffer.readInt32BE(25),
  };
  fetches.push(fetch);
  if (forgetNext && fetch.epoch > 0) {
    forgetNext = false;
    // A fetch with the epoch -1 ends its session.
    await original.call(
      this,
      protocol({ version: 11 })({
        maxWaitTime: 0,
        minBytes: 0,
        maxBytes: 1,
        topics: [],
        sessionId: fetch.sessionId,
        sessionEpoch: -1,
        rackId: '',
      }),
    );
  }
  return original.call(this, of);
};

afterAll(() => void (broker[sendRequest] = original));

test(
  'a consumer names to the broker only what changed; a session that the broker forgot costs no ' +
    'message and repeats none',
  async () => {
    const settings = {
      brokers: process.env['ACCORD_KAFKA_BROKERS']!.split(','),
      topicPrefix: `f${randomBytes(4).toString('hex')}.`,
      log: pino({ level: 'silent' }),
    };
    const topics = ['one', 'two', 'three'];
    await applyTopics(settings, { topics, replication: 1, partitions: 4 });
    const kafka = kafkajsOf(openKafka({ ...settings, clientId }));
    const [producer, consumer] = [
      kafka.producer({ allowAutoTopicCreation: false }),
      kafka.consumer({ groupId: `${settings.topicPrefix}group`, maxWaitTimeInMs: 50 }),
    ];
    const seen: number[] = [];
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({
      topics: topics.map((topic) => settings.topicPrefix + topic),
      fromBeginning: true,
    });
    await consumer.run({
      eachMessage: ({ message }) => Promise.resolve(void seen.push(Number(message.value))),
    });
    const tell = async (from: number) => {
      for (let i = from; i < from + 100; i += 1)
        await producer.send({
          topic: settings.topicPrefix + topics[i % 3]!,
          messages: [{ key: String(i), value: String(i) }],
        });
      await until(`${from + 100} messages were seen`, () => seen.length >= from + 100);
    };
    await tell(0);
    const before = fetches.length;
    forgetNext = true;
    await tell(100);
    await until(
      'a fetch names nothing, for nothing changed',
      () => fetches.at(-1)!.epoch > 0 && fetches.at(-1)!.entries === 0,
    );
    expect(forgetNext).toBe(false);
    await Promise.all([producer.disconnect(), consumer.disconnect()]);
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    const later = fetches.slice(before);
    expect(later.filter(({ epoch }) => epoch === 0)).toEqual([
      { sessionId: expect.any(Number), epoch: 0, entries: 12 },
    ]);
  },
);
