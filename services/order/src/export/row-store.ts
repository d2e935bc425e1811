import type { Locale, Tx } from '@accord/core';
import { durationUnitWords } from '@accord/events/wording';
import { codeWords } from '../document/wording.ts';
import { countOrders, orderPage } from '../order/order-list.ts';
import { columns, type Column, type ColumnName } from './columns.ts';
import type { RowKey, RowsAsk } from './export.ts';
import { cellEnd, rowEnd, type RowsText } from './file-format.ts';

export interface Rows {
  /** Newest first; of some rows each, so that a file goes out in small pieces. */
  readonly texts: readonly RowsText[];
  readonly count: number;
  /** Of the last row; undefined where these are the last rows. */
  readonly next: RowKey | undefined;
}

const minute = (column: string) => `to_char(${column} at time zone $1::text, 'YYYY-MM-DD HH24:MI')`;

/** Texts of any form; the others have one that excludes the ends of cells and rows. */
const free = (value: string) => `translate(${value}, e'\\x1d\\x1e\\x1f', '')`;

const [durationValue, durationUnit] = ['value', 'unit'].map(
  (part) => `(terms -> 'duration' ->> '${part}')`,
) as [string, string];

const values = (locale: Locale): Readonly<Record<ColumnName, string>> => ({
  orderId: 'order_id',
  accountId: 'account_id',
  productName: free(`terms -> 'productName' ->> '${locale}'`),
  productCode: 'product_code',
  orderType: 'order_type',
  billType: 'bill_type',
  chargeType: `(terms ->> 'chargeType')`,
  status: 'status',
  fulfilment: 'fulfilment',
  refundState: 'refund_state',
  count: `terms ->> 'count'`,
  duration: durationText(locale),
  productAmount: 'product_amount',
  discountAmount: 'discount_amount',
  payableAmount: 'payable_amount',
  cashPaid: 'cash_paid',
  voucherPaid: 'voucher_paid',
  currency: 'currency',
  createdAt: minute('created_at'),
  payBy: minute('pay_by'),
  paidAt: minute('paid_at'),
  cancelledAt: minute('cancelled_at'),
  voidedAt: minute('voided_at'),
  periodStart: minute('period_start'),
  periodEnd: minute('period_end'),
  instanceIds: `array_to_string(instance_ids, ' ')`,
  operatorId: free('operator_id'),
});

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A code of a newer service, which has no words here yet, stands for itself. */
const inWords = (value: string, words: Readonly<Record<string, string>>): string => {
  const whens = Object.entries(words).map(([code, word]) => `when ${literal(code)} then ${literal(word)}`);
  return `case ${value} ${whens.join(' ')} else ${value} end`;
};

function durationText(locale: Locale): string {
  const whens = Object.entries(durationUnitWords).map(
    ([
      unit,
      {
        [locale]: { one, other },
      },
    ]) => {
      const words = `case ${durationValue} when '1' then ${literal(one)} else ${literal(other)} end`;
      return `when ${literal(unit)} then ${durationValue} || ${words}`;
    },
  );
  return `case ${durationUnit} ${whens.join(' ')} else ${durationValue} || ' ' || ${durationUnit} end`;
}

/**
 * A row as its reader reads it, made by the database: the driver's work and ours for each value would be most of
 * all work.
 */
function rowIn(locale: Locale): string {
  const of = values(locale);
  const cells = columns.map(({ name, codes }: Column & { readonly name: ColumnName }) =>
    codes ? inWords(of[name], codeWords[locale][codes]) : of[name],
  );
  return `concat(${cells.join(`, e'\\x1f', `)}, e'\\x1e\\x1d')`;
}

const rowText: Readonly<Record<Locale, string>> = { en: rowIn('en'), 'zh-CN': rowIn('zh-CN') };

const rowsOfText = 200;

/** Newest first, by keyset, as they are now. */
export async function readRows(
  tx: Tx,
  { filter, locale, timeZone }: RowsAsk,
  { after, limit }: { readonly after: RowKey | undefined; readonly limit: number },
): Promise<Rows> {
  const page = { sort: 'newest_first', after, limit } as const;
  const { where, values: given } = orderPage(tx, filter, page, [timeZone]);
  const parts = await tx.many<{ text: RowsText; count: number; lastAt: string }>(
    `select string_agg(row, '' order by n) as text, count(*)::int as count, min(created_at)::text as "lastAt"
       from (select created_at, ${rowText[locale]} as row,
           row_number() over (order by created_at desc, order_id desc) as n from orders where ${where}) page
      group by (n - 1) / ${rowsOfText} order by (n - 1) / ${rowsOfText}`,
    given,
  );
  const texts = parts.map(({ text }) => text);
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  return { texts, count, next: count < limit ? undefined : [parts.at(-1)!.lastAt, lastId(texts.at(-1)!)] };
}

/** The first cell of the last row. */
const lastId = (text: RowsText) => text.split(rowEnd).at(-2)!.split(cellEnd, 1)[0]!;

/** How many there are, counted up to `most`. */
export async function countRows(tx: Tx, filter: RowsAsk['filter'], most: number): Promise<number> {
  const counts = await countOrders(tx, filter, most);
  return Math.min(
    most,
    counts.reduce((sum, { orders }) => sum + orders, 0),
  );
}
