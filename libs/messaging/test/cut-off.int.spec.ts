import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { NetConnectOpts, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallService, testService, until, type TestService } from '@accord/testing';
import { startProxy, type Proxy } from '@accord/testing/proxy';
import { metricOf } from './metric.ts';

// Metrics of a service that cannot reach Kafka: every connection of this process to the broker goes through a
// proxy.

type Connect = (to: NetConnectOpts & { port?: number }, heard?: () => void) => Socket;
const net = createRequire(import.meta.url)('node:net') as { connect: Connect };
const { connect } = net;
const brokerPort = Number(process.env['ACCORD_KAFKA_BROKERS']!.split(',')[0]!.split(':')[1]);

let proxy: Proxy;
let t: TestService;
const seen: string[] = [];
beforeAll(async () => {
  proxy = await startProxy(() => brokerPort);
  net.connect = (to, heard) =>
    connect(to.port === brokerPort ? { ...to, host: '127.0.0.1', port: proxy.port } : to, heard);
  t = await testService({
    service: () =>
      smallService({ 'webhook.disabled': { on: (_tx, { subject }) => void seen.push(subject.id) } }),
  });
});
afterAll(async () => {
  proxy.become('fair');
  await t?.stop();
  net.connect = connect;
  await proxy.stop();
});

const metric = (name: string) => metricOf(t.opsUrl, name);
const fetchAge = () => metric('accord_consumer_fetch_age_seconds');
const fact = (endpointId: string) =>
  ({
    type: 'webhook.disabled',
    data: { endpointId, version: 1, accountId: 'acc_1', reason: 'test' },
  }) as const;

test('API-12 a consumer cut off from Kafka shows since when, and its lag stays as it was', async () => {
  await t.publish(fact('before'));
  await t.settled();
  await sleep(1_200);
  let looked = 0;
  await until('fetches are answered', async () => {
    looked = performance.now();
    return (await fetchAge()) < 1;
  });
  proxy.become('silent');
  let age = 0;
  await until('the age grows', async () => (age = await fetchAge()) > 2.5);
  expect(age).toBeLessThan(1 + (performance.now() - looked) / 1_000);
  expect([await metric('accord_consumer_lag_events'), await metric('accord_consumer_lag_seconds')]).toEqual([
    0, 0,
  ]);
  proxy.become('fair');
  await until('it hears again', async () => (await fetchAge()) < 1);
  await t.publish(fact('after'));
  await t.settled();
  expect(seen).toEqual(['before', 'after']);
});

test('EVT-7 EVT-8 after connections that end within an answer, the answers on new ones are understood', async () => {
  for (let times = 0; times < 5; times += 1) {
    proxy.tear();
    await sleep(300);
  }
  seen.length = 0;
  const ids = Array.from({ length: 10 }, () => `whe_${randomUUID()}`);
  for (const id of ids) await t.publish(fact(id));
  await until('all were seen', () => seen.length >= ids.length);
  expect(seen.sort()).toEqual(ids.sort());
  await until('it fetches', async () => (await fetchAge()) < 1);
});

test('API-12 EVT-7 while the broker is away metrics show outbox and interruptions; then all is published', async () => {
  await t.settled();
  const before = {
    published: await metric('accord_relay_published_total'),
    interrupted: await metric('accord_relay_interrupted_total'),
  };
  proxy.become('away');
  const ids = Array.from({ length: 3 }, () => `whe_${randomUUID()}`);
  await t.running.db.transaction({ kind: 'customer', id: 'usr_1', accountId: 'acc_1' }, (tx) =>
    Promise.resolve(tx.emit(...ids.map(fact))),
  );
  await until(
    'the relay is interrupted twice',
    async () => (await metric('accord_relay_interrupted_total')) >= before.interrupted + 2,
  );
  expect(await metric('accord_outbox_events')).toBe(3);
  expect(await metric('accord_outbox_oldest_seconds')).toBeGreaterThan(0);
  expect(await metric('accord_relay_published_total')).toBe(before.published);
  await until('a fetch was last answered long ago', async () => (await fetchAge()) > 1.5);
  proxy.become('fair');
  await until('nothing waits', async () => (await metric('accord_outbox_events')) === 0);
  expect(await metric('accord_relay_published_total')).toBe(before.published + 3);
  await until('all were handled', () => ids.every((id) => seen.includes(id)));
  const interrupted = await metric('accord_relay_interrupted_total');
  await sleep(300);
  expect([
    await metric('accord_relay_interrupted_total'),
    await metric('accord_outbox_oldest_seconds'),
  ]).toEqual([interrupted, 0]);
});
