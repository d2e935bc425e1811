import type { Locale } from '@accord/core';
import { codeWords } from '../src/document/wording.ts';

// The lines of a CSV made value by value from stored orders, to hold against those that the database makes.

export type StoredOrder = Record<string, unknown> & {
  readonly terms: Record<string, unknown> & {
    readonly productName: Readonly<Record<Locale, string>>;
    readonly duration: { readonly value: number; readonly unit: 'minute' | 'month' | 'year' } | null;
  };
};

const minute = (time: unknown) =>
  time instanceof Date
    ? time.toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).replace(/:\d\d$/, '')
    : '';

function durationText(locale: Locale, { duration }: StoredOrder['terms']): string {
  if (!duration) return '';
  const { value, unit } = duration;
  if (locale === 'en') return `${value} ${unit}${value === 1 ? '' : 's'}`;
  return `${value} ${{ minute: '分钟', month: '个月', year: '年' }[unit]}`;
}

function cell(value: unknown): string {
  const text = String(value ?? '');
  const inQuotes = text.replaceAll('"', '""');
  const begins = text.replace(/^[\s\p{C}]+/u, '');
  if (/^[\t\r\n]/.test(text) || /^[=+\-@＝＋－＠]/.test(begins)) return `"'${inQuotes}"`;
  return /[",\r\n]/.test(text) ? `"${inQuotes}"` : text;
}

export function plainLine(order: StoredOrder, locale: Locale): string {
  const { terms } = order;
  const worded = (codes: keyof (typeof codeWords)[Locale], code: unknown) =>
    (codeWords[locale][codes] as Readonly<Record<string, string>>)[code as string] ?? code;
  return [
    order['order_id'],
    order['account_id'],
    terms.productName[locale],
    order['product_code'],
    worded('orderType', order['order_type']),
    worded('billType', order['bill_type']),
    worded('chargeType', terms['chargeType']),
    worded('status', order['status']),
    worded('fulfilment', order['fulfilment']),
    worded('refundState', order['refund_state']),
    terms['count'],
    durationText(locale, terms),
    order['product_amount'],
    order['discount_amount'],
    order['payable_amount'],
    order['cash_paid'],
    order['voucher_paid'],
    order['currency'],
    ...['created_at', 'pay_by', 'paid_at', 'cancelled_at', 'voided_at', 'period_start', 'period_end'].map(
      (time) => minute(order[time]),
    ),
    (order['instance_ids'] as string[]).join(' '),
    terms['operatorId'],
  ]
    .map(cell)
    .join(',');
}
