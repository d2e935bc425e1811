import { Refusal } from '@accord/core';
import { loadProfile } from '@accord/profile';
import { payAsYouGoOrder, sampleAccount, sampleOrder, unpaidOrder } from '../../test/sample-orders.ts';
import { partyOf } from '../account/account.ts';
import { refusalOf } from '../application-refusal.ts';
import { billingCycle, yearIn } from '../bill/billing-cycle.ts';
import { contentOf, type DocumentContent } from '../document/content.ts';
import { reasonsAgainstApplication, type Asked } from '../objections.ts';
import type { Order } from '../order-view.ts';
import { voidByHand, voidForDeadOrder } from './contract-end.ts';
import type { LiveContract } from './contract-orders-store.ts';
import {
  amountOf,
  asDrafted,
  changedOrders,
  splitOrders,
  validityOf,
  withLaterFacts,
  withoutPeriod,
} from './contract-orders.ts';
import {
  beginSealing,
  contractSnapshot,
  draftContract,
  expectDraft,
  failSealing,
  finalizeContract,
  followAmount,
  refuseContract,
  requestContract,
  type Contract,
} from './contract.ts';
import { expectForeignNumber, expectSigned, recordContract } from './offline.ts';
import { termsOf } from './terms.ts';

const baidu = loadProfile('baidu');
const asItComes = loadProfile('alibaba');
/** With the invoicing entities of the sample orders, too. */
const alibaba = {
  ...asItComes,
  invoicingEntities: [...asItComes.invoicingEntities, ...baidu.invoicingEntities],
};
const at = new Date('2026-03-02T08:00:00.000Z');
const account = sampleAccount();
const ownTerms = new Map<string, string>();

const requested = (orders: readonly Order[] = [sampleOrder()]): Contract =>
  requestContract(
    {
      contractId: 'ctr_1',
      accountId: 'acc_1',
      kind: splitOrders(orders)[0]!.kind,
      language: 'zh-CN',
      invoicingEntity: orders[0]!.invoicingEntity,
      partyA: partyOf({ ...account, certifiedName: account.certifiedName! }),
      orderIds: orders.map(({ orderId }) => orderId),
      billIds: [],
      amount: amountOf(orders),
      createdAt: at,
    },
    { earlierEnded: [] },
  ).state;
const draft = (orders?: readonly Order[]) =>
  draftContract(requested(orders), { number: 'CT-2026-00000001', payBy: null, at }).state;
const sealing = () => beginSealing(draft(), {} as DocumentContent);
const official = () => finalizeContract(sealing(), { sha256: 'ab', at }).state;
const voided = () => voidForDeadOrder(draft(), { orderId: 'ord_1', status: 'cancelled' }, at).state;

const refusalFrom = (act: () => unknown): Refusal => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};
const asked = (order: Order, live: LiveContract | null = null) => ({ orderId: order.orderId, order, live });
const over = (orders: readonly Asked[]) => ({ orders, bills: [] });
type Against = Parameters<typeof reasonsAgainstApplication>;
const codes = (orders: readonly Asked[], account: Against[1], profile: Against[2]) =>
  reasonsAgainstApplication(over(orders), account, profile).map(({ orderId, code }) => [orderId, code]);

test('CTR-36 a contract signed outside is official as soon as it has its orders, and never twice', () => {
  const waiting = { ...requested(), kind: 'offline' as const };
  const recording = { number: 'HT-1', sha256: 'ab', signedOn: '2026-03-01', at };
  const { state, facts } = recordContract(waiting, recording);
  expect(state).toEqual({ ...waiting, version: 2, status: 'official', number: 'HT-1', finalizedAt: at });
  expect(facts).toEqual([
    {
      type: 'contract.finalized',
      data: { contract: contractSnapshot(state), sha256: 'ab', payBy: null, signedOn: '2026-03-01' },
    },
  ]);
  for (const contract of [state, voided(), draft()])
    expect(recordContract(contract, recording)).toEqual({ state: contract, facts: [] });
});

test('CTR-36 a contract was signed by the provider’s day, and its number is none of ours', () => {
  const now = new Date('2026-03-01T16:00:00.000Z');
  expect(() => expectSigned('2026-03-02', 'Asia/Shanghai', now)).not.toThrow();
  expect(refusalFrom(() => expectSigned('2026-03-02', 'Europe/Berlin', now))).toMatchObject({
    code: 'contract.signed_in_future',
    facts: { signedOn: '2026-03-02', today: '2026-03-01' },
  });
  expect(refusalFrom(() => expectForeignNumber('CT-2026-00000001')).code).toBe('contract.number_reserved');
  expect(() => expectForeignNumber('CT-2026-1')).not.toThrow();
});

describe('a contract', () => {
  test('EVT-5 announces a snapshot with every version, and only once', () => {
    const decision = draftContract(requested(), { number: 'CT-2026-00000001', payBy: null, at });
    expect(decision.state.version).toBe(2);
    expect(decision.facts).toEqual([
      { type: 'contract.drafted', data: { contract: contractSnapshot(decision.state), payBy: null } },
    ]);
    expect(draftContract(decision.state, { number: 'CT-2026-00000002', payBy: null, at })).toEqual({
      state: decision.state,
      facts: [],
    });
  });

  test('EVT-20 that ended stays as it ended, whatever comes late', () => {
    const late = voided();
    for (const decision of [
      draftContract(late, { number: 'CT-2026-00000009', payBy: null, at }),
      refuseContract(late, []),
      finalizeContract(late, { sha256: 'ab', at }),
      failSealing(late, { reason: 'signing_failed', amount: late.amount }),
      followAmount(late, null),
      voidForDeadOrder(late, { orderId: 'ord_1', status: 'voided' }, at),
    ]) {
      expect(decision).toEqual({ state: late, facts: [] });
    }
  });

  test('CTR-34 goes to sealing without a version, and back to a draft where sealing failed', () => {
    const inSealing = sealing();
    expect(inSealing.version).toBe(draft().version);
    const failed = failSealing(inSealing, { reason: 'signing_failed', amount: inSealing.amount });
    expect(failed.state).toMatchObject({ status: 'draft', version: inSealing.version + 1, content: null });
    expect(failed.facts).toMatchObject([
      { type: 'contract.seal_failed', data: { reason: 'signing_failed' } },
    ]);
  });

  test('CTR-18 only a draft is finalized', () => {
    expect(refusalFrom(() => expectDraft(requested())).code).toBe('contract.not_a_draft');
    expect(refusalFrom(() => expectDraft(official())).facts).toEqual({
      contractId: 'ctr_1',
      status: 'official',
    });
    expect(refusalFrom(() => expectDraft(voided())).code).toBe('contract.voided');
  });

  test('CTR-25 a draft is voided at baidu and deleted at alibaba; its number stays its own', () => {
    const by = { reason: 'test', text: null, at } as const;
    expect(voidByHand(draft(), by, baidu.contracts).state).toMatchObject({
      status: 'voided',
      removed: false,
      number: 'CT-2026-00000001',
    });
    expect(voidByHand(draft(), by, alibaba.contracts).state).toMatchObject({
      status: 'voided',
      removed: true,
      number: 'CT-2026-00000001',
    });
    expect(voidByHand(requested(), by, baidu.contracts).state).toMatchObject({
      status: 'voided',
      number: null,
    });
  });

  test(
    'CTR-26 an official contract needs a ticket at baidu, is voided at once at alibaba; none is voided ' +
      'while it is sealed',
    () => {
      const by = { reason: 'wrong_party_name', text: null, at } as const;
      expect(refusalFrom(() => voidByHand(official(), by, baidu.contracts)).code).toBe(
        'contract.needs_ticket',
      );
      expect(voidByHand(official(), by, alibaba.contracts).facts).toMatchObject([
        { type: 'contract.voided', data: { reason: 'wrong_party_name', orderId: null } },
      ]);
      for (const profile of [baidu, alibaba])
        expect(refusalFrom(() => voidByHand(sealing(), by, profile.contracts)).code).toBe('contract.sealing');
    },
  );

  test('CTR-28 dies with its order, in every living state', () => {
    for (const living of [requested(), draft(), sealing(), official()]) {
      const { state, facts } = voidForDeadOrder(living, { orderId: 'ord_1', status: 'voided' }, at);
      expect(state).toMatchObject({ status: 'voided', version: living.version + 1 });
      expect(facts).toMatchObject([
        { type: 'contract.voided', data: { reason: 'order_voided', orderId: 'ord_1' } },
      ]);
    }
  });
});

describe('an application', () => {
  test('CTR-1 CTR-2 is split by kind and invoicing entity', () => {
    const orders = [
      sampleOrder(),
      unpaidOrder(),
      sampleOrder({ invoicingEntity: 'baidu_cloud' }),
      payAsYouGoOrder(),
    ];
    expect(
      splitOrders(orders).map(({ kind, invoicingEntity, orders: part }) => [
        kind,
        invoicingEntity,
        part.length,
      ]),
    ).toEqual([
      ['order', 'baidu_netcom', 2],
      ['payment_request', 'baidu_netcom', 1],
      ['order', 'baidu_cloud', 1],
    ]);
  });

  test('CTR-2 CTR-16 is split by currency where the profile gave the entity another one meanwhile', () => {
    const amount = { amount: '13.00', currency: 'USD' };
    const inDollars = sampleOrder({
      payableAmount: amount,
      voucherPaid: { amount: '0.00', currency: 'USD' },
    });
    const orders = [sampleOrder(), inDollars, sampleOrder()];
    expect(splitOrders(orders).map((part) => [part.orders.length, part.amount])).toEqual([
      [2, { amount: '90.00', currency: 'CNY' }],
      [1, amount],
    ]);
    const list = orders.map((order) => asked(order));
    expect(codes(list, account, baidu)).toEqual([]);
    const whole = { ...baidu, contracts: { ...baidu.contracts, splitByInvoicingEntity: false } };
    expect(codes(list, account, whole)).toEqual([[null, 'contract.several_entities']]);
  });

  test('CTR-3 is refused with all reasons together, each with what mends it', () => {
    const excluded = sampleOrder({ category: 'MKT', contractable: false });
    const custom = sampleOrder({ customised: true });
    const taken = sampleOrder();
    const dead = sampleOrder({ status: 'voided' });
    const refunding = sampleOrder({ hold: { kind: 'refund', id: 'rfd_1' } });
    const list = [
      asked(excluded),
      asked(custom),
      asked(taken, { contractId: 'ctr_9', number: 'CT-2026-00000009', status: 'draft' }),
      asked(dead),
      asked(refunding),
      { orderId: 'ord_x', order: undefined, live: null },
    ];
    expect(codes(list, account, baidu)).toEqual([
      [excluded.orderId, 'contract.product_excluded'],
      [excluded.orderId, 'contract.ask_offline'],
      [custom.orderId, 'contract.product_excluded'],
      [taken.orderId, 'contract.order_in_contract'],
      [dead.orderId, 'order.voided'],
      [refunding.orderId, 'order.held_by_refund'],
      ['ord_x', 'order.not_found'],
    ]);
    const refusals = reasonsAgainstApplication(over(list), account, baidu);
    expect(refusals.find(({ code }) => code === 'contract.order_in_contract')).toMatchObject({
      contractId: 'ctr_9',
      contractNumber: 'CT-2026-00000009',
      remedy: 'void_that_contract',
    });
    expect(refusals.find(({ code }) => code === 'contract.ask_offline')?.offlineAddress).toEqual(
      baidu.contracts.offlineAddress,
    );
    expect(refusals.find(({ code }) => code === 'order.held_by_refund')).toMatchObject({ refundId: 'rfd_1' });
  });

  test.each([
    ['requested', baidu, 'void_that_contract'],
    ['requested', alibaba, 'delete_that_contract'],
    ['draft', baidu, 'void_that_contract'],
    ['draft', alibaba, 'delete_that_contract'],
    ['sealing', baidu, 'try_again_when_sealed'],
    ['sealing', alibaba, 'try_again_when_sealed'],
    ['official', baidu, 'submit_void_ticket'],
    ['official', alibaba, 'void_that_contract'],
  ] as const)(
    'CTR-3 CTR-25 CTR-26 an order in a contract that is %s comes free as its profile has it',
    (...of) => {
      const [status, profile, remedy] = of;
      const order = sampleOrder({ invoicingEntity: profile.invoicingEntities[0]!.code });
      const live = {
        contractId: 'ctr_9',
        number: status === 'requested' ? null : 'CT-2026-00000009',
        status,
      };
      expect(reasonsAgainstApplication(over([asked(order, live)]), account, profile)).toMatchObject([
        { code: 'contract.order_in_contract', contractId: 'ctr_9', contractNumber: live.number, remedy },
      ]);
    },
  );

  test(
    'CTR-3 a partner’s customer is sent to the provider, and a marketplace order stands alone, at ' +
      'alibaba only',
    () => {
      const partner = sampleAccount({ partner: { type: 'distribution', provider: 'Sample Partner Ltd' } });
      const market = sampleOrder({ category: 'MKT' });
      const other = sampleOrder();
      expect(reasonsAgainstApplication(over([asked(other)]), partner, alibaba)).toMatchObject([
        { code: 'contract.ask_your_provider', provider: 'Sample Partner Ltd' },
      ]);
      expect(codes([asked(other)], partner, baidu)).toEqual([]);
      expect(codes([asked(market), asked(other)], account, alibaba)).toEqual([
        [market.orderId, 'contract.marketplace_alone'],
      ]);
      expect(codes([asked(market)], account, alibaba)).toEqual([]);
    },
  );

  test(
    'CTR-2 CTR-3 an order of an invoicing entity that the profile does not have, or no longer, is ' +
      'refused, and so is its contract',
    () => {
      const order = sampleOrder({ invoicingEntity: 'nobody' });
      expect(codes([asked(order)], account, baidu)).toEqual([[order.orderId, 'contract.entity_unknown']]);
      const print = () =>
        contentOf(draft([order]), [order], { profile: baidu, mark: 'draft', testSeal: true, ownTerms });
      expect(refusalFrom(print)).toMatchObject({
        kind: 'conflict',
        code: 'contract.entity_unknown',
        facts: { contractId: 'ctr_1', invoicingEntity: 'nobody' },
      });
    },
  );

  test('EVT-5 is refused where its orders would not fit one event, whatever their number; 500 usual ones do', () => {
    const configuration = Array.from({ length: 30 }, () => ({
      name: '配'.repeat(60),
      value: '值'.repeat(200),
    }));
    const large = Array.from({ length: 40 }, () => asked(sampleOrder({ configuration })));
    expect(codes(large, account, baidu)).toEqual([[null, 'contract.too_large']]);
    expect(codes(large.slice(20), account, baidu)).toEqual([]);
    expect(
      codes(
        Array.from({ length: 500 }, () => asked(sampleOrder())),
        account,
        baidu,
      ),
    ).toEqual([]);
  });

  test('CTR-9 CTR-13 needs a certified name and, at alibaba, the same invoice title', () => {
    const one = [asked(sampleOrder())];
    expect(codes(one, undefined, baidu)).toEqual([[null, 'contract.not_certified']]);
    expect(codes(one, sampleAccount({ certifiedName: null }), baidu)).toEqual([
      [null, 'contract.not_certified'],
    ]);
    const other = sampleAccount({ invoiceTitle: 'Another Ltd' });
    expect(codes(one, other, alibaba)).toEqual([[null, 'contract.invoice_title_mismatch']]);
    expect(codes(one, other, baidu)).toEqual([]);
  });

  test('CTR-1 is refused where the profile has contracts over bills alone, whatever the orders', () => {
    const bills = { ...alibaba, contracts: { ...alibaba.contracts, sources: ['bill' as const] } };
    expect(reasonsAgainstApplication(over([asked(sampleOrder())]), account, bills)).toMatchObject([
      {
        orderId: null,
        code: 'contract.orders_not_offered',
        offlineAddress: alibaba.contracts.offlineAddress,
      },
    ]);
  });

  test('CTR-7 an unpaid domain order of a refused brand is refused at alibaba', () => {
    const domain = unpaidOrder({ productForm: 'domain', brand: 'hichina', serviceType: 'registration' });
    expect(codes([asked(domain)], account, alibaba)).toEqual([[domain.orderId, 'contract.unpaid_domain']]);
    expect(codes([asked(domain)], account, baidu)).toEqual([]);
    expect(codes([asked(sampleOrder({ ...domain, status: 'paid' }))], account, alibaba)).toEqual([]);
  });

  test('one code for all reasons is the refusal’s own; mixed ones are gathered', () => {
    const unknown = { orderId: 'ord_x', order: undefined, live: null };
    expect(refusalOf(reasonsAgainstApplication(over([unknown]), account, baidu))).toMatchObject({
      kind: 'not_found',
      code: 'order.not_found',
    });
    const mixed = refusalOf(
      reasonsAgainstApplication(
        over([unknown, asked(sampleOrder(), { contractId: 'ctr_9', number: null, status: 'requested' })]),
        account,
        baidu,
      ),
    );
    expect(mixed).toMatchObject({ kind: 'conflict', code: 'contract.application_refused' });
    expect(mixed.facts.refusals).toHaveLength(2);
  });

  test('CTR-4 sees what changed between asking and reserving', () => {
    const [same, paid, dearer, missing] = [sampleOrder(), unpaidOrder(), sampleOrder(), sampleOrder()];
    const now = [
      { ...same, version: 9 },
      { ...paid, status: 'paid' as const },
      { ...dearer, voucherPaid: { amount: '5.00', currency: 'CNY' } },
    ];
    expect(changedOrders([same, paid, dearer, missing], now)).toEqual([
      paid.orderId,
      dearer.orderId,
      missing.orderId,
    ]);
  });
});

describe('the content', () => {
  const rowsOf = (orders: readonly Order[], profile = baidu) =>
    contentOf(draft(orders), orders, { profile, mark: 'draft', testSeal: true, ownTerms }).rows.map(
      ({ period }) => period,
    );

  test('CTR-16 sums payable less vouchers and returned cash; pay as you go counts as nothing', () => {
    const withVoucher = sampleOrder({ voucherPaid: { amount: '5.00', currency: 'CNY' } });
    expect(amountOf([withVoucher, payAsYouGoOrder(), sampleOrder()])).toEqual({
      amount: '85.00',
      currency: 'CNY',
    });
    expect(amountOf([payAsYouGoOrder()])).toBeNull();
    const back = sampleOrder({ ...withVoucher, cashReturned: { amount: '34.84', currency: 'CNY' } });
    expect(amountOf([back, sampleOrder()])).toEqual({ amount: '50.16', currency: 'CNY' });
    expect(
      contentOf(draft([payAsYouGoOrder()]), [payAsYouGoOrder()], {
        profile: baidu,
        mark: 'draft',
        testSeal: true,
        ownTerms,
      }),
    ).toMatchObject({
      total: null,
      rows: [{ cashPayable: null }],
    });
  });

  test('CTR-15 says the period of each kind of order', () => {
    expect(rowsOf([sampleOrder()])).toEqual([
      { kind: 'period', start: '2026-01-10T03:00:00.000Z', end: '2026-02-10T03:00:00.000Z' },
    ]);
    expect(rowsOf([sampleOrder({ servicePeriod: null, fulfilment: 'creating' })])).toEqual([
      { kind: 'duration', value: 1, unit: 'month' },
    ]);
    expect(rowsOf([payAsYouGoOrder()])).toEqual([
      { kind: 'cycle', start: '2026-02-28T16:00:00.000Z', end: '2026-03-31T16:00:00.000Z' },
    ]);
    expect(rowsOf([unpaidOrder()])).toEqual([{ kind: 'duration', value: 1, unit: 'month' }]);
    const hichina = { brand: 'hichina', invoicingEntity: 'hichina' };
    expect(rowsOf([unpaidOrder(hichina)], alibaba)).toEqual([{ kind: 'none' }]);
    expect(rowsOf([unpaidOrder({ ...hichina, productForm: 'domain' })], alibaba)).toEqual([
      { kind: 'duration', value: 1, unit: 'month' },
    ]);
    expect(rowsOf([sampleOrder({ ...hichina, productForm: 'domain' })], alibaba)).toMatchObject([
      { kind: 'period' },
    ]);
  });

  test(
    'CTR-15 a paid subscription is not finalized before its period is known; then the period is the ' +
      'one that came later',
    () => {
      const early = sampleOrder({ servicePeriod: null, fulfilment: 'creating' });
      const [renewing, old] = [sampleOrder({ fulfilment: 'creating' }), sampleOrder({ servicePeriod: null })];
      expect(withoutPeriod([early, payAsYouGoOrder(), unpaidOrder(), renewing, old, sampleOrder()])).toEqual({
        unfulfilled: [early.orderId, renewing.orderId],
        fulfilled: [old.orderId],
      });
      const later = {
        ...sampleOrder(),
        orderId: early.orderId,
        version: early.version + 1,
        payableAmount: { amount: '99.00', currency: 'CNY' },
      };
      const merged = withLaterFacts([early], [later]);
      expect(withoutPeriod(merged)).toEqual({ unfulfilled: [], fulfilled: [] });
      expect(amountOf(merged)).toEqual({ amount: '45.00', currency: 'CNY' });
    },
  );

  test('ORD-26 an order given in part is not sealed before its last instance, whatever it is charged by', () => {
    const given = { instanceId: 'i-1', start: null, end: null, region: null, ipAddress: null };
    const part = payAsYouGoOrder({ count: 2, fulfilment: 'creating', instances: [given] });
    const waiting = payAsYouGoOrder({ fulfilment: 'creating', instances: [] });
    expect(withoutPeriod([part, waiting])).toEqual({ unfulfilled: [part.orderId], fulfilled: [] });
    const whole = {
      ...part,
      version: part.version + 1,
      fulfilment: 'created' as const,
      instances: [given, given],
    };
    const [merged] = withLaterFacts([part], [whole]);
    expect(merged).toMatchObject({ fulfilment: 'created', instances: [given, given] });
    expect(withoutPeriod([merged!])).toEqual({ unfulfilled: [], fulfilled: [] });
  });

  test(
    'CTR-14 ORD-8 a payment request says until when it is to be paid, as its draft has moved that: the ' +
      'earliest of its orders',
    () => {
      // As they were reserved: payBy is still that of orders without a contract.
      const reserved = ['2026-03-02T00:00:00.000Z', '2026-03-01T00:00:00.000Z'].map((createdAt) =>
        unpaidOrder({ createdAt, payBy: '2026-03-09T00:00:00.000Z' }),
      );
      const [here, there] = [baidu, asItComes].map((profile) => asDrafted(reserved, profile)) as [
        Order[],
        Order[],
      ];
      const content = contentOf(draft(here), here, {
        profile: baidu,
        mark: 'official',
        testSeal: false,
        ownTerms,
      });
      expect(content).toMatchObject({
        kind: 'payment_request',
        payBy: '2026-03-08T00:00:00.000Z',
        number: 'CT-2026-00000001',
        partyB: baidu.invoicingEntities[0]!['zh-CN'],
      });
      expect(validityOf('payment_request', here)).toEqual({ from: null, to: '2026-03-08T00:00:00.000Z' });
      expect(validityOf('payment_request', there)).toEqual({ from: null, to: '2026-03-31T00:00:00.000Z' });
      const paid = sampleOrder();
      expect(asDrafted([paid], baidu)).toEqual([paid]);
    },
  );

  test('CTR-29 CTR-33 a payment request is valid until the earliest payBy that is left to keep', () => {
    const [first, second] = ['2026-03-08T00:00:00.000Z', '2026-03-09T00:00:00.000Z'].map((payBy) =>
      unpaidOrder({ payBy }),
    ) as [Order, Order];
    const until = (...paid: string[]) => validityOf('payment_request', [second, first], paid);
    expect(until()).toEqual({ from: null, to: first.payBy });
    expect(until(first.orderId)).toEqual({ from: null, to: second.payBy });
    expect(until(first.orderId, second.orderId)).toEqual({ from: null, to: null });
  });

  test('CTR-23 ORD-22 terms are included or linked by brand and category; a product’s own come first', () => {
    const rules = alibaba.contracts;
    const own = new Map([['OWN', 'https://terms.example.com/own']]);
    const of = (productCode: string, brand: string, category: string) =>
      termsOf({ productCode, brand, category }, own, rules);
    expect(of('DOMAIN', 'hichina', 'DOMAIN')).toEqual({ included: true, url: null });
    expect(of('HOSTING', 'hichina', 'HOSTING')).toEqual({ included: true, url: null });
    for (const [brand, category] of [
      ['hichina', 'ECS'],
      ['aliyun', 'DOMAIN'],
    ] as const)
      expect(of('X', brand, category)).toEqual({ included: false, url: rules.termsUrl });
    expect(of('OWN', 'aliyun', 'ECS')).toEqual({ included: false, url: 'https://terms.example.com/own' });
    expect(of('OWN', 'hichina', 'DOMAIN')).toEqual({ included: true, url: 'https://terms.example.com/own' });
    const order = sampleOrder({ brand: 'hichina', category: 'DOMAIN' });
    for (const [profile, included] of [
      [alibaba, alibaba.contracts.termsIncluded['zh-CN']],
      [baidu, []],
    ] as const) {
      const content = contentOf(draft([order]), [order], {
        profile,
        mark: 'draft',
        testSeal: true,
        ownTerms,
      });
      expect(content.terms).toEqual(included);
    }
  });

  test('CTR-33 is valid from the earliest start to the latest end, open with pay as you go', () => {
    const later = sampleOrder({
      servicePeriod: { start: '2026-01-20T03:00:00.000Z', end: '2027-01-20T03:00:00.000Z' },
    });
    expect(validityOf('order', [later, sampleOrder()])).toEqual({
      from: '2026-01-10T03:00:00.000Z',
      to: '2027-01-20T03:00:00.000Z',
    });
    expect(validityOf('order', [later, payAsYouGoOrder()])).toEqual({
      from: '2026-01-20T03:00:00.000Z',
      to: null,
    });
  });

  test('a billing cycle and a year are those of the zone, across daylight saving too', () => {
    expect(billingCycle('Asia/Shanghai', new Date('2026-12-31T16:00:00.000Z'))).toEqual({
      start: new Date('2026-12-31T16:00:00.000Z'),
      end: new Date('2027-01-31T16:00:00.000Z'),
    });
    expect(billingCycle('Europe/Berlin', new Date('2026-03-31T21:59:59.999Z'))).toEqual({
      start: new Date('2026-02-28T23:00:00.000Z'),
      end: new Date('2026-03-31T22:00:00.000Z'),
    });
    expect([
      yearIn('Asia/Shanghai', new Date('2026-12-31T15:59:59.000Z')),
      yearIn('Asia/Shanghai', new Date('2026-12-31T16:00:00.000Z')),
    ]).toEqual([2026, 2027]);
  });
});
