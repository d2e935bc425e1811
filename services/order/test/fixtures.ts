import { setTimeout as sleep } from 'node:timers/promises';
import { calendarEnd } from '@accord/profile';
import { testService, type Client, type TestService, type TestServiceOptions } from '@accord/testing';

// Products, orders, reports and events for the tests of this service.

export const day = 24 * 3_600_000;
export const cny = (amount: string) => ({ amount, currency: 'CNY' });

/** By the calendar of the provider. */
export const monthFrom = (start: string) => ({
  start,
  end: calendarEnd(new Date(start), { value: 1, unit: 'month' }, 'Asia/Shanghai').toISOString(),
});
export const later = (time: string, days: number) => new Date(Date.parse(time) + days * day).toISOString();
/** The period of an instance, where nothing else is said. */
export const month = monthFrom(new Date(Date.now() - 3_600_000).toISOString());
export const nextMonth = monthFrom(month.end);

export const aProduct = (change: object = {}) => ({
  name: { 'zh-CN': '云服务器', en: 'Cloud Compute' },
  category: 'COMPUTE',
  brand: 'baidu',
  form: 'instance',
  chargeTypes: ['subscription', 'pay_as_you_go'],
  invoicingEntity: 'baidu_netcom',
  prices: [
    { chargeType: 'subscription', amount: '45', currency: 'CNY', unit: 'month' },
    { chargeType: 'pay_as_you_go', amount: '0.00123456', currency: 'CNY', unit: 'minute' },
  ],
  serviceTypes: [],
  contractable: true,
  refundable: true,
  termsUrl: null,
  ...change,
});

async function publishCatalogue(t: TestService) {
  const put = async (code: string, change: object = {}) => {
    const { status } = await t.operator().put(`/v1/products/${code}`, aProduct(change));
    expect(status).toBe(201);
  };
  await put('BCC');
  await put('CDN', {
    form: 'usage_package',
    chargeTypes: ['package'],
    prices: [{ chargeType: 'package', amount: '99.5', currency: 'CNY', unit: 'piece' }],
    invoicingEntity: 'baidu_cloud',
    contractable: false,
    refundable: false,
  });
  await put('DOMAIN_COM', {
    form: 'domain',
    chargeTypes: ['subscription'],
    prices: [{ chargeType: 'subscription', amount: '69', currency: 'CNY', unit: 'year' }],
    serviceTypes: ['registration', 'renewal'],
  });
}

/** Told by the contract service, with a certified name unless the change says otherwise. */
export async function tellAccount(t: TestService, accountId: string, change: object = {}) {
  const account = {
    accountId,
    version: 1,
    certifiedName: '某某有限公司',
    certificate: null,
    invoiceTitle: '某某有限公司',
    partner: null,
    contacts: [],
    address: null,
    ...change,
  };
  await t.publish({ type: 'account.updated', data: { account } });
  await t.settled();
}

/** The order service with its catalogue, for one test file; after each test its clock is right again. */
export async function openShop(service: TestServiceOptions['service']): Promise<TestService> {
  const t = await testService({ service });
  afterAll(() => t.stop());
  afterEach(() => void (t.clock.offsetMs = 0));
  await publishCatalogue(t);
  await tellAccount(t, 'acc_1');
  return t;
}

const clients = new WeakMap<TestService, Map<string, Client>>();

/** One token for each caller, made once. */
function caller(t: TestService, who: string, make: () => Client): Client {
  const known = clients.get(t) ?? new Map<string, Client>();
  clients.set(t, known);
  const client = known.get(who) ?? make();
  known.set(who, client);
  return client;
}

export const customer = (t: TestService, accountId: string) =>
  caller(t, accountId, () => t.customer(accountId));
const platform = (t: TestService) => caller(t, 'the platform', () => t.platform());

/** One month of one BCC instance, 45.00 CNY. */
export const anOrder = (change: object = {}) => ({
  productCode: 'BCC',
  billType: 'prepay',
  chargeType: 'subscription',
  configuration: [{ name: 'CPU', value: '2 核' }],
  duration: { value: 1, unit: 'month' },
  ...change,
});

let payments = 0;
export const aPayment = (amount = '45.00', change: object = {}) => ({
  paymentReference: `pay-${(payments += 1)}`,
  parts: { cash: cny(amount) },
  ...change,
});
export const key = () => ({ 'idempotency-key': `key-${(payments += 1)}` });

export const instance = (instanceId: string, change: object = {}) => ({
  instanceId,
  ...month,
  region: 'bj',
  ipAddress: '10.0.0.1',
  ...change,
});

export const place = async (t: TestService, accountId: string, change: object = {}) => {
  const reply = await customer(t, accountId).post('/v1/orders', anOrder(change));
  expect(reply).toMatchObject({ status: 201 });
  return reply.body;
};

export const pay = (t: TestService, orderId: string, payment: object = aPayment()) =>
  platform(t).post(`/v1/orders/${orderId}/payments`, payment, key());

export const fulfil = (t: TestService, orderId: string, instances: object[]) =>
  platform(t).post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'created', instances });

/** A paid and fulfilled order, as the platform's last answer shows it. */
export async function placeAndPay(
  t: TestService,
  accountId: string,
  change: object,
  instances: object[],
  amount = '45.00',
) {
  const { orderId } = await place(t, accountId, change);
  expect((await pay(t, orderId, aPayment(amount))).status).toBe(201);
  const reply = await fulfil(t, orderId, instances);
  expect(reply).toMatchObject({ status: 200 });
  return reply;
}

/** A contract over these orders, as the contract service announces it. */
export const aContract = (contractId: string, orderIds: string[], change: object = {}) => ({
  contractId,
  version: 1,
  accountId: 'acc_1',
  number: null,
  kind: 'order' as const,
  status: 'requested' as const,
  language: 'zh-CN' as const,
  invoicingEntity: 'baidu_netcom',
  partyA: '某某有限公司',
  orderIds,
  amount: cny('45.00'),
  createdAt: '2026-01-10T03:00:00.000Z',
  draftedAt: null,
  finalizedAt: null,
  voidedAt: null,
  ...change,
});

/** A refund of these instances, as the refund service announces it. */
export const aRefund = (refundId: string, instanceIds: string[], change: object = {}) => ({
  refundId,
  version: 1,
  accountId: 'acc_1',
  status: 'requested' as const,
  kind: 'unsubscribe' as const,
  instanceIds,
  orderIds: [] as string[],
  amount: cny('10.00'),
  split: { cash: cny('10.00'), giftCredit: cny('0.00'), storedCard: cny('0.00'), voucher: cny('0.00') },
  lines: [] as {
    orderId: string;
    instanceId: string | null;
    paid: object;
    consumed: object;
    fee: object;
    refund: object;
  }[],
  reason: 'too_complex' as const,
  createdAt: '2026-01-10T03:00:00.000Z',
  endedAt: null,
  ...change,
});

type Publishable = Parameters<TestService['publish']>[0];

/** `contract.requested`, and so on, as the contract service announces them. */
export const contractSays = (
  t: TestService,
  type: string,
  contract: object,
  more: object = {},
  how?: Parameters<TestService['publish']>[1],
) => t.publish({ type, data: { contract, ...more } } as Publishable, how);

export const refundSays = (
  t: TestService,
  type: string,
  refund: object,
  more: object = {},
  how?: Parameters<TestService['publish']>[1],
) => t.publish({ type, data: { refund, ...more } } as Publishable, how);

export const apply = (
  t: TestService,
  contractId: string,
  orderIds: string[],
  change: object = {},
  earlierEnded: object[] = [],
) => contractSays(t, 'contract.requested', aContract(contractId, orderIds, change), { earlierEnded });

/** The answers that these holders got, once each has one. */
export async function answersTo(t: TestService, ...holders: string[]) {
  const heard = () =>
    t.events
      .filter(({ type, subject }) => holders.includes(subject.id) && type.startsWith('order.reserv'))
      .map(({ type }) => type);
  while (heard().length < holders.length) await sleep(5);
  return heard().sort();
}

/** Types of the events about an order, oldest first, as `type@version`. */
export const announcedOf = (t: TestService, orderId: string) =>
  t.events
    .filter(({ subject }) => subject.id === orderId)
    .sort((a, b) => a.subject.version - b.subject.version || a.type.localeCompare(b.type))
    .map(({ type, subject }) => `${type}@${subject.version}`);

export const stored = async (t: TestService, orderId: string) =>
  (await t.sql('select * from orders where order_id = $1', [orderId]))[0] as Record<string, unknown>;
