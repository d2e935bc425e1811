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
