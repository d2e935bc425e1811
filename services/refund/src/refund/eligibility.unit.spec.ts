import fc from 'fast-check';
import { loadProfile, type Profile } from '@accord/profile';
import {
  bought,
  cny,
  dayMs,
  ends,
  exampleOrder,
  exampleResource,
  none,
  parts,
  refundedAt,
} from '../../test/fixtures.ts';
import { textOf } from '../http/reason-texts.ts';
import { untouched } from './amount.ts';
import type { Order, RefundKind, Resource } from './candidate.ts';
import { reasonCodes } from './eligibility.ts';
import { asQuoted, quoteInstances, type Quote, type QuoteFacts } from './quote.ts';
import {
  acceptReserved,
  approveRefund,
  failRefund,
  refundLifecycle,
  refuseRefund,
  rejectRefund,
  requestRefund,
  retryRefund,
  succeedRefund,
  withdrawRefund,
} from './refund.ts';

const baidu = loadProfile('baidu');
const alibaba = loadProfile('alibaba');

const factsOf = (more: Partial<QuoteFacts> = {}): QuoteFacts => ({
  orders: [exampleOrder()],
  resources: [exampleResource()],
  contracts: [],
  claims: [],
  returnedRenewals: [],
  bundles: [],
  refundsThisYear: 0,
  refunded: [],
  ...more,
});

type Ask = { at?: Date; kind?: RefundKind; self?: string; ids?: string[] };
const quoted = (
  facts: Partial<QuoteFacts>,
  { at = refundedAt, kind = 'unsubscribe', self, ids = ['i-1'] }: Ask = {},
  profile: Profile = baidu,
) => quoteInstances(ids, factsOf(facts), { at, kind, ...(self && { self }) }, profile)[0]!;
const codes = (facts: Partial<QuoteFacts>, ask: Ask = {}, profile = baidu) =>
  quoted(facts, ask, profile).reasons.map(({ code }) => code);
const ordered = (change: Parameters<typeof exampleOrder>[0]) => ({ orders: [exampleOrder(change)] });
const seen = (change: Partial<Resource>) => ({ resources: [exampleResource(change)] });
const usagePackage = {
  chargeType: 'package',
  productForm: 'usage_package',
  servicePeriod: { start: bought, end: '2027-01-10T11:00:00.000Z' },
} as const;
const storagePackage = { ...usagePackage, productForm: 'storage_package' } as const;
const nothingTaken = { usage: '0', inEffect: false, end: null };
const promotion = (
  kind: NonNullable<Order['promotion']>['kind'],
  terms: NonNullable<Order['promotion']>['terms'],
) => ({ promotion: { id: 'pro_1', kind, terms } });
const contract = { contractId: 'ctr_1', number: 'CT-2026-00000001', status: 'official' };
const nothingPaid = { cashPaid: none, voucherPaid: none, paidParts: parts({}) };
const held = ordered({ hold: { kind: 'contract', id: 'ctr_1' } });

describe('RFD-2 refundable', () => {
  test.each<[string, Partial<QuoteFacts>, string]>([
    ['a prepaid subscription', {}, '34.84'],
    ['an unused usage package', { ...ordered(usagePackage), ...seen(nothingTaken) }, '45.00'],
    ['a storage package not in effect', { ...ordered(storagePackage), ...seen(nothingTaken) }, '45.00'],
    ['an instance whose facts are not yet reported', { resources: [] }, '34.84'],
    ['one bought with a plain discount', ordered(promotion('discount', 'refundable')), '34.84'],
    [
      'a subscription that something was paid for once besides, which does not come back',
      {
        orders: [
          exampleOrder(),
          exampleOrder({
            orderId: 'ord_2',
            orderType: 'upgrade',
            chargeType: 'one_time',
            servicePeriod: null,
          }),
        ],
      },
      '34.84',
    ],
    [
      'a subscription with an unused package within its window',
      {
        orders: [
          exampleOrder(),
          exampleOrder({ orderId: 'ord_2', orderType: 'upgrade', chargeType: 'package' }),
        ],
        ...seen(nothingTaken),
      },
      '79.84',
    ],
  ])('%s', (_, facts, amount) => {
    expect(quoted(facts)).toMatchObject({ refundable: true, reasons: [], amounts: { refund: cny(amount) } });
  });
});

const open = exampleOrder({
  orderId: 'ord_2',
  orderType: 'renewal',
  status: 'unpaid',
  fulfilment: 'none',
  paidParts: null,
  paidAt: null,
  servicePeriod: null,
});
const dollars = (amount: string) => ({ amount, currency: 'USD' });
const inDollars: Order = {
  ...exampleOrder({ orderId: 'ord_2', orderType: 'renewal', servicePeriod: { start: ends, end: ends } }),
  cashPaid: dollars('13.00'),
  voucherPaid: dollars('0.00'),
  paidParts: {
    cash: dollars('13.00'),
    giftCredit: dollars('0.00'),
    storedCard: dollars('0.00'),
    voucher: dollars('0.00'),
  },
};
const toPostpay = exampleOrder({
  orderId: 'ord_2',
  orderType: 'configuration_change',
  billType: 'postpay',
  chargeType: 'pay_as_you_go',
  paid: parts({}),
  createdAt: '2026-01-12T00:00:00.000Z',
  servicePeriod: null,
});

describe('RFD-3 every code against', () => {
  test.each<[string, string[], Partial<QuoteFacts>, Ask?]>([
    [
      'POSTPAID',
      ['POSTPAID', 'ZERO_AMOUNT'],
      ordered({ billType: 'postpay', chargeType: 'pay_as_you_go', paid: parts({}), servicePeriod: null }),
    ],
    [
      'POSTPAID once the paid period before a switch has ended',
      ['POSTPAID', 'ZERO_AMOUNT'],
      { orders: [exampleOrder(), toPostpay], ...seen({ end: null }) },
      { at: new Date('2026-02-11T00:00:00.000Z') },
    ],
    ['EXPIRED', ['EXPIRED', 'ZERO_AMOUNT'], {}, { at: new Date(ends) }],
    [
      'PACKAGE_WINDOW_PASSED',
      ['PACKAGE_WINDOW_PASSED', 'ZERO_AMOUNT'],
      { ...ordered(usagePackage), ...seen(nothingTaken) },
      { at: new Date('2026-01-18T00:00:00.000Z') },
    ],
    [
      'PACKAGE_USED',
      ['PACKAGE_USED', 'ZERO_AMOUNT'],
      { ...ordered(usagePackage), ...seen({ ...nothingTaken, usage: '0.001' }) },
    ],
    [
      'PACKAGE_IN_EFFECT',
      ['PACKAGE_IN_EFFECT', 'ZERO_AMOUNT'],
      { ...ordered(storagePackage), ...seen({ ...nothingTaken, inEffect: true }) },
    ],
    ['ZERO_AMOUNT', ['ZERO_AMOUNT'], ordered({ paid: parts({ voucher: '45.00' }) })],
    ['PRODUCT_NOT_SUPPORTED', ['PRODUCT_NOT_SUPPORTED'], ordered({ refundable: false })],
    [
      'PRODUCT_NOT_SUPPORTED, instances whose periods one order does not tell',
      ['PRODUCT_NOT_SUPPORTED'],
      {
        ...ordered({
          instanceIds: ['i-1', 'i-2'],
          duration: { value: 1, unit: 'month' },
          servicePeriod: { start: bought, end: '2027-01-10T11:00:00.000Z' },
        }),
        ...seen({ end: null }),
      },
    ],
    [
      'PRODUCT_NOT_SUPPORTED, a subscription whose end nobody told',
      ['PRODUCT_NOT_SUPPORTED'],
      { ...ordered({ servicePeriod: null }), ...seen({ end: null }) },
    ],
    ...(['upgrade', 'downgrade', 'configuration_change'] as const).map(
      (orderType): [string, string[], Partial<QuoteFacts>] => [
        `PRODUCT_NOT_SUPPORTED, a paid ${orderType} whose end nobody told`,
        ['PRODUCT_NOT_SUPPORTED'],
        { orders: [exampleOrder(), exampleOrder({ orderId: 'ord_2', orderType, servicePeriod: null })] },
      ],
    ),
    [
      'PRODUCT_NOT_SUPPORTED, an instance that was renewed in another currency',
      ['PRODUCT_NOT_SUPPORTED'],
      { orders: [exampleOrder(), inDollars] },
    ],
    ['TRADE_IN_PROGRESS by an unpaid renewal', ['TRADE_IN_PROGRESS'], { orders: [exampleOrder(), open] }],
    [
      'TRADE_IN_PROGRESS by an order not yet fulfilled',
      ['TRADE_IN_PROGRESS'],
      {
        orders: [
          exampleOrder(),
          exampleOrder({ orderId: 'ord_2', orderType: 'upgrade', fulfilment: 'creating' }),
        ],
      },
    ],
    [
      'TRADE_IN_PROGRESS by a running refund',
      ['TRADE_IN_PROGRESS'],
      { claims: [{ instanceId: 'i-1', refundId: 'rfd_1', refunded: false }] },
    ],
    [
      'TRADE_IN_PROGRESS by a refund that holds the order',
      ['TRADE_IN_PROGRESS'],
      ordered({ hold: { kind: 'refund', id: 'rfd_1' } }),
    ],
    ['PROMOTION_EXCLUDED, no refund', ['PROMOTION_EXCLUDED'], ordered(promotion('discount', 'no_refund'))],
    [
      'PROMOTION_EXCLUDED, no seven-day refund',
      ['PROMOTION_EXCLUDED'],
      ordered(promotion('discount', 'no_seven_day_refund')),
    ],
    ['TRIAL', ['ZERO_AMOUNT', 'TRIAL'], ordered({ trial: true, paid: parts({}) })],
    [
      'PACKAGE_IN_EFFECT, its start has passed and nothing was reported',
      ['PACKAGE_IN_EFFECT', 'ZERO_AMOUNT'],
      { ...ordered(storagePackage), ...seen({ ...nothingTaken, reportVersion: 0 }) },
    ],
    ['ONE_TIME', ['ZERO_AMOUNT', 'ONE_TIME'], ordered({ chargeType: 'one_time' })],
    [
      'PACKAGE_USED and PACKAGE_IN_EFFECT, a package on a subscription',
      ['PACKAGE_USED', 'PACKAGE_IN_EFFECT'],
      {
        orders: [
          exampleOrder(),
          exampleOrder({ orderId: 'ord_2', orderType: 'upgrade', chargeType: 'package' }),
        ],
        ...seen({ usage: '999' }),
      },
    ],
    [
      'PACKAGE_WINDOW_PASSED, a package on a subscription',
      ['PACKAGE_WINDOW_PASSED'],
      {
        orders: [
          exampleOrder(),
          exampleOrder({
            orderId: 'ord_2',
            orderType: 'upgrade',
            chargeType: 'package',
            paidAt: '2026-01-01T00:00:00.000Z',
          }),
        ],
        ...seen({ inEffect: false }),
      },
    ],
    ['FREE', ['ZERO_AMOUNT', 'FREE'], ordered({ free: true, paid: parts({}) })],
    ['FROZEN', ['FROZEN'], seen({ frozenBy: 'police' })],
    ['INVOICED_MARKETPLACE', ['INVOICED_MARKETPLACE'], ordered({ category: 'MKT', invoiced: true })],
    ['GIFT_CAMPAIGN', ['GIFT_CAMPAIGN'], ordered(promotion('bundle_gift', 'refundable'))],
    ['GIFT_CAMPAIGN, the last of its kinds', ['GIFT_CAMPAIGN'], ordered(promotion('referral', 'refundable'))],
    ['CONTRACT_LINKED', ['CONTRACT_LINKED'], { ...held, contracts: [contract] }],
    ['SUPPORT_RIGHTS_USED', ['SUPPORT_RIGHTS_USED'], ordered({ supportRightsUsed: true })],
    [
      'BUNDLE_MEMBER',
      ['BUNDLE_MEMBER'],
      { ...ordered({ bundleId: 'bdl_1' }), bundles: [{ bundleId: 'bdl_1', members: [['i-1'], ['i-2']] }] },
    ],
    ['INSTANCE_NOT_FOUND where nothing is known', ['INSTANCE_NOT_FOUND'], { orders: [], resources: [] }],
    ['INSTANCE_NOT_FOUND once released', ['INSTANCE_NOT_FOUND'], seen({ released: true, archived: true })],
    [
      'INSTANCE_NOT_FOUND once given back',
      ['INSTANCE_NOT_FOUND'],
      { claims: [{ instanceId: 'i-1', refundId: 'rfd_1', refunded: true }] },
    ],
    ['ARCHIVED', ['ARCHIVED'], seen({ archived: true })],
    [
      'UNPAID',
      ['ZERO_AMOUNT', 'TRADE_IN_PROGRESS', 'UNPAID'],
      { orders: [{ ...open, orderType: 'purchase' }] },
    ],
  ])('RFD-3 %s', (_, expected, facts, ask = {}) => {
    expect(codes(facts, ask)).toEqual(expected);
  });

  test('RFD-3 RFD-5 where vouchers return, what was paid by voucher alone gives them back', () => {
    const returning = { ...baidu, refunds: { ...baidu.refunds, vouchersReturn: 'always' as const } };
    const quote = quoted(ordered({ paid: parts({ voucher: '45.00' }) }), {}, returning);
    expect(quote).toMatchObject({
      refundable: true,
      reasons: [],
      amounts: { refund: cny('0.00'), split: { voucher: cny('34.84') } },
    });
  });

  test('RFD-3 QUOTA_EXHAUSTED where the profile sets a yearly quota', () => {
    const withQuota = { ...baidu, refunds: { ...baidu.refunds, yearlyQuota: 2 } };
    expect(codes({ refundsThisYear: 2 }, {}, withQuota)).toEqual(['QUOTA_EXHAUSTED']);
    expect(codes({ refundsThisYear: 1 }, {}, withQuota)).toEqual([]);
    expect(codes({ refundsThisYear: 200 })).toEqual([]);
  });

  test('RFD-3 all reasons at once, each with what would mend it, in both languages', () => {
    const { reasons } = quoted({
      ...ordered({ hold: { kind: 'contract', id: 'ctr_1' }, refundable: false, supportRightsUsed: true }),
      ...seen({ frozenBy: 'platform' }),
      contracts: [contract],
    });
    expect(reasons.map(({ code, remedy }) => `${code}: ${remedy}`)).toEqual([
      'PRODUCT_NOT_SUPPORTED: ask_support',
      'FROZEN: lift_freeze',
      'CONTRACT_LINKED: void_contract_by_ticket',
      'SUPPORT_RIGHTS_USED: none',
    ]);
    expect(textOf(reasons[1]!, 'en')).toContain('(platform)');
    expect(textOf(reasons[1]!, 'zh-CN')).toBe('资源已被冻结（平台）。请先解除冻结。');
    expect(textOf(reasons[2]!, 'zh-CN')).toContain('CT-2026-00000001');
    expect(reasonCodes).toHaveLength(23);
  });

  test.each<[string, Profile, string, string]>([
    ['baidu, official', baidu, 'official', 'void_contract_by_ticket'],
    ['baidu, draft', baidu, 'draft', 'void_contract'],
    ['alibaba, official', alibaba, 'official', 'void_contract'],
    ['alibaba, draft', alibaba, 'draft', 'delete_contract'],
  ])('RFD-3 a linked contract is named, and how to void it: %s', (_, profile, status, remedy) => {
    const [reason] = quoted({ ...held, contracts: [{ ...contract, status }] }, {}, profile).reasons;
    expect(reason).toMatchObject({ remedy, facts: { contractId: 'ctr_1', number: 'CT-2026-00000001' } });
  });

  test('RFD-3 a whole bundle may be refunded together, whatever its size', () => {
    const ids = Array.from({ length: 12 }, (_, i) => `i-${i + 1}`);
    const orders = ids.map((id, i) =>
      exampleOrder({ orderId: `ord_${i}`, instanceIds: [id], bundleId: 'bdl_1' }),
    );
    const facts = factsOf({
      orders,
      resources: [],
      bundles: [{ bundleId: 'bdl_1', members: ids.map((id) => [id]) }],
    });
    expect(
      quoteInstances(ids, facts, { at: refundedAt, kind: 'unsubscribe' }, baidu).every(
        ({ refundable }) => refundable,
      ),
    ).toBe(true);
    const unborn = { ...facts, bundles: [{ bundleId: 'bdl_1', members: [...ids.map((id) => [id]), []] }] };
    expect(
      quoteInstances(ids, unborn, { at: refundedAt, kind: 'unsubscribe' }, baidu).some(
        ({ refundable }) => refundable,
      ),
    ).toBe(false);
  });

  test('RFD-3 a trial, a free or a one-time service renewed for money gives the renewal back', () => {
    const renewal = exampleOrder({
      orderId: 'ord_2',
      orderType: 'renewal',
      createdAt: '2026-01-11T00:00:00.000Z',
    });
    for (const change of [
      { trial: true, paid: parts({}) },
      { trial: true, paid: parts({ cash: '1.00' }) },
      { free: true, paid: parts({}) },
      { chargeType: 'one_time' as const, paid: parts({ cash: '9.00' }) },
    ]) {
      const first = exampleOrder(change);
      expect(quoted({ orders: [first, renewal] })).toMatchObject({
        refundable: true,
        amounts: { refund: cny('34.84') },
      });
      const unpaid = { ...renewal, ...open, orderId: 'ord_2' };
      const code = change.trial ? 'TRIAL' : change.free ? 'FREE' : 'ONE_TIME';
      for (const more of [[], [unpaid], [{ ...renewal, orderType: 'compensation' as const, ...nothingPaid }]])
        expect(codes({ orders: [first, ...more] })).toContain(code);
    }
  });

  test('RFD-3 ZERO_AMOUNT is decided over all that is asked for together', () => {
    const ids = ['i-1', 'i-2', 'i-3'];
    const together = (orders: Order[], asked: string[], more: Partial<QuoteFacts> = {}) =>
      quoteInstances(
        asked,
        factsOf({ orders, resources: [], ...more }),
        { at: new Date(bought), kind: 'unsubscribe' },
        baidu,
      ).map(({ reasons, amounts }) => [reasons.map(({ code }) => code).join(), amounts?.refund.amount]);
    const cent = exampleOrder({ paid: parts({ cash: '0.01' }), instanceIds: ids });
    expect(together([cent], ids)).toEqual([
      ['', '0.00'],
      ['', '0.01'],
      ['', '0.00'],
    ]);
    expect(together([cent], ['i-1'])).toEqual([['ZERO_AMOUNT', '0.00']]);
    const [paid, gift] = [45, 0].map((amount, i) =>
      exampleOrder({
        orderId: `ord_${i}`,
        instanceIds: [ids[i]!],
        bundleId: 'bdl_1',
        free: amount === 0,
        paid: parts({ cash: `${amount}.00` }),
      }),
    ) as [Order, Order];
    const bundles = [{ bundleId: 'bdl_1', members: [['i-1'], ['i-2']] }];
    expect(together([paid, gift], ['i-1', 'i-2'], { bundles })).toEqual([
      ['', '45.00'],
      ['', '0.00'],
    ]);
    expect(together([paid, gift], ['i-2'], { bundles })).toEqual([['BUNDLE_MEMBER', '0.00']]);
    const free = { ...paid, ...nothingPaid };
    expect(together([free, gift], ['i-1', 'i-2'], { bundles })).toEqual([
      ['ZERO_AMOUNT', '0.00'],
      ['ZERO_AMOUNT', '0.00'],
    ]);
  });

  const ended = { servicePeriod: { start: '2025-12-10T11:00:00.000Z', end: '2026-01-10T11:00:00.000Z' } };
  test.each<[string, Partial<Order>, Partial<Resource>, string]>([
    ['that has ended and is not released', ended, { end: ended.servicePeriod.end }, 'day'],
    [
      'that is paid as it is used',
      { billType: 'postpay', chargeType: 'pay_as_you_go', paid: parts({}), servicePeriod: null } as never,
      { end: null },
      'excluded',
    ],
    ['whose package was used', usagePackage, { ...nothingTaken, usage: '1' }, 'package'],
    [
      'whose window has passed',
      { ...usagePackage, paidAt: '2026-01-01T00:00:00.000Z' },
      nothingTaken,
      'package',
    ],
    ['that is in effect', storagePackage, { ...nothingTaken, inEffect: true }, 'package'],
    ['of a promotion without refunds', promotion('discount', 'no_refund'), {}, 'excluded'],
    ['of a gift campaign', promotion('bundle_gift', 'refundable'), {}, 'excluded'],
    ['whose support rights were used', { supportRightsUsed: true }, {}, 'excluded'],
    ['that is archived', {}, { archived: true }, 'excluded'],
    ['that was paid for once', { chargeType: 'one_time' }, {}, 'piece'],
    ['that was a trial for money', { trial: true }, {}, 'trial'],
  ])('RFD-3 a member %s gives nothing and does not keep the bundle back', (_, order, resource, unit) => {
    const at = refundedAt;
    const [one, other] = ['i-1', 'i-2'].map((id, i) =>
      exampleOrder({ orderId: `ord_${i}`, instanceIds: [id], bundleId: 'bdl_1', ...(i === 0 ? order : {}) }),
    ) as [Order, Order];
    const resources = [exampleResource(resource), exampleResource({ instanceId: 'i-2' })];
    const asked = (
      orders: Order[],
      ids: string[],
      bundles = [{ bundleId: 'bdl_1', members: [['i-1'], ['i-2']] }],
    ) => quoteInstances(ids, factsOf({ orders, resources, bundles }), { at, kind: 'unsubscribe' }, baidu);
    const [nothing, all] = asked([one, other], ['i-1', 'i-2']);
    expect(nothing).toMatchObject({ refundable: true, reasons: [], amounts: { refund: none, fee: none } });
    expect(nothing!.lines).toMatchObject([
      { orderId: 'ord_0', refund: none, consumed: one.cashPaid, calculation: { unit } },
    ]);
    expect(all).toMatchObject({ refundable: true, amounts: { refund: cny('34.84') } });
    for (const id of ['i-1', 'i-2'])
      expect(asked([one, other], [id])[0]!.reasons.map(({ code }) => code)).toEqual(['BUNDLE_MEMBER']);
    const frozen = quoteInstances(
      ['i-1', 'i-2'],
      factsOf({
        orders: [one, other],
        resources: [{ ...resources[0]!, frozenBy: 'police' }, resources[1]!],
        bundles: [{ bundleId: 'bdl_1', members: [['i-1'], ['i-2']] }],
      }),
      { at, kind: 'unsubscribe' },
      baidu,
    );
    expect(frozen.map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([['FROZEN'], []]);
    const alone = asked([{ ...one, bundleId: null }], ['i-1'])[0]!.reasons;
    const whole = asked([one], ['i-1'], [{ bundleId: 'bdl_1', members: [['i-1']] }])[0]!.reasons;
    const codes = (reasons: typeof alone) =>
      reasons.map(({ code }) => code).filter((code) => code !== 'ZERO_AMOUNT');
    expect(codes(alone)).toHaveLength(1);
    expect(codes(whole)).toEqual(codes(alone));
  });

  test('RFD-7 what an order gave back before counts', () => {
    const order = exampleOrder({ paid: parts({ cash: '100.00' }), instanceIds: ['i-1', 'i-2', 'i-3'] });
    const before = {
      ...untouched(order),
      instances: 1,
      refunded: parts({ cash: '33.33' }),
      exact: { paid: '100/3', refund: '100/3', fee: '0', voucher: '0' },
    };
    const unused = { at: new Date(bought), ids: ['i-2'] };
    expect(quoted({ orders: [order] }, unused).amounts?.refund).toEqual(cny('33.33'));
    expect(quoted({ orders: [order], refunded: [before] }, unused).amounts?.refund).toEqual(cny('33.34'));
  });

  test('RFD-22 API-16 an order of unclear period, and an instance that is gone, are told as such', () => {
    const said = (facts: Partial<QuoteFacts>) =>
      quoted(facts).reasons.map((reason) => `${reason.code} ${reason.remedy}: ${textOf(reason, 'en')}`);
    expect(said({ ...ordered({ servicePeriod: null }), ...seen({ end: null }) })).toEqual([
      'PRODUCT_NOT_SUPPORTED await_periods: ' +
        'It is not known from when to when order ord_1 pays for the instance. ' +
        'Ask again once the provider has reported the periods of the instances, or open a support ticket.',
    ]);
    expect(said(ordered({ refundable: false }))).toEqual([
      'PRODUCT_NOT_SUPPORTED ask_support: The product has no self-service refunds. Open a support ticket.',
    ]);
    expect(said(seen({ released: true }))).toEqual([
      'INSTANCE_NOT_FOUND none: Instance i-1 was released. It cannot be refunded.',
    ]);
    expect(said({ claims: [{ instanceId: 'i-1', refundId: 'rfd_1', refunded: true }] })).toEqual([
      'INSTANCE_NOT_FOUND none: Refund rfd_1 gave the instance back before. It cannot be refunded.',
    ]);
    expect(said({ orders: [] })).toEqual([
      'INSTANCE_NOT_FOUND check_instance_id: There is no such instance. Check the instance id.',
    ]);
    const frozen = quoted(seen({ frozenBy: 'police' })).reasons[0]!;
    expect(textOf(frozen, 'zh-CN')).toContain('公安机关');
  });

  test('RFD-3 a switch to postpay takes effect at the end of the paid period', () => {
    expect(codes({ orders: [exampleOrder(), toPostpay] })).toEqual([]);
  });
});

test.each([
  ['baidu', baidu, 7],
  ['alibaba', alibaba, 5],
] as const)(
  'RFD-2 the window of %s counts whole 24 h from paidAt, its last instant too',
  (_, profile, days) => {
    const facts = { ...ordered(usagePackage), ...seen(nothingTaken) };
    const last = new Date(bought).getTime() + days * dayMs;
    expect(codes(facts, { at: new Date(last) }, profile)).toEqual([]);
    expect(codes(facts, { at: new Date(last + 1) }, profile)).toEqual([
      'PACKAGE_WINDOW_PASSED',
      'ZERO_AMOUNT',
    ]);
  },
);

describe('RFD-9 renewal_only gives back the renewals that have not begun, and keeps the instance', () => {
  const renewals = ['2026-02-10', '2026-03-10', '2026-04-10'].map((day) => `${day}T11:00:00.000Z`);
  const [first, second, third] = renewals as [string, string, string];
  const renewed = (orderId: string, [start, end]: readonly [string, string], paidAt: string, more = {}) =>
    exampleOrder({
      orderId,
      orderType: 'renewal',
      createdAt: paidAt,
      paidAt,
      servicePeriod: { start, end },
      ...more,
    });
  const one = renewed('ord_2', [first, second], '2026-01-11T00:00:00.000Z');
  const two = renewed('ord_3', [second, third], '2026-01-13T00:00:00.000Z');
  const orders = [exampleOrder(), one, two];
  const running = seen({ end: third });
  const renewalOnly = { kind: 'renewal_only' as const };
  const backOf = (facts: Partial<QuoteFacts>, ask: Ask = {}, profile: Profile = baidu) => {
    const { reasons, lines, amounts } = quoted({ ...running, ...facts }, { ...renewalOnly, ...ask }, profile);
    const back = lines.map(({ orderId, refund }) => `${orderId} ${refund.amount}`);
    return [...back, amounts!.refund.amount, ...reasons.map(({ code }) => code)];
  };

  test('RFD-9 in full, a line for each, whatever is used of the instance', () => {
    expect(backOf({ orders })).toEqual(['ord_2 45.00', 'ord_3 45.00', '90.00']);
    const withFees = { ...baidu, refunds: { ...baidu.refunds, fees: [monthly] } };
    expect(backOf({ orders }, {}, withFees)).toEqual(['ord_2 45.00', 'ord_3 45.00', '90.00']);
    expect(backOf({ orders }, { at: new Date(first) })).toEqual(['ord_2 45.00', 'ord_3 45.00', '90.00']);
    expect(backOf({ orders }, { at: new Date(Date.parse(first) + 1) })).toEqual(['ord_3 45.00', '45.00']);
  });

  test('RFD-9 RFD-3 where none is left, there is nothing to give back', () => {
    expect(backOf({ orders: [exampleOrder()] })).toEqual(['0.00', 'ZERO_AMOUNT']);
    expect(backOf({ orders }, { at: new Date(Date.parse(second) + 1) })).toEqual(['0.00', 'ZERO_AMOUNT']);
  });

  test('RFD-9 RFD-3 the orders that stay keep it back by no rule of their own; contracts and open orders do', () => {
    const [purchase] = orders as [Order];
    const judged = (change: Partial<Order>, renewal: Partial<Order> = {}, more: Partial<QuoteFacts> = {}) =>
      backOf({
        ...more,
        orders: [
          { ...purchase, ...change },
          { ...one, ...renewal },
        ],
      }).slice(2);
    for (const [of, code] of [
      [promotion('discount', 'no_refund'), 'PROMOTION_EXCLUDED'],
      [promotion('lottery', 'refundable'), 'GIFT_CAMPAIGN'],
      [{ supportRightsUsed: true }, 'SUPPORT_RIGHTS_USED'],
      [{ refundable: false }, 'PRODUCT_NOT_SUPPORTED'],
      [{ category: 'MKT', invoiced: true }, 'INVOICED_MARKETPLACE'],
    ] as const) {
      expect(judged(of)).toEqual([]);
      expect(judged({}, of)).toEqual([code]);
    }
    expect(judged({}, { servicePeriod: null })).toEqual(['PRODUCT_NOT_SUPPORTED']);
    expect(judged({ hold: { kind: 'contract', id: 'ctr_1' } }, {}, { contracts: [contract] })).toEqual([
      'CONTRACT_LINKED',
    ]);
    expect(backOf({ orders: [...orders, open] }).slice(3)).toEqual(['TRADE_IN_PROGRESS']);
    expect(backOf({ orders, ...seen({ end: third, frozenBy: 'police' }) }).slice(3)).toEqual(['FROZEN']);
  });

  test('RFD-9 RFD-3 a bundle’s renewal that gives nothing back stays, and is not given away for nothing', () => {
    const bundles = [{ bundleId: 'b1', members: [['i-1']] }];
    const renewal = { ...one, bundleId: 'b1' };
    const excluded = { ...renewal, ...promotion('discount', 'no_refund') };
    expect(backOf({ orders: [exampleOrder(), renewal], bundles })).toEqual(['ord_2 45.00', '45.00']);
    expect(backOf({ orders: [exampleOrder(), excluded], bundles }).slice(2)).toEqual(['PROMOTION_EXCLUDED']);
  });

  test('RFD-9 RFD-3 SCALED_AFTER_RENEWAL once the instance was scaled after one that would come back', () => {
    const scaledBy = (orderType: Order['orderType'], paidAt: string) =>
      exampleOrder({ orderId: 'ord_4', orderType, createdAt: paidAt, paidAt, paid: parts({ cash: '1.00' }) });
    const refused = (more: readonly Order[], facts: Partial<QuoteFacts> = {}, at = refundedAt) =>
      backOf({ orders: [...orders, ...more], ...facts }, { at }).at(-1);
    const between = '2026-01-12T00:00:00.000Z';
    expect(refused([scaledBy('upgrade', '2026-01-10T12:00:00.000Z')])).toBe('90.00');
    expect(refused([scaledBy('upgrade', between)])).toBe('SCALED_AFTER_RENEWAL');
    expect(refused([scaledBy('downgrade', '2026-01-14T00:00:00.000Z')])).toBe('SCALED_AFTER_RENEWAL');
    expect(refused([scaledBy('upgrade', between)], {}, new Date(Date.parse(first) + 1))).toBe('45.00');
    expect(refused([], seen({ end: third, scaledAt: between }))).toBe('SCALED_AFTER_RENEWAL');
    expect(refused([], seen({ end: third, scaledAt: '2026-01-10T12:00:00.000Z' }))).toBe('90.00');
    expect(codes({ orders, ...seen({ end: third, scaledAt: between }) })).toEqual([]);
  });

  test('RFD-9 RFD-5 a renewal that was given back counts no more, also where it lives on for other instances', () => {
    const shared = { ...one, instanceIds: ['i-1', 'i-2'] };
    const facts = { orders: [exampleOrder(), shared], ...running };
    const returnedRenewals = [{ orderId: 'ord_2', instanceId: 'i-1' }];
    expect(backOf(facts)).toEqual(['ord_2 22.50', '22.50']);
    expect(backOf({ ...facts, returnedRenewals })).toEqual(['0.00', 'ZERO_AMOUNT']);
    expect(quoted({ ...facts, returnedRenewals }).lines.map(({ orderId }) => orderId)).toEqual(['ord_1']);
    const other = [{ orderId: 'ord_2', instanceId: 'i-2' }];
    expect(backOf({ ...facts, returnedRenewals: other })).toEqual(['ord_2 22.50', '22.50']);
  });

  const monthly: Profile['refunds']['fees'][number] = {
    termMonths: 1,
    steps: [{ usedUpToMonths: 1, percent: '10' }],
  };
});

test('RFD-5 RFD-6 ORD-24 a whole life: a line for each order, of what is left of each, summed', () => {
  const [first, second, third] = [ends, '2026-03-10T11:00:00.000Z', '2026-04-10T11:00:00.000Z'] as const;
  const at = new Date('2026-02-16T15:00:00.000Z');
  const by = (n: number, orderType: Order['orderType'], start: string, end: string, more = {}) =>
    exampleOrder({
      orderId: `ord_${n}`,
      orderType,
      createdAt: `2026-02-0${n}T00:00:00.000Z`,
      servicePeriod: { start, end },
      ...more,
    });
  const rest = (orderId: string, remaining: number, total: number, start: string, end: string) => ({
    ...{ instanceId: 'i-1', orderId, remaining, total, start, end, unit: 'day' as const },
    ...{ priceBefore: '45', priceAfter: '138' },
  });
  const upgradedAt = '2026-02-13T11:00:00.000Z';
  const shared = by(3, 'renewal', second, third, { instanceIds: ['i-1', 'i-9'] });
  const orders = [
    exampleOrder(),
    by(2, 'renewal', first, second),
    shared,
    by(4, 'compensation', third, '2026-04-13T11:00:00.000Z', { paid: parts({}) }),
    by(5, 'upgrade', upgradedAt, third, {
      paid: parts({ cash: '176.04' }),
      duration: null,
      planChange: {
        from: 'small',
        returns: 'none',
        rest: [rest('ord_2', 25, 28, upgradedAt, second), rest('ord_3', 31, 31, second, third)],
      },
    }),
    { ...toPostpay, orderId: 'ord_6', createdAt: '2026-02-14T00:00:00.000Z' },
  ];
  // The other instance of the shared renewal was given back before, with 22.50 of it.
  const nothingYet = untouched(shared);
  const half = { refunded: parts({ cash: '22.50' }), instances: 1 };
  const exact = { paid: '45/2', refund: '45/2', fee: '0', voucher: '0' };
  const quote = quoted(
    {
      orders,
      ...seen({ end: '2026-04-13T11:00:00.000Z' }),
      refunded: [{ ...nothingYet, ...half, exact }],
    },
    { at },
  );
  expect(quote.lines.map(({ orderId, refund }) => `${orderId} ${refund.amount}`)).toEqual([
    'ord_1 0.00', // 31 of 31 days used
    'ord_2 33.75', // 7 of 28
    'ord_3 22.50', // not begun
    'ord_4 0.00', // nothing paid
    'ord_5 162.75', // 4 of 25 days of 25 parts in 53, none of the 28 others
    'ord_6 0.00', // from the end on
  ]);
  expect(quote).toMatchObject({ reasons: [], amounts: { refund: cny('219.00') } });
});

test('RFD-4 where an instance is not found, nothing else is said', () => {
  const nothing = { instanceId: 'i-9', refundable: false, amounts: null, lines: [] };
  expect(quoted({}, { ids: ['i-9'] })).toEqual({
    ...nothing,
    reasons: [
      {
        code: 'INSTANCE_NOT_FOUND',
        remedy: 'check_instance_id',
        instanceId: 'i-9',
        orderId: null,
        facts: {},
      },
    ],
  });
});

describe('a refund', () => {
  const quote = (facts: Partial<QuoteFacts> = {}): Quote => {
    const instance = quoted(facts);
    return {
      quoteId: 'rfq_1',
      accountId: 'acc_1',
      kind: 'unsubscribe',
      instances: [instance],
      total: instance.amounts,
      createdAt: refundedAt,
      expiresAt: new Date(refundedAt.getTime() + 900_000),
    };
  };
  const ask = { reason: 'other', text: 'changed plans', by: 'customer:usr_1', at: refundedAt } as const;
  const refund = requestRefund(quote(), ask).state;
  const at = { at: new Date('2026-01-16T15:01:00.000Z') };
  const operator = { by: 'operator:op_1', text: 'looks right', ...at };
  const again = (facts: Partial<QuoteFacts> = {}) => [quoted(facts, { self: refund.refundId })];
  const abuse = { count: 10, sum: cny('100.00') };
  const accepted = (
    reviewAbove: { amount: string; currency: string },
    recent = { count: 10, sum: cny('100.00') },
    limits: typeof abuse | null = abuse,
  ) =>
    acceptReserved(refund, again(), {
      rules: { reviewAbove, abuse: limits },
      recent,
      reservedFacts: [],
      orderIds: ['ord_1'],
      ...at,
    }).state;
  const reviewing = accepted(cny('34.83'));
  const approved = accepted(cny('34.84'));

  test('RFD-12 a quote is good until its last minute ends', () => {
    expect(refund).toMatchObject({ status: 'requested', version: 1, amount: cny('34.84'), asOf: refundedAt });
    expect(() =>
      requestRefund(quote(), { ...ask, at: new Date(refundedAt.getTime() + 899_999) }),
    ).not.toThrow();
    expect(() => requestRefund(quote(), { ...ask, at: new Date(refundedAt.getTime() + 900_000) })).toThrow(
      'refund.quote_expired',
    );
    expect(() => requestRefund(quote({ ...held }), ask)).toThrow('refund.not_refundable');
  });

  test('RFD-18 the reason other needs a text', () => {
    expect(() => requestRefund(quote(), { ...ask, text: null })).toThrow('refund.text_required');
    expect(() => requestRefund(quote(), { ...ask, reason: 'too_complex', text: null })).not.toThrow();
  });

  test('RFD-12 the facts as reserved give what was quoted, or not', () => {
    expect(asQuoted(refund, again(ordered({ hold: { kind: 'refund', id: refund.refundId } })))).toBe(true);
    expect(asQuoted(refund, again(ordered({ paid: parts({ cash: '45.01' }) })))).toBe(false);
    expect(asQuoted(refund, again({ orders: [] }))).toBe(false);
    expect(asQuoted(refund, again({ orders: [{ ...inDollars, orderType: 'purchase' }] }))).toBe(false);
  });

  test('RFD-3 an instance of several currencies has no amounts, and spoils no other', () => {
    const [mixed, other] = quoteInstances(
      ['i-1', 'i-2'],
      factsOf({
        orders: [exampleOrder(), inDollars, exampleOrder({ orderId: 'ord_3', instanceIds: ['i-2'] })],
        resources: [exampleResource(), exampleResource({ instanceId: 'i-2' })],
      }),
      { at: refundedAt, kind: 'unsubscribe' },
      baidu,
    );
    expect(mixed).toMatchObject({ refundable: false, amounts: null, lines: [] });
    expect(mixed!.reasons.map((reason) => textOf(reason, 'en'))).toEqual([
      'It was paid in several currencies (CNY, USD), which no one refund gives back. Open a support ticket.',
    ]);
    expect(other).toMatchObject({ refundable: true, amounts: { refund: cny('34.84') } });
  });

  test('RFD-13 exactly the limit is approved, above it waits; so does another currency', () => {
    expect(approved).toMatchObject({ status: 'approved', version: 2 });
    expect(reviewing).toMatchObject({ status: 'reviewing', version: 2 });
    expect(accepted({ amount: '99.00', currency: 'USD' }).status).toBe('reviewing');
  });

  test('RFD-13 more refunds of the account within 30 days than the profile has, by number or by sum, wait', () => {
    const of = (recent: Parameters<typeof accepted>[1], limits?: typeof abuse | null) =>
      accepted(cny('34.84'), recent, limits).status;
    expect(of({ count: 11, sum: cny('0.00') })).toBe('reviewing');
    expect(of({ count: 1, sum: cny('100.01') })).toBe('reviewing');
    expect(of({ count: 99, sum: cny('999.00') }, null)).toBe('approved');
  });

  test('RFD-13 the applicant does not decide; a verdict names who and why', () => {
    const own = { ...reviewing, requestedBy: 'operator:op_1' };
    expect(() => approveRefund(own, operator)).toThrow('refund.approver_is_applicant');
    expect(() => rejectRefund(own, operator)).toThrow('refund.approver_is_applicant');
    expect(() => approveRefund({ ...own, requestedBy: 'customer:op_1' }, operator)).toThrow(
      'refund.approver_is_applicant',
    );
    expect(approveRefund(reviewing, operator)).toMatchObject({
      state: { status: 'approved', version: 3, review: { by: 'operator:op_1', text: 'looks right' } },
      facts: [{ type: 'refund.approved' }],
    });
    expect(rejectRefund(reviewing, operator)).toMatchObject({
      state: { status: 'rejected', endedAt: at.at },
      facts: [{ type: 'refund.rejected', data: { text: 'looks right' } }],
    });
    expect(withdrawRefund(reviewing, { byOperator: false, ...at })).toMatchObject({
      state: { status: 'withdrawn' },
      facts: [{ type: 'refund.withdrawn' }],
    });
  });

  test('RFD-17 a failed payout is no end: it is tried again, or an operator withdraws it', () => {
    const failed = failRefund(approved, { failure: 'refund.exceeds_paid', ...at }).state;
    expect(failed).toMatchObject({ status: 'failed', version: 3, endedAt: null });
    expect(succeedRefund(retryRefund(failed).state, at).state).toMatchObject({
      status: 'succeeded',
      version: 4,
      failure: null,
    });
    expect(() => withdrawRefund(failed, { byOperator: false, ...at })).toThrow(
      'refund.only_operator_withdraws',
    );
    expect(withdrawRefund(failed, { byOperator: true, ...at }).state.status).toBe('withdrawn');
  });

  test('RFD-13 what is against it by then ends it when it is approved or paid, and says what changed', () => {
    const frozen = {
      code: 'FROZEN',
      remedy: 'lift_freeze',
      instanceId: 'i-1',
      orderId: null,
      facts: {},
    } as const;
    const change = {
      instanceId: 'i-1',
      orderId: null,
      fact: 'frozenBy',
      before: null,
      now: 'police',
    } as const;
    const against = { refusals: [frozen], changes: [change], ...at };
    for (const waiting of [reviewing, approved])
      expect(refuseRefund(waiting, against)).toMatchObject({
        state: { status: 'refused', version: 3, endedAt: at.at, refusals: [frozen], changes: [change] },
        facts: [
          {
            type: 'refund.refused',
            data: { refusals: [{ instanceId: 'i-1', orderId: null, code: 'FROZEN' }] },
          },
        ],
      });
    const retried = retryRefund(failRefund(approved, { failure: 'refund.exceeds_paid', ...at }).state).state;
    expect(() => refuseRefund(retried, against)).toThrow('refund.transition_refused');
    const failed = failRefund(retried, { failure: 'refund.not_refundable', ...against }).state;
    expect(failed).toMatchObject({ status: 'failed', refusals: [frozen], changes: [change] });
    expect(retryRefund(failed).state).toMatchObject({ failure: null, refusals: [], changes: [] });
  });

  test('RFD-13 an operator withdraws what waits for the order service', () => {
    expect(() => withdrawRefund(refund, { byOperator: false, ...at })).toThrow(
      'refund.only_operator_withdraws',
    );
    expect(withdrawRefund(refund, { byOperator: true, ...at })).toMatchObject({
      state: { status: 'withdrawn', version: 2, endedAt: at.at },
      facts: [{ type: 'refund.withdrawn' }],
    });
  });

  test('RFD-17 what has ended stays ended, whatever is asked of it', () => {
    expect(refundLifecycle.ends).toEqual(['refused', 'rejected', 'withdrawn', 'succeeded']);
    fc.assert(
      fc.property(
        fc.constantFrom(...refundLifecycle.ends),
        fc.constantFrom(approveRefund, rejectRefund, withdrawRefund, retryRefund, succeedRefund),
        (status, decide) => {
          const ended = { ...refund, status };
          expect(() => decide(ended, { ...operator, byOperator: true })).toThrow('refund.transition_refused');
        },
      ),
    );
  });

  test('RFD-11 nothing paid in cash gives nothing to split', () => {
    expect(quoted(ordered({ paid: parts({ voucher: '45.00' }) })).amounts).toMatchObject({
      refund: none,
      split: parts({}),
    });
  });
});
