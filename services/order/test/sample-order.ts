import { fulfilOrder } from '../src/order/order-fulfilment.ts';
import { payOrder, placeOrder, type Order } from '../src/order/order.ts';

// An order for the unit tests: two instances for a month, placed, paid and created.

export const cny = (amount: string) => ({ amount, currency: 'CNY' });
export const at = (day: number) => new Date(Date.UTC(2026, 0, day));

export const placed = placeOrder(
  {
    orderId: 'ord_1',
    accountId: 'acc_1',
    operatorId: 'usr_1',
    placedBy: 'customer:usr_1',
    productCode: 'BCC',
    productName: { 'zh-CN': '云服务器', en: 'BCC' },
    category: 'COMPUTE',
    brand: 'baidu',
    invoicingEntity: 'baidu_netcom',
    productForm: 'instance',
    orderType: 'purchase',
    billType: 'prepay',
    chargeType: 'subscription',
    contractable: true,
    refundable: true,
    serviceType: null,
    configuration: [],
    count: 2,
    duration: { value: 1, unit: 'month' },
    unitPrice: { ...cny('45'), unit: 'month' },
    productAmount: cny('90.00'),
    discountAmount: cny('0.00'),
    payableAmount: cny('90.00'),
    cashPaid: cny('0.00'),
    voucherPaid: cny('0.00'),
    promotion: null,
    trial: false,
    free: false,
    customised: false,
    bundleId: null,
    supportRightsUsed: false,
    invoiced: false,
    instanceIds: [],
    instances: [],
    servicePeriod: null,
    refundState: 'none',
    hold: null,
    createdAt: at(10),
    cancelledAt: null,
    voidedAt: null,
    refundedInstanceIds: [],
    refundIds: [],
  },
  at(17),
).state;
export const parts = {
  cash: cny('50.00'),
  giftCredit: cny('20.00'),
  storedCard: cny('10.00'),
  voucher: cny('10.00'),
};
export const paid = payOrder(placed, { reference: 'p1', parts, at: at(11) }).state;

/** As fulfilment told it, from 11 January on. */
export const given = (instanceId: string, { start = at(11), end = at(42) } = {}) => ({
  instanceId,
  start,
  end,
  region: 'bj',
  ipAddress: null,
  told: { start, end },
  knownSince: at(11),
});
export const created: Order = fulfilOrder(paid, [given('i-1'), given('i-2')]).state;
