import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import { breaches, machineMonth, startSystem, type System } from '@accord/local';
import { calendarEnd } from '@accord/profile';
import { clientOf, until } from '@accord/testing';
import { startCollector, type CollectedSpan } from '@accord/testing/collector';
import { folder, hurried, runStory, removeFolders } from './story.ts';

afterAll(removeFolders);

// As alibaba, with two instances of the order service. As baidu the story is played where it is audited, and
// where it is killed (audit.e2e.spec.ts, killed.long.spec.ts).

let system: System;
let collector: Awaited<ReturnType<typeof startCollector>>;
beforeAll(async () => {
  collector = await startCollector();
  system = await startSystem({
    dataDir: folder(),
    profile: hurried('alibaba', 'PT10S'),
    second: 'order',
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '500' },
  });
});
afterAll(async () => {
  await system.stop();
  collector.close();
});

test(
  'EVT-20 EVT-21 EVT-22 EVT-23 EVT-24 EVT-30 EVT-31 EVT-32 EVT-33 EVT-36 ORD-19 ORD-20 ORD-21 ORD-24 ' +
    'the main story goes as documented, and the four services agree',
  async () => {
    const told = await runStory({ system, profile: 'alibaba' });
    expect(told).toContain(`7 of them used: ${machineMonth().back} (RFD-7)`);
    expect(told).toMatch(/and for the month to come: .* is back \(ORD-24\)/);
    expect(told).toContain('the order is paid, 45.00 in cash');
    expect(told).toContain('its checklist is downloaded instead');
    expect(told).toContain('its SHA-256 is the one that was told');
  },
);

test('API-3 every service describes itself, and no path belongs to two', async () => {
  const segments = new Map<string, string>();
  for (const name of Object.keys(system.services)) {
    const { status, body } = await clientOf(system.url).get(`/openapi/${name}.json`);
    expect({ status, version: body.openapi }).toEqual({
      status: 200,
      version: expect.stringMatching(/^3\.1/),
    });
    for (const path of Object.keys(body.paths)) {
      const segment = path.split('/')[2]!;
      expect(segments.get(segment) ?? name).toBe(name);
      segments.set(segment, name);
    }
  }
});

test('EVT-2 a message names the address where the schema of its data is answered', async () => {
  const topic = `${system.topicPrefix}order.placed`;
  const kafka = new Kafka({ brokers: system.brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${system.topicPrefix}outside` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { value, headers } = await new Promise<KafkaMessage>((resolve) => {
    void consumer.run({ eachMessage: ({ message }) => Promise.resolve(resolve(message)) });
  });
  await consumer.disconnect();
  const address = String(headers!['ce_dataschema']);
  expect(address).toMatch(new RegExp(`^${system.url}/v1/schemas/order\\.placed/\\d+$`));
  const answer = await fetch(address);
  const schema = (await answer.json()) as { required: string[] };
  expect([answer.status, schema.required]).toEqual([
    200,
    expect.arrayContaining(Object.keys(JSON.parse(String(value)) as object)),
  ]);
});

test('API-13 one trace goes from a request over Postgres and Kafka to its effects in the other services', async () => {
  const accountId = 'acc_traced';
  const platform = clientOf(system.url, () => system.token({ kind: 'platform' }));
  const customer = clientOf(system.url, () => system.token({ kind: 'customer', accountId }));
  const facts = { version: 1, certifiedName: '追踪公司', invoiceTitle: '追踪公司', contacts: [] };
  await platform.put(`/v1/accounts/${accountId}`, facts);
  const order = { productCode: 'ECS', billType: 'prepay', chargeType: 'subscription' };
  const duration = { unit: 'month', value: 1 };
  const { orderId } = (await customer.post('/v1/orders', { ...order, duration })).body;
  await until('the contract service knows the order', async () => {
    const { body } = await customer.post('/v1/contracts/preview', { orderIds: [orderId] });
    return body.refusals?.length === 0;
  });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traced = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, prefer: 'wait=20' };
  expect((await customer.post('/v1/contracts', { orderIds: [orderId] }, traced)).status).toBe(201);
  const spans = () => collector.spans.filter((span) => span.traceId === traceId);
  const find = (service: string, name: string) =>
    spans().find((span) => span.service === `accord-${service}` && span.name === name);
  /** From a span to the first. */
  const path = (span: CollectedSpan | undefined): string[] =>
    span
      ? [`${span.service}: ${span.name}`, ...path(spans().find(({ spanId }) => spanId === span.parentSpanId))]
      : [];
  const wholePath = [
    'accord-contract: process order.reserved',
    'accord-order: process contract.requested',
    'accord-contract: postgres transaction',
    'accord-contract: POST /v1/contracts',
  ];
  // Each process tells its spans when it likes.
  const told = () => path(find('contract', 'process order.reserved'));
  await until('the whole path is told', () => Promise.resolve(told().length >= wholePath.length));
  expect(told()).toEqual(wholePath);
  await until('who is told of it', () => Promise.resolve(!!find('notification', 'process contract.drafted')));
});

test('API-12 a service is ready while its database answers, alive anyway, and shows metrics', async () => {
  for (const { opsUrl } of Object.values(system.services)) {
    const pages = await Promise.all(
      ['/livez', '/readyz', '/startupz', '/metrics'].map((page) => clientOf(opsUrl).get(page)),
    );
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(pages[3]!.bytes.toString()).toMatch(/accord_relay_published_total/);
  }
});

test('ORD-12 EVT-30 a refund against a contract for the same order, 50 rounds: exactly one wins', async () => {
  const outcomes = await refundAgainstContract(system, 50);
  expect(outcomes.filter(({ contract, refund }) => Number(contract) + Number(refund) !== 1)).toEqual([]);
  // In transactions of two processes: each order service had its share of the questions.
  for (const { opsUrl } of [system.services.order, system.second!]) {
    const metrics = (await clientOf(opsUrl).get('/metrics')).bytes.toString();
    const handled = [
      ...metrics.matchAll(/^accord_events_handled_total\{type="(contract|refund)\.requested".*\} (\d+)$/gm),
    ];
    expect(handled.map(([, of, count]) => [of, Number(count) > 10]).sort()).toEqual([
      ['contract', true],
      ['refund', true],
    ]);
  }
  expect(await breaches(system.databaseUrl, { settleMs: 120_000 })).toEqual([]);
});

const money = (amount: string) => ({ amount, currency: 'CNY' });

async function refundAgainstContract({ url, token }: System, rounds: number) {
  const accountId = 'acc_race';
  const customer = clientOf(url, () => token({ kind: 'customer', accountId }));
  const platform = clientOf(url, () => token({ kind: 'platform' }));
  const facts = { version: 1, certifiedName: '竞速公司', invoiceTitle: '竞速公司', contacts: [] };
  expect((await platform.put(`/v1/accounts/${accountId}`, facts)).status).toBe(200);

  const prepare = async (round: number) => {
    const body = {
      productCode: 'ECS',
      billType: 'prepay',
      chargeType: 'subscription',
      duration: { unit: 'month', value: 1 } as const,
    };
    const { orderId } = (await customer.post('/v1/orders', body)).body;
    const payment = { paymentReference: `race-${round}`, parts: { cash: money('45.00') } };
    await platform.post(`/v1/orders/${orderId}/payments`, payment, { 'idempotency-key': `race-${round}` });
    const start = new Date(Date.now() - 3_600_000);
    const end = calendarEnd(start, body.duration, 'Asia/Shanghai');
    await platform.post(`/v1/orders/${orderId}/fulfilment`, {
      outcome: 'created',
      instances: [{ instanceId: `i-race-${round}`, start, end }],
    });
    for (;;) {
      const { body: quote } = await customer.post('/v1/refund-quotes', { instanceIds: [`i-race-${round}`] });
      const { body: preview } = await customer.post('/v1/contracts/preview', { orderIds: [orderId] });
      if (quote.refundable && preview.refusals.length === 0) return { orderId, quoteId: quote.quoteId };
      await sleep(50);
    }
  };

  const race = async ({ orderId, quoteId }: { orderId: string; quoteId: string }) => {
    const wait = { prefer: 'wait=30' };
    const [contract, refund] = await Promise.all([
      customer.post('/v1/contracts', { orderIds: [orderId] }, wait),
      customer.post(
        '/v1/refunds',
        { quoteId, reason: 'not_usable' },
        { ...wait, 'idempotency-key': quoteId },
      ),
    ]);
    return { orderId, contract: contract.status === 201, refund: refund.body.status === 'succeeded' };
  };

  const prepared = [];
  for (let round = 0; round < rounds; round += 5)
    prepared.push(...(await Promise.all([0, 1, 2, 3, 4].map((i) => prepare(round + i)))));
  const outcomes = [];
  for (let round = 0; round < rounds; round += 5)
    outcomes.push(...(await Promise.all(prepared.slice(round, round + 5).map(race))));
  return outcomes;
}
