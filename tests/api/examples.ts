import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playStory, startSystem, type System } from '@accord/local';
import { loadProfile } from '@accord/profile';
import { clientOf, until, type Client } from '@accord/testing';
import { publishRaw } from '@accord/testing/outsider';
import { examplesFile, wholeDocument } from './document.ts';

// `npm run api:examples`: plays the story, and records an answer of each operation as its example (API-3).

const operations = Object.entries(wholeDocument().paths!).flatMap(([path, item]) =>
  Object.entries(item as Record<string, { operationId: string }>).map(([method, { operationId }]) => ({
    method: method.toUpperCase(),
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/?]+)')}$`),
    operationId,
  })),
);
const recorded = new Map<string, unknown>();

/** One row is enough, and tells that there may be more. */
function shortened(body: object): object {
  const { data } = body as { data?: unknown };
  return Array.isArray(data) ? { ...body, data: data.slice(0, 1) } : body;
}
const isEmpty = (body: unknown) => (body as { data?: unknown[] }).data?.length === 0;

async function note(method: string, url: string, response: Response): Promise<void> {
  const { pathname } = new URL(url);
  const fitting = operations.filter((one) => one.method === method && one.pattern.test(pathname));
  // A path without parameters stands before one with them.
  const [operation] = fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  if (!operation || !isJson || response.status >= 300) return;
  const before = recorded.get(operation.operationId);
  if (before === undefined || isEmpty(before))
    recorded.set(operation.operationId, shortened((await response.json()) as object));
}

const sent = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const response = await sent(input, init);
  if (typeof input === 'string') await note(init?.method ?? 'GET', input, response.clone());
  return response;
};

/** Asks for all that can be read and that the story did not ask for, by the ids that it left behind. */
async function readTheRest(system: System): Promise<void> {
  const said = JSON.stringify([...recorded.values()]);
  const idOf = (name: string) => new RegExp(`"${name}":"([^"]+)"`).exec(said)?.[1] ?? 'none';
  const asks = [{ kind: 'customer', accountId: 'acc_demo' }, { kind: 'operator' }] as const;
  for (const { method, path, operationId } of operations)
    for (const ask of asks) {
      const before = recorded.get(operationId);
      if (method !== 'GET' || (before !== undefined && !isEmpty(before))) continue;
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => idOf(name));
      await clientOf(system.url, () => system.token(ask)).get(filled);
    }
}

/** An address book, and a draft that prints another entry of it. */
async function keepAddresses(customer: Client): Promise<void> {
  const path = '/v1/accounts/acc_demo/addresses';
  const add = async (phone: string) => {
    const address = { recipient: '王小明', phone, address: '北京市海淀区样例路 1 号' };
    return (await customer.post(path, address)).body as { addressId: string };
  };
  const [first, second, third] = [await add('010-1'), await add('010-2'), await add('010-3')];
  await customer.put(`${path}/${second.addressId}`, {
    recipient: '王小明',
    phone: '010-4',
    address: '上海市样例路 2 号',
  });
  await customer.post(`${path}/${second.addressId}/default`);
  await customer.delete(`${path}/${third.addressId}`);
  const month = { billType: 'prepay', chargeType: 'subscription', duration: { unit: 'month', value: 1 } };
  const { orderId } = (await customer.post('/v1/orders', { productCode: 'BCC', ...month })).body;
  let contractId = '';
  await until('the order is known, and in a draft', async () => {
    const ask = { orderIds: [orderId] };
    const { status, body } = await customer.post('/v1/contracts', ask, { prefer: 'wait=10' });
    if (status === 201) ({ contractId } = body.data[0]);
    return status === 201;
  });
  await customer.put(`/v1/contracts/${contractId}/address`, { addressId: first.addressId });
  const filing = { region: 'beijing', destinationIp: '192.0.2.7', filedIp: '192.0.2.7' };
  const given = { ...filing, contractIps: ['192.0.2.7'], serverRegions: ['cn-beijing'] };
  await customer.post('/v1/contracts/icp-check', given);
}

/** An endpoint of webhooks. */
async function keepWebhooks(customer: Client): Promise<void> {
  const path = '/v1/webhook-endpoints';
  const eventTypes = ['order.paid', 'contract.*'];
  const make = async () =>
    (await customer.post(path, { url: 'https://hooks.example.com/accord', eventTypes })).body;
  const [kept, gone] = [await make(), await make()] as [{ endpointId: string }, { endpointId: string }];
  await customer.patch(`${path}/${kept.endpointId}`, { description: 'Books of the finance team' });
  await customer.post(`${path}/${kept.endpointId}/secret`, { overlapHours: 24 });
  await customer.get(`${path}/${kept.endpointId}`);
  await customer.delete(`${path}/${gone.endpointId}`);
}

/** Beyond the story: an export, a transfer that is claimed, a batch, a bill, a message, events that are given up. */
async function goOn(system: System): Promise<void> {
  const [customer, platform, operator] = (
    [{ kind: 'customer', accountId: 'acc_demo' }, { kind: 'platform' }, { kind: 'operator' }] as const
  ).map((ask) => clientOf(system.url, () => system.token(ask))) as [Client, Client, Client];
  const bill = {
    version: 1,
    accountId: 'acc_demo',
    month: '2026-01',
    invoicingEntity: 'baidu_netcom',
    amount: { amount: '120.00', currency: 'CNY' },
    status: 'paid',
    lines: [{ productCode: 'BCC', amount: { amount: '120.00', currency: 'CNY' } }],
  };
  await platform.put('/v1/bills/bill_2026_01', bill);
  const { exportId } = (await customer.post('/v1/exports', { format: 'xlsx', filter: { status: 'paid' } }))
    .body;
  await until('the file is made, of which the story saw one that is gone', async () => {
    recorded.delete('getExport');
    return (await customer.get(`/v1/exports/${exportId}`)).body.status === 'ready';
  });
  await keepAddresses(customer);
  await keepWebhooks(customer);
  const month = { billType: 'prepay', chargeType: 'subscription', duration: { unit: 'month', value: 1 } };
  const { orderId, payableAmount: amount } = (
    await customer.post('/v1/orders', { productCode: 'BCC', ...month })
  ).body;
  const { certifiedName: payerName } = (await customer.get('/v1/accounts/acc_demo')).body;
  const transfer = { bankReference: 'CMB20260131083312', amount };
  const receivedAt = new Date().toISOString();
  await platform.post('/v1/remittances', { ...transfer, payerName, receivedAt });
  await customer.post('/v1/remittance-claims', { ...transfer, orderId }, { 'idempotency-key': orderId });
  await customer.post('/v1/orders/cancel', { orderIds: [orderId], reason: 'Ordered twice' });
  const messages = await customer.get('/v1/notifications');
  const [{ notificationId }] = messages.body.data as [{ notificationId: string }];
  await customer.post(`/v1/notifications/${notificationId}/read`);
  await customer.post('/v1/notifications/read');
  const quietHours = { from: '22:00', to: '08:00' };
  const channels = [{ messageClass: 'orders', channel: 'email', on: false }];
  await customer.put('/v1/notifications/preferences', { channels, quietHours });
  await customer.get('/v1/notifications/preferences');
  await publishRaw(
    { brokers: system.brokers.split(','), topicPrefix: system.topicPrefix },
    'payment.received',
    [
      { key: 'pay_1', value: '{}' },
      { key: 'pay_2', value: '{}' },
    ],
  );
  const letters = '/v1/order-dead-letters';
  await until('both are given up', async () => (await operator.get(letters)).body.data.length === 2);
  const [one, two] = (await operator.get(letters)).body.data as { eventId: string }[];
  await operator.get(`${letters}/${one!.eventId}`);
  await operator.post(`${letters}/replay`, { eventIds: [one!.eventId] });
  await operator.post(`${letters}/discard`, { eventIds: [two!.eventId] });
}

const dataDir = mkdtempSync(join(tmpdir(), 'accord-'));
process.env['ACCORD_ENV'] = 'development';
const profile = join(dataDir, 'profile.json');
const orders = { payWithin: 'PT7S', payWithinWhenContracted: 'PT30M' };
const { paper, icpFiling } = loadProfile('alibaba').contracts;
const contracts = { sources: ['order', 'bill'], paper, icpFiling };
writeFileSync(profile, JSON.stringify({ extends: 'baidu', version: '1-examples', orders, contracts }));
const system = await startSystem({ dataDir, profile, settings: { ACCORD_CHECK_ANSWERS: 'true' } });
try {
  await playStory({ system, rules: loadProfile(profile), say: () => undefined });
  await goOn(system);
  await readTheRest(system);
} finally {
  await system.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
// A local system has no SMS gateway; the answer is that of services/notification/test/notification.int.spec.ts.
recorded.set('reportSms', { taken: true });
const sorted = [...recorded].sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(examplesFile, `${JSON.stringify(Object.fromEntries(sorted), null, 1)}\n`);
const without = operations.filter(({ operationId }) => !recorded.has(operationId));
console.log(`${sorted.length} answers; none of ${without.map(({ operationId }) => operationId).join(', ')}`);
