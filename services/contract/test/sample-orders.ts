import { newId } from '@accord/core';
import type { Account } from '../src/account/account.ts';
import type { Order } from '../src/order-view.ts';

// Orders and accounts for specs, as the order service and the platform would tell them.

const cny = (amount: string) => ({ amount, currency: 'CNY' });

const product = {
  productCode: 'BCC',
  productName: { 'zh-CN': '云服务器', en: 'Cloud Compute' },
  category: 'BCC',
  brand: 'baidu',
  invoicingEntity: 'baidu_netcom',
  productForm: 'instance',
  billType: 'prepay',
  chargeType: 'subscription',
  contractable: true,
  refundable: true,
  serviceType: null,
  configuration: [
    { name: 'Region', value: 'Beijing' },
    { name: 'IP', value: '192.0.2.7' },
  ],
  count: 1,
  duration: { value: 1, unit: 'month' },
} as const satisfies Partial<Order>;

const amounts: Pick<
  Order,
  | 'unitPrice'
  | 'productAmount'
  | 'discountAmount'
  | 'payableAmount'
  | 'cashPaid'
  | 'voucherPaid'
  | 'paidParts'
> = {
  unitPrice: { amount: '45.00', currency: 'CNY', unit: 'month' },
  productAmount: cny('45.00'),
  discountAmount: cny('0.00'),
  payableAmount: cny('45.00'),
  cashPaid: cny('45.00'),
  voucherPaid: cny('0.00'),
  paidParts: { cash: cny('45.00'), giftCredit: cny('0.00'), storedCard: cny('0.00'), voucher: cny('0.00') },
};

/** A paid and fulfilled subscription of 31 days over 45.00 CNY; `change` says what differs. */
export const sampleOrder = (change: Partial<Order> = {}): Order => ({
  ...product,
  ...amounts,
  configuration: [...product.configuration],
  orderId: newId('ord'),
  version: 3,
  accountId: 'acc_1',
  operatorId: 'usr_1',
  orderType: 'purchase',
  promotion: null,
  trial: false,
  free: false,
  customised: false,
  bundleId: null,
  supportRightsUsed: false,
  invoiced: false,
  instanceIds: ['i-1'],
  servicePeriod: { start: '2026-01-10T03:00:00.000Z', end: '2026-02-10T03:00:00.000Z' },
  status: 'paid',
  fulfilment: 'created',
  refundState: 'none',
  hold: null,
  createdAt: new Date(Date.now() - 3_600_000).toISOString(),
  payBy: null,
  paidAt: '2026-01-10T03:00:00.000Z',
  cancelledAt: null,
  voidedAt: null,
  ...change,
});

export const unpaidOrder = (change: Partial<Order> = {}): Order =>
  sampleOrder({
    status: 'unpaid',
    version: 1,
    fulfilment: 'none',
    servicePeriod: null,
    cashPaid: cny('0.00'),
    paidParts: null,
    paidAt: null,
    instanceIds: [],
    payBy: new Date(Date.now() + 7 * 86_400_000).toISOString(),
    ...change,
  });

export const payAsYouGoOrder = (change: Partial<Order> = {}): Order =>
  sampleOrder({
    chargeType: 'pay_as_you_go',
    billType: 'postpay',
    duration: null,
    productAmount: null,
    payableAmount: cny('0.00'),
    cashPaid: cny('0.00'),
    paidParts: null,
    servicePeriod: null,
    unitPrice: { amount: '0.60', currency: 'CNY', unit: 'gb' },
    ...change,
  });

export const sampleAccount = (change: Partial<Account> = {}): Account => ({
  accountId: 'acc_1',
  version: 1,
  certifiedName: '北京样例科技有限公司',
  certificate: '91110000MA00SAMPLE',
  invoiceTitle: '北京样例科技有限公司',
  partner: null,
  contacts: [],
  address: { recipient: '王小明', phone: '010-12345678', address: '北京市海淀区样例路 1 号' },
  ...change,
});
