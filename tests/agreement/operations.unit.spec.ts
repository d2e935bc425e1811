import { isZero } from '@accord/money';
import { loadGlyphCheck, type GlyphCheck } from '@accord/pdf';
import { loadProfile, type Profile } from '@accord/profile';
import { reasonsAgainstApplication, reasonsAgainstPrinting } from '../../services/contract/src/objections.ts';
import {
  allowedOperations,
  operationContextOf,
  withoutQuota,
  type Account,
  type Operation,
} from '../../services/order/src/order/allowed-operations.ts';
import {
  cancelOrder,
  expectPayable,
  expireOrder,
  obstacle,
  orderSnapshot,
  type Order,
} from '../../services/order/src/order/order.ts';
import { resourceSnapshot, type Resource } from '../../services/order/src/resource/resource.ts';
import type { RefundedOrder } from '../../services/refund/src/refund/amount.ts';
import { quoteInstances } from '../../services/refund/src/refund/quote.ts';

// ORD-16: the order service offers an operation where the service that decides about it would take the request. Both
// are asked about the same orders here.

const day = (n: number) => new Date(Date.UTC(2026, 2, n, 3));
const now = day(10);
const cny = (amount: string) => ({ amount, currency: 'CNY' });
const profiles = { baidu: loadProfile('baidu'), alibaba: loadProfile('alibaba') };
const entity = { baidu: 'baidu_netcom', alibaba: 'aliyun_computing' } as const;
let missingGlyphs: GlyphCheck;
beforeAll(async () => void (missingGlyphs = await loadGlyphCheck()));

/** A month of one instance, paid in cash and running. */
const running: Order = {
  orderId: 'ord_1',
  version: 3,
  accountId: 'acc_1',
  operatorId: 'usr_1',
  placedBy: 'customer:usr_1',
  productCode: 'VM',
  productName: { 'zh-CN': '云服务器', en: 'Virtual machine' },
  category: 'COMPUTE',
  brand: 'own',
  invoicingEntity: 'baidu_netcom',
  productForm: 'instance',
  orderType: 'purchase',
  billType: 'prepay',
  chargeType: 'subscription',
  contractable: true,
  refundable: true,
  serviceType: null,
  configuration: [{ name: 'CPU', value: '2 核' }],
  count: 1,
  duration: { value: 1, unit: 'month' },
  unitPrice: { ...cny('45'), unit: 'month' },
  productAmount: cny('45.00'),
  discountAmount: cny('0.00'),
  payableAmount: cny('45.00'),
  cashPaid: cny('45.00'),
  voucherPaid: cny('0.00'),
  cashReturned: cny('0.00'),
  paidParts: { cash: cny('45.00'), giftCredit: cny('0.00'), storedCard: cny('0.00'), voucher: cny('0.00') },
  promotion: null,
  trial: false,
  free: false,
  customised: false,
  bundleId: null,
  supportRightsUsed: false,
  invoiced: false,
  instanceIds: ['i-1'],
  instances: [],
  refundedInstanceIds: [],
  refundIds: [],
  servicePeriod: { start: day(5), end: new Date(Date.UTC(2026, 3, 5, 3)) },
  status: 'paid',
  fulfilment: 'created',
  refundState: 'none',
  hold: null,
  createdAt: day(5),
  payBy: null,
  paidAt: day(5),
  cancelledAt: null,
  voidedAt: null,
};
const nothing = cny('0.00');
const unpaid: Partial<Order> = {
  status: 'unpaid',
  fulfilment: 'none',
  cashPaid: nothing,
  paidParts: null,
  instanceIds: [],
  servicePeriod: null,
  payBy: day(12),
  paidAt: null,
};
const creating: Partial<Order> = { fulfilment: 'creating', instanceIds: [], servicePeriod: null };
const costsNothing: Partial<Order> = {
  payableAmount: nothing,
  cashPaid: nothing,
  discountAmount: cny('45.00'),
};
const domain: Partial<Order> = {
  ...unpaid,
  productForm: 'domain',
  category: 'DOMAIN',
  serviceType: 'registration',
};
const pack = (productForm: 'usage_package' | 'storage_package'): Partial<Order> => ({
  chargeType: 'package',
  productForm,
  duration: null,
});
const promotion = (terms: 'refundable' | 'no_refund', kind: 'discount' | 'lottery' = 'discount') => ({
  promotion: { id: 'p1', kind, terms },
});

const machine: Resource = {
  instanceId: 'i-1',
  version: 1,
  reportVersion: 1,
  accountId: 'acc_1',
  productCode: 'VM',
  orderIds: ['ord_1'],
  start: day(5),
  end: new Date(Date.UTC(2026, 3, 5, 3)),
  usage: '0',
  inEffect: false,
  frozenBy: null,
  released: false,
  archived: false,
  nextRenewalPeriod: null,
  scaledAt: null,
  region: null,
  ipAddress: null,
  plan: null,
  knownSince: null,
  reportedBy: null,
};

const certified: Account = {
  certifiedName: '北京示例有限公司',
  certificate: null,
  invoiceTitle: '北京示例有限公司',
  partner: null,
  address: null,
};

interface Case {
  readonly order?: Partial<Order>;
  readonly resource?: Partial<Resource>;
  readonly frozen?: readonly string[];
  readonly account?: Partial<Account> | undefined;
  /** Other orders of the account: on the same instance, or of the same bundle. */
  readonly others?: readonly Partial<Order>[];
  readonly rules?: (profile: Profile) => Profile;
  readonly refundsThisYear?: number;
  /** As the refund service keeps it. */
  readonly refunded?: readonly RefundedOrder[];
}

const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
const lastDay = { start: new Date(Date.UTC(2026, 2, 5, 2)), end: new Date(Date.UTC(2026, 2, 10, 4)) };
const usd = (amount: string) => ({ amount, currency: 'USD' });
const threeFor = (amount: string): Partial<Order> => ({
  count: 3,
  instanceIds: ['i-1', 'i-2', 'i-3'],
  cashPaid: cny(amount),
  paidParts: { cash: cny(amount), giftCredit: nothing, storedCard: nothing, voucher: nothing },
  servicePeriod: { start: day(20), end: day(30) },
});
/** Of two instances not begun yet, the first was given back. */
const halfOf = (amount: string): Partial<Order> => ({
  ...threeFor(amount),
  count: 2,
  instanceIds: ['i-0', 'i-1'],
  refundedInstanceIds: ['i-0'],
  refundState: 'partial',
});
const inCash = (amount: string) => ({
  cash: cny(amount),
  giftCredit: nothing,
  storedCard: nothing,
  voucher: nothing,
});
const halfRefunded = (amount: string, exact: string): RefundedOrder => ({
  orderId: 'ord_1',
  paid: inCash('0.02'),
  instances: 1,
  refunded: inCash(amount),
  consumed: nothing,
  fee: nothing,
  exact: { paid: exact, refund: exact, fee: '0', voucher: '0' },
});
const feeOf = (percent: string): Partial<Profile['refunds']> => ({
  fees: [{ termMonths: 1, steps: [{ usedUpToMonths: 1, percent }] }],
});
/** To a plan of another price, which gives the difference of the rest back. */
const downgradeTo = (priceAfter: string): Partial<Order> => ({
  ...costsNothing,
  orderId: 'ord_2',
  orderType: 'downgrade',
  duration: null,
  createdAt: day(6),
  planChange: {
    from: 'large',
    returns: 'difference',
    rest: [
      {
        instanceId: 'i-1',
        orderId: 'ord_1',
        start: day(6).toISOString(),
        end: running.servicePeriod!.end.toISOString(),
        unit: 'day',
        remaining: 30,
        total: 31,
        priceBefore: '45',
        priceAfter,
      },
    ],
  },
});
const renewal: Partial<Order> = { orderId: 'ord_2', orderType: 'renewal', createdAt: day(6) };
/** The month after the running one. */
const later: Partial<Order> = {
  ...renewal,
  servicePeriod: { start: running.servicePeriod!.end, end: new Date(Date.UTC(2026, 4, 5, 3)) },
};
const failed: Partial<Order> = { status: 'voided', fulfilment: 'failed', voidedAt: day(6) };
const oneTime: Partial<Order> = {
  chargeType: 'one_time',
  productForm: 'one_time',
  duration: null,
  servicePeriod: null,
};
const { status, fulfilment, cashPaid, paidParts, instanceIds, servicePeriod, payBy, paidAt } = running;
const paidDomain: Partial<Order> = {
  ...{ status, fulfilment, cashPaid, paidParts, instanceIds, servicePeriod, payBy, paidAt },
};
const fees = (profile: Profile, change: Partial<Profile['refunds']>): Profile => ({
  ...profile,
  refunds: { ...profile.refunds, ...change },
});
const contracts = (profile: Profile, change: Partial<Profile['contracts']>): Profile => ({
  ...profile,
  contracts: { ...profile.contracts, ...change },
});

const view: Operation[] = ['view'];
const both: Operation[] = ['view', 'request_contract', 'unsubscribe'];
const contractOnly: Operation[] = ['view', 'request_contract'];
const unsubscribeOnly: Operation[] = ['view', 'unsubscribe'];
const open: Operation[] = ['view', 'pay', 'cancel'];
const openWithContract: Operation[] = [...open, 'request_contract'];
type Expected = Operation[] | { readonly baidu: Operation[]; readonly alibaba: Operation[] };

const cases: Readonly<Record<string, readonly [Case, Expected]>> = {
  'a running instance': [{}, both],
  'of several instances one that is left': [
    {
      order: { count: 2, instanceIds: ['i-0', 'i-1'], refundedInstanceIds: ['i-0'], refundState: 'partial' },
    },
    both,
  ],
  'not yet created': [{ order: creating }, contractOnly],
  'created in part': [{ order: { count: 2, fulfilment: 'creating', servicePeriod: null } }, view],
  unpaid: [{ order: unpaid }, openWithContract],
  'past its payBy': [{ order: { ...unpaid, payBy: now } }, view],
  cancelled: [{ order: { ...unpaid, status: 'cancelled', cancelledAt: day(6) } }, view],
  voided: [{ order: { status: 'voided', voidedAt: day(6) } }, view],
  'in a contract': [{ order: { hold: { kind: 'contract', id: 'ctr_1' } } }, view],
  'unpaid and in a contract': [{ order: { ...unpaid, hold: { kind: 'contract', id: 'ctr_1' } } }, open],
  'in a refund': [{ order: { hold: { kind: 'refund', id: 'rfd_1' }, refundState: 'in_progress' } }, view],

  'marketplace, MKT': [{ order: { category: 'MKT' } }, { baidu: unsubscribeOnly, alibaba: both }],
  'marketplace, AI_MKT': [{ order: { category: 'AI_MKT' } }, { baidu: unsubscribeOnly, alibaba: both }],
  'marketplace, unpaid': [
    { order: { ...unpaid, category: 'MKT_V' } },
    { baidu: open, alibaba: openWithContract },
  ],
  'category CUSTOM': [{ order: { category: 'CUSTOM' } }, { baidu: unsubscribeOnly, alibaba: both }],
  customised: [{ order: { customised: true } }, { baidu: unsubscribeOnly, alibaba: both }],
  'invoiced marketplace': [
    { order: { category: 'MKT', invoiced: true } },
    { baidu: view, alibaba: contractOnly },
  ],
  'an unpaid domain': [{ order: domain }, openWithContract],
  'an unpaid domain of the refused brand': [
    { order: { ...domain, brand: 'hichina' } },
    { baidu: openWithContract, alibaba: open },
  ],
  'a paid domain of the refused brand': [
    { order: { productForm: 'domain', serviceType: 'renewal', brand: 'hichina' } },
    both,
  ],
  'an unpaid domain of a service type that gets none': [
    {
      order: { ...domain, serviceType: 'buyback' },
      rules: (profile) => contracts(profile, { unpaidDomainServiceTypes: ['registration'] }),
    },
    open,
  ],
  ...Object.fromEntries(
    (['renewal', 'transfer_in', 'redemption', 'buyback', 'buyback_zhiyu'] as const).map((serviceType) => [
      `an unpaid domain, ${serviceType}`,
      [{ order: { ...domain, serviceType } }, openWithContract] as const,
    ]),
  ),
  'an unpaid domain past its payBy': [{ order: { ...domain, payBy: now } }, view],
  'a domain whose name was taken': [{ order: { ...domain, status: 'cancelled', cancelledAt: day(6) } }, view],
  'a paid domain that is not registered yet': [
    { order: { ...domain, ...paidDomain, ...creating } },
    contractOnly,
  ],
  'a paid domain that could not be registered': [{ order: { ...domain, ...paidDomain, ...failed } }, view],
  'a paid domain': [{ order: { ...domain, ...paidDomain } }, both],
  'a paid domain whose name is released': [
    { order: { ...domain, ...paidDomain }, resource: { released: true } },
    contractOnly,
  ],
  'a paid domain of an account that is not known': [
    { order: { ...domain, ...paidDomain }, account: undefined },
    unsubscribeOnly,
  ],
  'no product for contracts': [{ order: { contractable: false } }, unsubscribeOnly],
  'an invoicing entity the profile no longer has': [{ order: { invoicingEntity: 'gone' } }, unsubscribeOnly],
  'a provider with contracts over bills alone': [
    { rules: (profile) => contracts(profile, { sources: ['bill'] }) },
    unsubscribeOnly,
  ],
  'characters that no document shows': [
    { order: { configuration: [{ name: 'Tag', value: '\u{1F600}' }] } },
    unsubscribeOnly,
  ],

  'an account that is not known': [{ account: undefined }, unsubscribeOnly],
  'an account without a certified name': [{ account: { certifiedName: null } }, unsubscribeOnly],
  'a certified name of invisible characters': [{ account: { certifiedName: '\u200b' } }, unsubscribeOnly],
  'a certified name that no document shows': [
    { account: { certifiedName: '\u{1F600}', invoiceTitle: '\u{1F600}' } },
    unsubscribeOnly,
  ],
  'an address that no document shows': [
    { account: { address: { recipient: '\u{1F600}', phone: '1', address: 'x' } } },
    unsubscribeOnly,
  ],
  "a partner's customer": [
    { account: { partner: { type: 'distribution', provider: 'Partner Ltd.' } } },
    { baidu: both, alibaba: unsubscribeOnly },
  ],
  'another invoice title': [
    { account: { invoiceTitle: 'Other Ltd.' } },
    { baidu: both, alibaba: unsubscribeOnly },
  ],

  'pay as you go': [
    {
      order: {
        ...costsNothing,
        billType: 'postpay',
        chargeType: 'pay_as_you_go',
        duration: null,
        productAmount: null,
        servicePeriod: null,
      },
      resource: { end: null },
    },
    contractOnly,
  ],
  'charged once': [
    { order: { chargeType: 'one_time', productForm: 'one_time', duration: null, servicePeriod: null } },
    contractOnly,
  ],
  'charged once, unpaid': [{ order: { ...unpaid, ...oneTime } }, openWithContract],
  'charged once, not delivered yet': [{ order: { ...oneTime, ...creating } }, contractOnly],
  'charged once, not delivered': [{ order: { ...oneTime, ...failed } }, view],
  'charged once, in a contract': [{ order: { ...oneTime, hold: { kind: 'contract', id: 'ctr_1' } } }, view],
  'charged once, for nothing': [{ order: { ...oneTime, ...costsNothing, free: true } }, contractOnly],
  'charged once, marketplace': [
    { order: { ...oneTime, category: 'MKT' } },
    { baidu: view, alibaba: contractOnly },
  ],
  'charged once, marketplace, unpaid': [
    { order: { ...unpaid, ...oneTime, category: 'MKT' } },
    { baidu: open, alibaba: openWithContract },
  ],
  'charged once, customised': [
    { order: { ...oneTime, customised: true } },
    { baidu: view, alibaba: contractOnly },
  ],
  free: [{ order: { ...costsNothing, free: true } }, contractOnly],
  'a trial': [{ order: { ...costsNothing, trial: true } }, contractOnly],
  'a compensation': [
    { order: { ...costsNothing, ...renewal, orderType: 'compensation' }, others: [{}] },
    contractOnly,
  ],
  'paid by vouchers alone': [{ order: { cashPaid: nothing, voucherPaid: cny('45.00') } }, contractOnly],
  'no product for refunds': [{ order: { refundable: false } }, contractOnly],
  'support rights that were used': [{ order: { supportRightsUsed: true } }, contractOnly],
  'a promotion without refunds': [{ order: promotion('no_refund') }, contractOnly],
  'a gift campaign': [{ order: promotion('refundable', 'lottery') }, contractOnly],
  'a discount with refunds': [{ order: promotion('refundable') }, both],
  'a year without refunds': [{ rules: (profile) => fees(profile, { yearlyQuota: 0 }) }, contractOnly],

  frozen: [{ resource: { frozenBy: 'police' } }, contractOnly],
  released: [{ resource: { released: true } }, contractOnly],
  archived: [{ resource: { archived: true } }, contractOnly],
  expired: [{ resource: { end: now } }, contractOnly],
  'in the last day of its period': [
    { order: { servicePeriod: lastDay }, resource: { end: lastDay.end } },
    contractOnly,
  ],
  'in the last hour of its last day, counted by hours': [
    {
      order: { servicePeriod: lastDay },
      resource: { end: lastDay.end },
      rules: (profile) => fees(profile, { consumption: 'hour' }),
    },
    both,
  ],
  'in the last day of its period, renewed': [
    {
      order: { servicePeriod: lastDay },
      others: [{ ...renewal, servicePeriod: { start: lastDay.end, end: day(30) } }],
      resource: { end: day(30) },
    },
    both,
  ],
  'sixty minutes, of which one is over': [
    {
      order: {
        duration: { value: 60, unit: 'minute' },
        servicePeriod: { start: minutes(-1), end: minutes(59) },
      },
      resource: { start: minutes(-1), end: minutes(59) },
    },
    contractOnly,
  ],
  'a rest that is less than the fee': [{ rules: (profile) => fees(profile, feeOf('90')) }, contractOnly],
  'a rest that is more than the fee': [{ rules: (profile) => fees(profile, feeOf('10')) }, both],
  'a cent for three instances together': [{ order: threeFor('0.01') }, both],
  'a cent for three instances, of which two are frozen': [
    { order: threeFor('0.01'), resource: {}, frozen: ['i-2', 'i-3'] },
    contractOnly,
  ],
  'a downgrade to a plan that costs nothing, the difference returned': [
    { others: [downgradeTo('0')] },
    contractOnly,
  ],
  'a downgrade to a cheaper plan, the difference returned': [{ others: [downgradeTo('20')] }, both],
  'a cent for two instances, of which one has its rounded half back': [
    { order: halfOf('0.01'), refunded: [halfRefunded('0.01', '1/200')] },
    contractOnly,
  ],
  'two cents for two instances, of which one has its own back': [
    { order: halfOf('0.02'), refunded: [halfRefunded('0.01', '1/100')] },
    both,
  ],
  'vouchers that return': [
    {
      order: { cashPaid: nothing, voucherPaid: cny('45.00') },
      rules: (profile) => fees(profile, { vouchersReturn: 'always' }),
    },
    both,
  ],
  'a renewal in another currency': [
    { others: [{ ...renewal, cashPaid: usd('13.00'), voucherPaid: usd('0.00'), paidParts: null }] },
    contractOnly,
  ],
  'a period that nobody told': [{ order: { servicePeriod: null } }, contractOnly],
  'a package in its window': [{ order: pack('usage_package') }, both],
  'a package past the window of one': [
    { order: { ...pack('usage_package'), paidAt: day(4) } },
    { baidu: both, alibaba: contractOnly },
  ],
  'a package that was used': [{ order: pack('usage_package'), resource: { usage: '0.001' } }, contractOnly],
  'a storage package in effect': [
    { order: pack('storage_package'), resource: { inEffect: true } },
    contractOnly,
  ],
  'a storage package that begins later': [
    { order: pack('storage_package'), resource: { start: day(20) } },
    both,
  ],

  'a renewal of a running instance': [{ order: later, others: [{}] }, both],
  'an unpaid renewal': [
    { order: { ...unpaid, ...renewal, instanceIds: ['i-1'] }, others: [{}] },
    openWithContract,
  ],
  'an unpaid renewal past its payBy': [
    { order: { ...unpaid, ...renewal, instanceIds: ['i-1'], payBy: now }, others: [{}] },
    view,
  ],
  'a renewal that is not carried out yet': [
    { order: { ...renewal, fulfilment: 'creating', servicePeriod: null }, others: [{}] },
    contractOnly,
  ],
  'a renewal that a refund of it alone took back': [
    {
      order: { ...later, status: 'voided', refundState: 'full', refundedInstanceIds: ['i-1'] },
      others: [{}],
    },
    view,
  ],
  'a renewal whose purchase is in a contract': [
    { order: later, others: [{ hold: { kind: 'contract', id: 'ctr_1' } }] },
    contractOnly,
  ],
  'a renewal whose purchase was a gift': [
    { order: later, others: [{ ...promotion('refundable', 'lottery') }] },
    contractOnly,
  ],
  'a renewal of a frozen instance': [
    { order: later, others: [{}], resource: { frozenBy: 'police' } },
    contractOnly,
  ],
  'a renewal paid by vouchers alone': [
    { order: { ...later, cashPaid: nothing, voucherPaid: cny('45.00') }, others: [{}] },
    contractOnly,
  ],
  'a renewal of a marketplace product': [
    { order: { ...later, category: 'MKT' }, others: [{ category: 'MKT' }] },
    { baidu: unsubscribeOnly, alibaba: both },
  ],
  'a renewal of a domain of the refused brand, unpaid': [
    {
      order: { ...domain, ...renewal, serviceType: 'renewal', brand: 'hichina', instanceIds: ['i-1'] },
      others: [{ productForm: 'domain', serviceType: 'registration', brand: 'hichina' }],
    },
    { baidu: openWithContract, alibaba: open },
  ],
  'a renewal beside it': [{ others: [renewal] }, both],
  'an unpaid renewal beside it': [
    { others: [{ ...unpaid, ...renewal, instanceIds: ['i-1'] }] },
    contractOnly,
  ],
  'a renewal in a contract': [
    { others: [{ ...renewal, hold: { kind: 'contract', id: 'ctr_1' } }] },
    contractOnly,
  ],
  'a renewal of a promotion without refunds': [
    { others: [{ ...renewal, ...promotion('no_refund') }] },
    contractOnly,
  ],
  'a paid renewal of a trial': [{ order: renewal, others: [{ ...costsNothing, trial: true }] }, both],
  'a switch to postpay that is still to come': [
    {
      others: [
        {
          ...costsNothing,
          orderId: 'ord_2',
          orderType: 'configuration_change',
          billType: 'postpay',
          chargeType: 'pay_as_you_go',
          createdAt: day(6),
          productAmount: null,
          duration: null,
          servicePeriod: null,
        },
      ],
    },
    both,
  ],
  'a bundle of itself': [{ order: { bundleId: 'b1' } }, both],
  'one of a bundle': [
    { order: { bundleId: 'b1' }, others: [{ orderId: 'ord_2', bundleId: 'b1', instanceIds: ['i-2'] }] },
    contractOnly,
  ],
  'a bundle of itself with a renewal that gives nothing back': [
    {
      order: { bundleId: 'b1' },
      others: [{ ...renewal, bundleId: 'b1', ...promotion('no_refund') }],
    },
    both,
  ],
  'a bundle of itself with a renewal that used support rights, and is in no bundle': [
    { order: { bundleId: 'b1' }, others: [{ ...renewal, supportRightsUsed: true }] },
    both,
  ],
  'a bundle of itself that is over': [{ order: { bundleId: 'b1' }, resource: { end: now } }, contractOnly],
  'a bundle of itself with a renewal in a contract': [
    {
      order: { bundleId: 'b1' },
      others: [{ ...renewal, bundleId: 'b1', hold: { kind: 'contract', id: 'ctr_1' } }],
    },
    contractOnly,
  ],
  'a bundle of which another order is not fulfilled yet': [
    { order: { bundleId: 'b1' }, others: [{ ...creating, orderId: 'ord_2', bundleId: 'b1' }] },
    contractOnly,
  ],
  'a year whose refunds are used up': [
    { rules: (profile) => fees(profile, { yearlyQuota: 2 }), refundsThisYear: 2 },
    contractOnly,
  ],
  'a year with one refund left': [
    { rules: (profile) => fees(profile, { yearlyQuota: 2 }), refundsThisYear: 1 },
    both,
  ],
};

const rows = Object.entries(cases).flatMap(([title, [given, expected]]) =>
  (['baidu', 'alibaba'] as const).map(
    (provider) => [title, provider, given, Array.isArray(expected) ? expected : expected[provider]] as const,
  ),
);

test.each(rows)('ORD-16 %s, at %s, is offered as it is decided', (_, provider, given, expected) => {
  const { profile, order, orders, resources, account } = worldOf(provider, given);
  const { refundsThisYear = 0, refunded = [] } = given;
  const context = operationContextOf({
    accounts: new Map(account ? [['acc_1', account]] : []),
    resources,
    orders: orders.filter(({ status }) => status === 'unpaid' || status === 'paid'),
    withoutQuota: withoutQuota(new Map([['acc_1', refundsThisYear]]), profile),
  });
  const offered = allowedOperations(order, context, { profile, missingGlyphs, now });
  expect(offered).toEqual(expected);

  const refusesBy = (decide: () => unknown) =>
    expect(decide).toThrow(expect.objectContaining({ kind: 'conflict' }));
  const asks: [Operation, () => unknown][] = [
    ['pay', () => expectPayable(order, now)],
    [
      'cancel',
      () => cancelOrder(expireOrder(order, now).state, { reason: 'by_customer', text: null, at: now }),
    ],
  ];
  for (const [operation, ask] of asks)
    if (offered.includes(operation)) ask();
    else refusesBy(ask);
  const application = refusedApplication({ profile, order, account });
  expect([application, application.length === 0]).toEqual([
    application,
    offered.includes('request_contract'),
  ]);
  const refund = refusedRefund({ profile, order, orders, resources, refundsThisYear, refunded });
  if (offered.includes('unsubscribe')) expect(refund).toEqual([]);
  // An order that brings nothing back is not offered, even where its instance comes back with another order.
  else if (!isZero(order.cashPaid)) expect(refund).not.toEqual([]);
});

/** Each instance with the period of its order; an order on what is there already knows none before it is fulfilled. */
const withInstances = (order: Order): Order => ({
  ...order,
  instances: (order.orderType === 'purchase' || order.fulfilment === 'created' ? order.instanceIds : []).map(
    (instanceId) => ({
      instanceId,
      start: order.servicePeriod?.start ?? null,
      end: order.servicePeriod?.end ?? null,
      region: null,
      ipAddress: null,
      told: null,
      knownSince: null,
    }),
  ),
});

function worldOf(provider: keyof typeof profiles, asked: Case) {
  const profile = (asked.rules ?? ((same) => same))(profiles[provider]);
  const own = { ...running, invoicingEntity: entity[provider] };
  const order = withInstances({ ...own, ...asked.order });
  const isKnown = !('account' in asked) || asked.account !== undefined;
  return {
    profile,
    order,
    orders: [order, ...(asked.others ?? []).map((other) => withInstances({ ...own, ...other }))],
    resources: order.instanceIds
      .filter((id) => !order.refundedInstanceIds.includes(id))
      .map((instanceId) => ({
        ...machine,
        ...asked.resource,
        instanceId,
        ...(asked.frozen?.includes(instanceId) && { frozenBy: 'police' as const }),
      })),
    account: isKnown ? { ...certified, ...asked.account } : undefined,
  };
}

/** Codes of the contract service and, of an order that has to expire first, of the reservation. */
function refusedApplication({
  profile,
  order,
  account,
}: {
  profile: Profile;
  order: Order;
  account: Account | undefined;
}): string[] {
  const asked = {
    orderId: order.orderId,
    order: orderSnapshot(order),
    live:
      order.hold?.kind === 'contract'
        ? { contractId: order.hold.id, number: null, status: 'draft' as const }
        : null,
  };
  const asking = { orders: [asked], bills: [] };
  const told = account && { accountId: 'acc_1', version: 1, contacts: [], ...account };
  const reserved = obstacle(expireOrder(order, now).state, { kind: 'contract', id: 'ctr_new' });
  return [
    ...reasonsAgainstApplication(asking, told, profile).map(({ code }) => code),
    ...reasonsAgainstPrinting(asking, told, profile, missingGlyphs).map(({ code }) => code),
    ...(reserved ? [reserved] : []),
  ];
}

/** Codes of the refund service; none where one of the order's instances could be given back. */
function refusedRefund({
  profile,
  order,
  orders,
  resources,
  refundsThisYear,
  refunded,
}: {
  profile: Profile;
  order: Order;
  orders: readonly Order[];
  resources: readonly Resource[];
  refundsThisYear: number;
  refunded: readonly RefundedOrder[];
}): string[] {
  const instanceIds = order.instanceIds.filter((id) => !order.refundedInstanceIds.includes(id));
  const members = orders.map((one) => one.instanceIds);
  const facts = {
    orders: orders.map(orderSnapshot),
    resources: resources.map(resourceSnapshot),
    contracts: [],
    claims: [],
    returnedRenewals: orders
      .filter(({ orderType }) => orderType === 'renewal')
      .flatMap(({ orderId, refundedInstanceIds }) =>
        refundedInstanceIds.map((instanceId) => ({ orderId, instanceId })),
      ),
    bundles: order.bundleId === null ? [] : [{ bundleId: order.bundleId, members }],
    refundsThisYear,
    refunded,
  };
  const quote = (ids: readonly string[]) =>
    quoteInstances(ids, facts, { at: now, kind: 'unsubscribe' }, profile);
  const open = quote(instanceIds).filter(({ refundable }) => refundable);
  // A request names none that is refused for itself.
  const quotes = quote(open.length > 0 ? open.map(({ instanceId }) => instanceId) : instanceIds);
  if (open.length > 0 && quotes.every(({ refundable }) => refundable)) return [];
  return ['none of its instances', ...quotes.flatMap(({ reasons }) => reasons.map(({ code }) => code))];
}
