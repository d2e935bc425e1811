import type { Fact } from '@accord/events';
import { RefundRefusalCode } from '@accord/events/refund';
import { loadProfile } from '@accord/profile';
import { testService, type TestService } from '@accord/testing';
import type { Order, Resource } from '../src/refund/candidate.ts';
import type { Remedy } from '../src/refund/eligibility.ts';
import { refundService } from '../src/service.ts';
import { bought, cny, dayMs, ends, exampleOrder, exampleResource, parts, refundedAt } from './fixtures.ts';

// Every code against a refund is provoked, told in both languages with what mends it, and mended where that can be:
// by the rules of the profile that sets most of them.

let t: TestService;
beforeAll(async () => {
  t = await testService({
    service: (context) => refundService({ profile: loadProfile('example') }, context),
  });
  t.clock.offsetMs = refundedAt.getTime() - Date.now();
});
afterAll(() => t?.stop());

/** An account of its own with an instance, as it is about to be told. */
interface Situation {
  readonly accountId: string;
  readonly instanceId: string;
  readonly order: Order;
  readonly resource: Resource;
}

type Change = Parameters<typeof exampleOrder>[0];
let made = 0;
function situation(change: Change = {}, seen: Partial<Resource> = {}): Situation {
  made += 1;
  const [accountId, orderId, instanceId] = [`acc_${made}`, `ord_${made}`, `i-${made}`];
  const order = exampleOrder({ orderId, accountId, instanceIds: [instanceId], ...change });
  const resource = exampleResource({ instanceId, accountId, orderIds: [orderId], ...seen });
  return { accountId, instanceId, order, resource };
}

const told = (order: Order): Fact => ({ type: 'order.fulfilled', data: { order } });
const seen = (resource: Resource): Fact => ({ type: 'resource.changed', data: { resource } });
const newer = <T extends { readonly version: number }>(of: T, change: Partial<T>): T => ({
  ...of,
  ...change,
  version: of.version + 1,
});

async function tell(...facts: readonly Fact[]): Promise<void> {
  for (const fact of facts) await t.publish(fact);
  await t.settled();
}

type Ask = { instanceIds: string[]; kind?: 'renewal_only' } | { bundleId: string };
const quote = async (accountId: string, ask: Ask, language = 'en') =>
  (await t.customer(accountId).post('/v1/refund-quotes', ask, { 'accept-language': language })).body;
const request = (accountId: string, quoteId: string) =>
  t
    .customer(accountId)
    .post('/v1/refunds', { quoteId, reason: 'not_usable' }, { 'idempotency-key': `${quoteId}-key` });

interface Case {
  readonly remedy: Remedy;
  /** Of the text in each language: why, and what mends it. */
  readonly en: RegExp;
  readonly zh: RegExp;
  /** Tells the facts; who asks, and for what. */
  readonly provoke: () => Promise<Asked>;
}
interface Asked extends Pick<Situation, 'accountId'> {
  readonly ask: Ask;
  /** Does what the remedy says, after which this can be asked for; undefined where nothing mends it. */
  readonly mend?: () => Promise<Ask>;
}

/** Of an instance that is as it is told here; `mended` are the facts after which the same is refundable. */
const asTold =
  (change: Change, ofResource: Partial<Resource> = {}, mended?: (of: Situation) => readonly Fact[]) =>
  async (): Promise<Asked> => {
    const of = situation(change, ofResource);
    await tell(told(of.order), seen(of.resource));
    const ask = { instanceIds: [of.instanceId] };
    if (!mended) return { accountId: of.accountId, ask };
    return { accountId: of.accountId, ask, mend: () => tell(...mended(of)).then(() => ask) };
  };

const paidInCash = (cash: string) => ({ cashPaid: cny(cash), paidParts: parts({ cash }) });
const aPackage = {
  chargeType: 'package',
  productForm: 'usage_package',
  servicePeriod: { start: bought, end: '2027-01-10T11:00:00.000Z' },
  paidAt: new Date(refundedAt.getTime() - dayMs).toISOString(),
} as const;
const notInEffect = { inEffect: false, end: null };
const nothing = parts({});
const hopeless = { remedy: 'none', en: /It cannot be refunded\.$/, zh: /不支持退款。$/ } as const;
const renewalOf = ({ order }: Situation, change: Partial<Order>): Order => ({
  ...order,
  orderId: `${order.orderId}r`,
  orderType: 'renewal',
  servicePeriod: { start: ends, end: '2026-03-10T11:00:00.000Z' },
  ...change,
});

const cases = {
  POSTPAID: {
    remedy: 'release_in_console',
    en: /pay-as-you-go.*Release it in the product's console/,
    zh: /后付费.*产品控制台释放/,
    provoke: asTold({ billType: 'postpay', chargeType: 'pay_as_you_go', paid: nothing, servicePeriod: null }),
  },
  EXPIRED: {
    ...hopeless,
    provoke: asTold(
      { servicePeriod: { start: '2025-12-10T11:00:00.000Z', end: bought } },
      { end: bought, start: '2025-12-10T11:00:00.000Z' },
    ),
  },
  PACKAGE_WINDOW_PASSED: {
    ...hopeless,
    provoke: asTold(
      { ...aPackage, paidAt: new Date(refundedAt.getTime() - 3 * dayMs - 1).toISOString() },
      notInEffect,
    ),
  },
  PACKAGE_USED: { ...hopeless, provoke: asTold(aPackage, { ...notInEffect, usage: '0.5' }) },
  PACKAGE_IN_EFFECT: {
    ...hopeless,
    provoke: asTold({ ...aPackage, productForm: 'storage_package' }, { end: null }),
  },
  ZERO_AMOUNT: { ...hopeless, provoke: asTold({ paid: nothing }) },
  PRODUCT_NOT_SUPPORTED: {
    remedy: 'ask_support',
    en: /no self-service refunds\. Open a support ticket/,
    zh: /不支持自助退订。请提交工单/,
    provoke: asTold({ refundable: false }),
  },
  TRADE_IN_PROGRESS: {
    remedy: 'finish_open_order',
    en: /unpaid or not fulfilled yet\. Pay or cancel the open order/,
    zh: /尚未支付或尚未开通。请先支付或取消/,
    provoke: async () => {
      const of = situation();
      const open = renewalOf(of, { status: 'unpaid', fulfilment: 'none', servicePeriod: null, paidAt: null });
      await tell(told(of.order), seen(of.resource), { type: 'order.placed', data: { order: open } });
      const ask = { instanceIds: [of.instanceId] };
      const order = newer(open, { status: 'cancelled' });
      const mend = () =>
        tell({ type: 'order.cancelled', data: { order, reason: 'by_customer' } }).then(() => ask);
      return { accountId: of.accountId, ask, mend };
    },
  },
  PROMOTION_EXCLUDED: {
    ...hopeless,
    provoke: asTold({ promotion: { id: 'pro_1', kind: 'discount', terms: 'no_refund' } }),
  },
  TRIAL: {
    remedy: 'release_in_console',
    en: /trial\. Release it/,
    zh: /试用.*控制台释放/,
    provoke: asTold({ trial: true, paid: nothing }),
  },
  ONE_TIME: { ...hopeless, provoke: asTold({ chargeType: 'one_time', servicePeriod: null }) },
  FREE: {
    remedy: 'release_in_console',
    en: /free\. Release it/,
    zh: /免费.*控制台释放/,
    provoke: asTold({ free: true, paid: nothing }),
  },
  FROZEN: {
    remedy: 'lift_freeze',
    en: /frozen \(police\)\. Have the freeze lifted/,
    zh: /已被冻结（公安机关）。请先解除冻结/,
    provoke: asTold({}, { frozenBy: 'police' }, ({ resource }) => [
      seen(newer(resource, { frozenBy: null })),
    ]),
  },
  INVOICED_MARKETPLACE: {
    remedy: 'return_invoice',
    en: /is invoiced\. Return the invoice first/,
    zh: /已开发票。请先退回发票/,
    provoke: asTold({ category: 'MKT', invoiced: true }, {}, ({ order }) => [
      { type: 'order.changed', data: { order: newer(order, { invoiced: false }), what: ['invoiced'] } },
    ]),
  },
  GIFT_CAMPAIGN: {
    ...hopeless,
    provoke: asTold({ promotion: { id: 'pro_2', kind: 'lottery', terms: 'refundable' } }),
  },
  CONTRACT_LINKED: {
    remedy: 'void_contract',
    en: /Contract \S+ holds the order\. Void the contract/,
    zh: /订单关联了合同.*请先作废该合同/,
    provoke: async () => {
      const holder = { kind: 'contract', id: `ctr_${made}` } as const;
      const of = situation({ hold: holder });
      const contract = {
        contractId: holder.id,
        version: 3,
        accountId: of.accountId,
        number: 'CT-2026-00000042',
        kind: 'order' as const,
        status: 'official' as const,
        language: 'zh-CN' as const,
        invoicingEntity: 'example_cloud',
        partyA: '张三',
        orderIds: [of.order.orderId],
        amount: null,
        createdAt: bought,
        draftedAt: null,
        finalizedAt: null,
        voidedAt: null,
      };
      await tell(told(of.order), seen(of.resource), {
        type: 'contract.finalized',
        data: { contract, sha256: 'a'.repeat(64) },
      });
      const ask = { instanceIds: [of.instanceId] };
      const order = newer(of.order, { hold: null });
      const mend = () => tell({ type: 'order.released', data: { order, holder } }).then(() => ask);
      return { accountId: of.accountId, ask, mend };
    },
  },
  SUPPORT_RIGHTS_USED: { ...hopeless, provoke: asTold({ supportRightsUsed: true }) },
  BUNDLE_MEMBER: {
    remedy: 'refund_whole_bundle',
    en: /belongs to bundle bdl_\d+\. Ask for a quote of the whole bundle/,
    zh: /属于组合订购 bdl_\d+。请对整个组合申请退订/,
    provoke: async () => {
      const bundleId = `bdl_${made}`;
      const of = situation({ bundleId });
      const { accountId } = of;
      const other = situation({ bundleId, accountId }, { accountId });
      await tell(told(of.order), seen(of.resource), told(other.order), seen(other.resource));
      return { accountId, ask: { instanceIds: [of.instanceId] }, mend: () => Promise.resolve({ bundleId }) };
    },
  },
  INSTANCE_NOT_FOUND: {
    remedy: 'check_instance_id',
    en: /no such instance\. Check the instance id/,
    zh: /资源不存在。请检查资源 ID/,
    provoke: async () => {
      const { accountId, ask } = await asTold({})();
      const { instanceIds } = ask as { instanceIds: [string] };
      return {
        accountId,
        ask: { instanceIds: [`${instanceIds[0]}x`] },
        mend: () => Promise.resolve(ask),
      };
    },
  },
  ARCHIVED: { ...hopeless, provoke: asTold({}, { archived: true }) },
  SCALED_AFTER_RENEWAL: {
    remedy: 'refund_the_instance',
    en: /scaled after its renewal\. Refund the whole instance/,
    zh: /续费后资源已变更配置。请退订整个资源/,
    provoke: async () => {
      const of = situation({}, { scaledAt: '2026-01-12T00:00:00.000Z' });
      const renewal = renewalOf(of, { paidAt: '2026-01-11T00:00:00.000Z' });
      await tell(told(of.order), told(renewal), seen(of.resource));
      const instanceIds = [of.instanceId];
      const ask = { instanceIds, kind: 'renewal_only' } as const;
      return { accountId: of.accountId, ask, mend: () => Promise.resolve({ instanceIds }) };
    },
  },
  QUOTA_EXHAUSTED: {
    remedy: 'await_next_year',
    en: /refunds are used up\. Ask again next year/,
    zh: /次数已用完。请于下一年度再申请/,
    provoke: async () => {
      const servicePeriod = { start: bought, end: '2028-01-10T11:00:00.000Z' };
      const of = situation({ servicePeriod }, { end: servicePeriod.end });
      const { accountId } = of;
      const others = Array.from({ length: 6 }, () => situation({ accountId }, { accountId }));
      await tell(...[of, ...others].flatMap(({ order, resource }) => [told(order), seen(resource)]));
      for (const { instanceId } of others)
        await request(accountId, (await quote(accountId, { instanceIds: [instanceId] })).quoteId);
      const ask = { instanceIds: [of.instanceId] };
      // The year ends where the provider is.
      t.clock.offsetMs += Date.parse('2026-12-31T15:59:00.000Z') - refundedAt.getTime();
      const mend = () => {
        t.clock.offsetMs += 120_000;
        return Promise.resolve(ask);
      };
      return { accountId, ask, mend };
    },
  },
  UNPAID: {
    remedy: 'pay_or_cancel_order',
    en: /not paid\. Cancel the order instead/,
    zh: /未支付。请直接取消订单/,
    provoke: asTold(
      { status: 'unpaid', fulfilment: 'none', paid: nothing, paidAt: null, servicePeriod: null },
      { reportVersion: 0 },
      ({ order }) => [told(newer(order, { ...paidInCash('45.00'), ...running }))],
    ),
  },
} as const satisfies Readonly<Record<Exclude<RefundRefusalCode, 'QUOTE_STALE'>, Case>>;
const running = {
  status: 'paid',
  fulfilment: 'created',
  paidAt: bought,
  servicePeriod: { start: bought, end: ends },
} as const;

const quoted = RefundRefusalCode.options.filter((code) => code !== 'QUOTE_STALE');
afterEach(() => {
  t.clock.offsetMs = refundedAt.getTime() - Date.now();
});

test.each(quoted)(
  'RFD-1 RFD-3 API-16 %s is told with what mends it, in both languages, and keeps a request back until then',
  async (code) => {
    const { provoke, remedy, en, zh }: Case = cases[code];
    const { accountId, ask, mend } = await provoke();
    for (const [language, words] of [
      ['en', en],
      ['zh-CN', zh],
    ] as const) {
      const { refundable, instances } = await quote(accountId, ask, language);
      const reason = instances[0].reasons.find((one: { code: string }) => one.code === code);
      expect([refundable, reason]).toEqual([
        false,
        expect.objectContaining({ code, remedy, text: expect.stringMatching(words) }),
      ]);
    }
    const { quoteId } = await quote(accountId, ask);
    expect(await request(accountId, quoteId)).toMatchObject({
      status: 409,
      body: { code: 'refund.not_refundable', facts: { codes: expect.stringContaining(code) } },
    });
    expect(mend !== undefined || ['none', 'release_in_console', 'ask_support'].includes(remedy)).toBe(true);
    if (!mend) return;
    expect(await quote(accountId, await mend())).toMatchObject({
      refundable: true,
      instances: expect.not.arrayContaining([expect.objectContaining({ refundable: false })]),
    });
  },
);

test('RFD-3 RFD-12 API-16 QUOTE_STALE is told with the quote that mends it, in both languages', async () => {
  const of = situation();
  await tell(told(of.order), seen(of.resource));
  const { accountId, order, resource, instanceId } = of;
  const { refundId } = (
    await request(accountId, (await quote(accountId, { instanceIds: [instanceId] })).quoteId)
  ).body;
  const hold = { kind: 'refund', id: refundId } as const;
  const dearer = newer(order, { ...paidInCash('90.00'), hold });
  await tell({
    type: 'order.reserved',
    data: { holder: hold, accountId, orders: [dearer], resources: [resource] },
  });
  const read = async (language: string) =>
    (await t.customer(accountId).get(`/v1/refunds/${refundId}`, { 'accept-language': language })).body;
  const english = await read('en');
  expect(english).toMatchObject({
    status: 'refused',
    refusals: [
      { code: 'QUOTE_STALE', remedy: 'accept_new_quote', text: expect.stringMatching(/changed.*new quote/) },
    ],
  });
  expect((await read('zh-CN')).refusals[0].text).toMatch(/已发生变化。请查看新报价/);
  const released = newer(dearer, { hold: null });
  await tell({ type: 'order.released', data: { order: released, holder: hold } });
  expect(await request(accountId, english.newQuoteId)).toMatchObject({ status: 202 });
});

test('RFD-3 QUOTA_EXHAUSTED of refunds beyond the quota at one time; each within it keeps its place', async () => {
  const first = situation();
  const { accountId } = first;
  const all = [first, ...Array.from({ length: 7 }, () => situation({ accountId }, { accountId }))];
  await tell(...all.flatMap(({ order, resource }) => [told(order), seen(resource)]));
  const quotes = await Promise.all(
    all.map(({ instanceId }) => quote(accountId, { instanceIds: [instanceId] })),
  );
  const replies = await Promise.all(quotes.map(({ quoteId }) => request(accountId, quoteId)));
  const taken = replies.filter(({ status }) => status === 202);
  expect(taken).toHaveLength(6);
  expect(replies.filter((reply) => !taken.includes(reply)).map(({ body }) => body.facts.codes)).toEqual([
    'QUOTA_EXHAUSTED',
    'QUOTA_EXHAUSTED',
  ]);
  for (const { body } of taken) {
    const hold = { kind: 'refund', id: body.refundId } as const;
    const of = all.find(({ instanceId }) => body.instanceIds.includes(instanceId))!;
    const orders = [newer(of.order, { hold })];
    await t.publish({
      type: 'order.reserved',
      data: { holder: hold, accountId, orders, resources: [of.resource] },
    });
  }
  await t.settled();
  // So many in 30 days wait for a review, but none is refused.
  expect(
    await t.sql('select distinct status from refunds where account_id = $1 order by 1', [accountId]),
  ).toEqual([{ status: 'reviewing' }]);
});

test('RFD-6 RFD-8 RFD-5 by the hour, with a fee, and the voucher comes back as one', async () => {
  const servicePeriod = { start: '2026-01-01T02:30:00.000Z', end: '2026-02-01T15:59:59.000Z' };
  const paid = parts({ cash: '100.00', voucher: '20.00' });
  const of = situation({ paid, servicePeriod }, servicePeriod);
  await tell(told(of.order), seen(of.resource));
  t.clock.offsetMs = Date.parse('2026-01-15T10:45:00.000Z') - Date.now();
  const { amounts } = await quote(of.accountId, { instanceIds: [of.instanceId] });
  expect(amounts).toEqual({
    paid: cny('100.00'),
    consumed: cny('45.38'),
    fee: cny('10.00'),
    refund: cny('44.62'),
    split: parts({ cash: '44.62', voucher: '10.92' }),
  });
});
