import type { Locale } from '@accord/core';

/** A column of an export, left to right: its heading, and how a value that is a code is read. */
export interface Column {
  readonly name: string;
  readonly heading: Readonly<Record<Locale, string>>;
  /** Of an amount: a spreadsheet has it as a number. */
  readonly isAmount?: true;
  /** A time to the minute: the heading names the zone. */
  readonly isTime?: true;
  /** The catalogue that has the words of this column's codes. */
  readonly codes?: 'status' | 'orderType' | 'billType' | 'chargeType' | 'fulfilment' | 'refundState';
}

export const columns = [
  { name: 'orderId', heading: { en: 'Order id', 'zh-CN': '订单号' } },
  { name: 'accountId', heading: { en: 'Account', 'zh-CN': '账户' } },
  { name: 'productName', heading: { en: 'Product', 'zh-CN': '产品名称' } },
  { name: 'productCode', heading: { en: 'Product code', 'zh-CN': '产品代码' } },
  { name: 'orderType', heading: { en: 'Order type', 'zh-CN': '订单类型' }, codes: 'orderType' },
  { name: 'billType', heading: { en: 'Billing', 'zh-CN': '付费方式' }, codes: 'billType' },
  { name: 'chargeType', heading: { en: 'Charge type', 'zh-CN': '计费方式' }, codes: 'chargeType' },
  { name: 'status', heading: { en: 'Status', 'zh-CN': '订单状态' }, codes: 'status' },
  { name: 'fulfilment', heading: { en: 'Fulfilment', 'zh-CN': '开通状态' }, codes: 'fulfilment' },
  { name: 'refundState', heading: { en: 'Refund', 'zh-CN': '退款状态' }, codes: 'refundState' },
  { name: 'count', heading: { en: 'Count', 'zh-CN': '数量' } },
  { name: 'duration', heading: { en: 'Duration', 'zh-CN': '时长' } },
  { name: 'productAmount', heading: { en: 'Product amount', 'zh-CN': '产品金额' }, isAmount: true },
  { name: 'discountAmount', heading: { en: 'Discount', 'zh-CN': '优惠金额' }, isAmount: true },
  { name: 'payableAmount', heading: { en: 'Payable amount', 'zh-CN': '应付金额' }, isAmount: true },
  { name: 'cashPaid', heading: { en: 'Cash paid', 'zh-CN': '现金支付' }, isAmount: true },
  { name: 'voucherPaid', heading: { en: 'Paid by vouchers', 'zh-CN': '代金券支付' }, isAmount: true },
  { name: 'currency', heading: { en: 'Currency', 'zh-CN': '币种' } },
  { name: 'createdAt', heading: { en: 'Ordered at', 'zh-CN': '下单时间' }, isTime: true },
  { name: 'payBy', heading: { en: 'Pay by', 'zh-CN': '支付期限' }, isTime: true },
  { name: 'paidAt', heading: { en: 'Paid at', 'zh-CN': '支付时间' }, isTime: true },
  { name: 'cancelledAt', heading: { en: 'Cancelled at', 'zh-CN': '取消时间' }, isTime: true },
  { name: 'voidedAt', heading: { en: 'Voided at', 'zh-CN': '作废时间' }, isTime: true },
  { name: 'periodStart', heading: { en: 'Service start', 'zh-CN': '服务开始时间' }, isTime: true },
  { name: 'periodEnd', heading: { en: 'Service end', 'zh-CN': '服务到期时间' }, isTime: true },
  { name: 'instanceIds', heading: { en: 'Instances', 'zh-CN': '实例' } },
  { name: 'operatorId', heading: { en: 'Placed by', 'zh-CN': '下单人' } },
] as const satisfies readonly Column[];

export type ColumnName = (typeof columns)[number]['name'];

/** The cells of a row, as its reader reads them. */
export type Cells = readonly string[];

/** @param timeZone stands in the headings of times. */
export const headings = (locale: Locale, timeZone: string): Cells =>
  columns.map(({ heading, ...column }: Column) =>
    column.isTime ? `${heading[locale]} (${timeZone})` : heading[locale],
  );

export const isAmount: readonly boolean[] = columns.map((column: Column) => column.isAmount ?? false);
export const isTime: readonly boolean[] = columns.map((column: Column) => column.isTime ?? false);
