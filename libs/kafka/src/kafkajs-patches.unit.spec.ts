import { createRequire } from 'node:module';
import './kafkajs-patches.ts';

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
