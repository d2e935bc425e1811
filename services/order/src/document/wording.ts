import type { Locale } from '@accord/core';
import { BillType, Fulfilment, OrderStatus, OrderType, RefundState } from '@accord/events/order';
import { ChargeType } from '@accord/events/product';
import { labelOf } from '@accord/events/wording';

const labels = <V extends string>(fact: string, of: { readonly options: readonly V[] }, locale: Locale) =>
  Object.fromEntries(of.options.map((value) => [value, labelOf(fact, value, locale)])) as Readonly<
    Record<V, string>
  >;

const labelsIn = (locale: Locale) => ({
  status: labels('status', OrderStatus, locale),
  orderType: labels('orderType', OrderType, locale),
  billType: labels('billType', BillType, locale),
  chargeType: labels('chargeType', ChargeType, locale),
  fulfilment: labels('fulfilment', Fulfilment, locale),
  refundState: labels('refundState', RefundState, locale),
});

/** Codes of an order as its readers call them, in its exports (ORD-18). */
export const codeWords = { en: labelsIn('en'), 'zh-CN': labelsIn('zh-CN') };

/** The standing text of an order's document. */
interface DocumentWords {
  readonly title: string;
  readonly printedAt: string;
  readonly order: string;
  readonly product: string;
  readonly amounts: string;
  readonly configuration: string;
  readonly instances: string;
  readonly fields: Readonly<Record<Field, string>>;
  readonly configurationColumns: readonly [name: string, value: string];
  readonly instanceColumns: readonly [
    id: string,
    start: string,
    end: string,
    region: string,
    address: string,
  ];
  readonly rests: string;
  readonly restColumns: readonly [id: string, start: string, end: string, left: string, prices: string];
  readonly left: (rest: Counted) => string;
  readonly zone: (timeZone: string) => string;
  readonly refunded: (instanceId: string) => string;
  readonly note: string;
  readonly page: (page: number, pages: number) => string;
}

/** Whole units of a period. */
interface Counted {
  readonly unit: 'day' | 'hour';
  readonly remaining: number;
  readonly total: number;
}

type Field =
  | 'orderId'
  | 'customer'
  | 'account'
  | 'status'
  | 'orderType'
  | 'createdAt'
  | 'payBy'
  | 'paidAt'
  | 'cancelledAt'
  | 'voidedAt'
  | 'fulfilment'
  | 'refundState'
  | 'product'
  | 'seller'
  | 'serviceType'
  | 'plan'
  | 'planBefore'
  | 'billType'
  | 'chargeType'
  | 'count'
  | 'duration'
  | 'unitPrice'
  | 'servicePeriod'
  | 'productAmount'
  | 'discountAmount'
  | 'payableAmount'
  | 'cashPaid'
  | 'voucherPaid'
  | 'cashReturned';

export const documentWords: Readonly<Record<Locale, DocumentWords>> = {
  en: {
    title: 'Order',
    printedAt: 'As of ',
    order: 'Order',
    product: 'Product',
    amounts: 'Amounts',
    configuration: 'Configuration',
    instances: 'Instances',
    fields: {
      orderId: 'Order id',
      customer: 'Customer',
      account: 'Account',
      status: 'Status',
      orderType: 'Order type',
      createdAt: 'Ordered at',
      payBy: 'Pay by',
      paidAt: 'Paid at',
      cancelledAt: 'Cancelled at',
      voidedAt: 'Voided at',
      fulfilment: 'Fulfilment',
      refundState: 'Refund',
      product: 'Product',
      seller: 'Invoiced by',
      serviceType: 'Service type',
      plan: 'Plan',
      planBefore: 'Plan before',
      billType: 'Billing',
      chargeType: 'Charge type',
      count: 'Count',
      duration: 'Duration',
      unitPrice: 'Unit price',
      servicePeriod: 'Service period',
      productAmount: 'Product amount',
      discountAmount: 'Discount',
      payableAmount: 'Payable amount',
      cashPaid: 'Cash paid',
      voucherPaid: 'Paid by vouchers',
      cashReturned: 'Cash returned',
    },
    configurationColumns: ['Name', 'Value'],
    instanceColumns: ['Instance', 'Start', 'End', 'Region', 'IP address'],
    rests: 'The rest that the change of plan is for',
    restColumns: ['Instance', 'From', 'To', 'Left', 'Price of the period'],
    left: ({ unit, remaining, total }) => `${remaining} of ${total} ${unit}s`,
    zone: (timeZone) => `All times are ${timeZone} times.`,
    refunded: (instanceId) => `${instanceId} (refunded)`,
    note: 'This document tells the order as it was at the time above. It is no contract and no invoice.',
    page: (page, pages) => `Page ${page} of ${pages}`,
  },
  'zh-CN': {
    title: '订单详情',
    printedAt: '截至：',
    order: '订单信息',
    product: '产品信息',
    amounts: '金额',
    configuration: '配置',
    instances: '实例',
    fields: {
      orderId: '订单号',
      customer: '客户名称',
      account: '账户',
      status: '订单状态',
      orderType: '订单类型',
      createdAt: '下单时间',
      payBy: '支付期限',
      paidAt: '支付时间',
      cancelledAt: '取消时间',
      voidedAt: '作废时间',
      fulfilment: '开通状态',
      refundState: '退款状态',
      product: '产品名称',
      seller: '开票主体',
      serviceType: '服务类型',
      plan: '规格',
      planBefore: '变更前规格',
      billType: '付费方式',
      chargeType: '计费方式',
      count: '数量',
      duration: '时长',
      unitPrice: '单价',
      servicePeriod: '服务期限',
      productAmount: '产品金额',
      discountAmount: '优惠金额',
      payableAmount: '应付金额',
      cashPaid: '现金支付',
      voucherPaid: '代金券支付',
      cashReturned: '现金已退',
    },
    configurationColumns: ['名称', '值'],
    instanceColumns: ['实例', '开始时间', '到期时间', '地域', 'IP 地址'],
    rests: '规格变更所涉及的剩余期限',
    restColumns: ['实例', '起', '止', '剩余', '整期价格'],
    left: ({ unit, remaining, total }) => `${remaining} / ${total} ${unit === 'day' ? '天' : '小时'}`,
    zone: (timeZone) => `本文件中的时间均为 ${timeZone} 时间。`,
    refunded: (instanceId) => `${instanceId}（已退款）`,
    note: '本文件载明订单在上述时间的状态，不是合同，也不是发票。',
    page: (page, pages) => `第 ${page} 页 共 ${pages} 页`,
  },
};

/** The standing text of a checklist, beside that of its order's document (ORD-20). */
export const checklistWords = {
  en: {
    title: 'Business checklist',
    warning:
      'This order is not paid yet. Until it is, the domain name is not reserved: somebody else may register it, and ' +
      'the order is cancelled.',
    payee: 'Payment by transfer',
    name: 'Payee',
    bank: 'Bank',
    bankAccount: 'Account number',
    purpose: 'Purpose of the transfer',
    note: 'This checklist tells the order as it was at the time above. It is no contract and no invoice.',
  },
  'zh-CN': {
    title: '业务清单',
    warning: '该订单尚未付款。付款之前域名不会为您保留，可能被他人注册；一旦被他人注册，该订单将被取消。',
    payee: '汇款信息',
    name: '收款户名',
    bank: '开户银行',
    bankAccount: '银行账号',
    purpose: '汇款用途',
    note: '本清单载明订单在上述时间的状态，不是合同，也不是发票。',
  },
} as const;
