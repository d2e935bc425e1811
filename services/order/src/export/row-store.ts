import type { Locale, Tx } from '@accord/core';
import { durationUnitWords } from '@accord/events/wording';
import { codeWords } from '../document/wording.ts';
import { countOrders, orderedPage } from '../order/order-list.ts';
import type { ByteWriter } from './byte-writer.ts';
import { columns, type Column, type ColumnName } from './columns.ts';
import { cellEnd, type CopiedRows } from './copied-rows.ts';
import type { RowKey, RowsAsk } from './export.ts';

export interface Rows {
  /** Newest first; of some rows each, so that a file goes out in small pieces. */
  readonly pieces: readonly CopiedRows[];
  readonly count: number;
  /** Of the last row; undefined where these are the last rows. */
  readonly next: RowKey | undefined;
}

interface RowPage {
  readonly after: RowKey | undefined;
  readonly limit: number;
  readonly into: ByteWriter;
}

const [durationValue, durationUnit] = ['value', 'unit'].map(
  (part) => `(terms -> 'duration' ->> '${part}')`,
) as [string, string];

const values = (locale: Locale): Readonly<Record<ColumnName, string>> => ({
  orderId: 'order_id',
  accountId: 'account_id',
  productName: `terms -> 'productName' ->> '${locale}'`,
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
  createdAt: 'created_at',
  payBy: 'pay_by',
  paidAt: 'paid_at',
  cancelledAt: 'cancelled_at',
  voidedAt: 'voided_at',
  periodStart: 'period_start',
  periodEnd: 'period_end',
  instanceIds: `array_to_string(instance_ids, ' ')`,
  operatorId: `terms ->> 'operatorId'`,
});

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A code of a newer service, which has no words here yet, stands for itself. */
const inWords = (value: string, words: Readonly<Record<string, string>>): string => {
  const whens = Object.entries(words).map(([code, word]) => `when ${literal(code)} then ${literal(word)}`);
  return `case ${value} ${whens.join(' ')} else ${value} end`;
};

function durationText(locale: Locale): string {
  const whens = Object.entries(durationUnitWords).map(([unit, { [locale]: words }]) => {
    const { one, other } = words;
    const chosen =
      one === other
        ? literal(one)
        : `case ${durationValue} when '1' then ${literal(one)} else ${literal(other)} end`;
    return `when ${literal(unit)} then ${durationValue} || ${chosen}`;
  });
  return `case ${durationUnit} ${whens.join(' ')} else ${durationValue} || ' ' || ${durationUnit} end`;
}

/** Of an order that was not placed by a customer, in place of who placed it. */
const provider: Readonly<Record<Locale, string>> = { en: 'Provider', 'zh-CN': '服务商' };

const masked = (locale: Locale) => ({
  operatorId: `case when placed_by like 'customer:%' then terms ->> 'operatorId' else ${literal(provider[locale])} end`,
});

/** Cells as their reader reads them, made by the database; times are in the session's zone, to be cut. */
const cellsIn = (locale: Locale, isMasked: boolean): string => {
  const of = { ...values(locale), ...(isMasked && masked(locale)) };
  return columns
    .map(({ name, codes }: Column & { readonly name: ColumnName }) =>
      codes ? inWords(of[name], codeWords[locale][codes]) : of[name],
    )
    .join(', ');
};

const cellsFor = (isMasked: boolean): Readonly<Record<Locale, string>> => ({
  en: cellsIn('en', isMasked),
  'zh-CN': cellsIn('zh-CN', isMasked),
});
const [allCells, maskedCells] = [cellsFor(false), cellsFor(true)];

/**
 * Newest first, by keyset, as they are now.
 *
 * @param into holds the rows; what was in it is gone.
 */
export async function readRows(
  tx: Tx,
  { filter, locale, timeZone, isMasked }: RowsAsk,
  { after, limit, into }: RowPage,
): Promise<Rows> {
  const { from, values: given } = orderedPage(tx, filter, { sort: 'newest_first', after, limit });
  const ends: number[] = [];
  const cells = isMasked ? maskedCells : allCells;
  let [count, last] = [0, 0];
  into.clear();
  tx.write(`select set_config('timezone', $1, true)`, [timeZone]);
  await tx.copy(
    `copy (select ${cells[locale]} from ${from}) to stdout (delimiter e'\\x1f', null '')`,
    given,
    (row) => {
      last = into.length;
      into.append(row);
      count += 1;
      if (count % rowsOfPiece === 0) ends.push(into.length);
    },
  );
  if (count % rowsOfPiece > 0) ends.push(into.length);
  const pieces = ends.map((end, piece) => into.bytes(ends[piece - 1] ?? 0, end));
  return { pieces, count, next: count < limit ? undefined : keyOf(into.bytes(last)) };
}

const rowsOfPiece = 200;

const [idColumn, timeColumn] = (['orderId', 'createdAt'] as const).map((name) =>
  columns.findIndex((column) => column.name === name),
) as [number, number];

/** Neither of the two has anything that is escaped. */
function keyOf(row: CopiedRows): RowKey {
  const texts = row.toString().split(cellEnd);
  return [texts[timeColumn]!, texts[idColumn]!];
}

/** How many there are, counted up to `most`. */
export async function countRows(tx: Tx, filter: RowsAsk['filter'], most: number): Promise<number> {
  const counts = await countOrders(tx, filter, most);
  return Math.min(
    most,
    counts.reduce((sum, { orders }) => sum + orders, 0),
  );
}
