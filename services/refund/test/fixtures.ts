import { add, money, zero } from '@accord/money';
import type { Order, Resource } from '../src/refund/candidate.ts';

// Orders and resources for the tests: RFD-7's, where nothing else is said.

export const cny = (amount: string) => money(amount, 'CNY');
export const dayMs = 86_400_000;
export const bought = '2026-01-10T11:00:00.000Z';
export const ends = '2026-02-10T11:00:00.000Z';
export const refundedAt = new Date('2026-01-16T15:00:00.000Z');
export const none = zero('CNY');

export function parts({ cash = '0', giftCredit = '0', storedCard = '0', voucher = '0' }) {
  return { cash: cny(cash), giftCredit: cny(giftCredit), storedCard: cny(storedCard), voucher: cny(voucher) };
}

const compute = {
  productCode: 'BCC',
  productName: { 'zh-CN': '云服务器', en: 'Cloud Compute' },
  category: 'BCC',
  brand: 'baidu',
  invoicingEntity: 'baidu_netcom',
  productForm: 'instance',
  contractable: true,
  refundable: true,
  serviceType: null,
  configuration: [],
  count: 1,
  duration: { value: 1, unit: 'month' },
  unitPrice: { amount: '45.00', currency: 'CNY', unit: 'month' },
  productAmount: cny('45.00'),
  discountAmount: none,
} satisfies Partial<Order>;

const nothingSpecial = {
  promotion: null,
  trial: false,
  free: false,
  customised: false,
  bundleId: null,
  supportRightsUsed: false,
  invoiced: false,
};

/** 45.00 CNY in cash for 31 days of one instance. `paid` says how it was paid. */
export function exampleOrder(change: Partial<Order> & { paid?: ReturnType<typeof parts> } = {}): Order {
  const { paid = parts({ cash: '45.00' }), ...rest } = change;
  const cashPaid = add(add(paid.cash, paid.giftCredit), paid.storedCard);
  return {
    orderId: 'ord_1',
    version: 4,
    accountId: 'acc_1',
    operatorId: 'usr_1',
    ...compute,
    ...nothingSpecial,
    orderType: 'purchase',
    billType: 'prepay',
    chargeType: 'subscription',
    payableAmount: add(cashPaid, paid.voucher),
    cashPaid,
    voucherPaid: paid.voucher,
    paidParts: paid,
    instanceIds: ['i-1'],
    servicePeriod: { start: bought, end: ends },
    status: 'paid',
    fulfilment: 'created',
    refundState: 'none',
    hold: null,
    createdAt: bought,
    payBy: null,
    paidAt: bought,
    cancelledAt: null,
    voidedAt: null,
    ...rest,
  };
}

export const exampleResource = (change: Partial<Resource> = {}): Resource => ({
  instanceId: 'i-1',
  version: 1,
  reportVersion: 1,
  accountId: 'acc_1',
  productCode: 'BCC',
  orderIds: ['ord_1'],
  start: bought,
  end: ends,
  usage: '0',
  inEffect: true,
  frozenBy: null,
  released: false,
  archived: false,
  nextRenewalPeriod: null,
  scaledAt: null,
  region: null,
  ipAddress: null,
  ...change,
});
