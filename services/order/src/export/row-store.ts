import type { Tx } from '@accord/core';
import { countOrders, orderPage } from '../order/order-list.ts';
import { columns, type ColumnName, type Row } from './columns.ts';
import type { RowKey, RowsAsk } from './export.ts';

export interface Rows {
  readonly rows: readonly Row[];
  /** Of the last row; undefined where these are the last rows. */
  readonly next: RowKey | undefined;
}

const minute = (column: string) => `to_char(${column} at time zone $2::text, 'YYYY-MM-DD HH24:MI')`;

const values: Readonly<Record<ColumnName, string>> = {
  orderId: 'order_id',
  accountId: 'account_id',
  productName: `terms -> 'productName' ->> $1::text`,
  productCode: 'product_code',
  orderType: 'order_type',
  billType: 'bill_type',
  chargeType: `terms ->> 'chargeType'`,
  status: 'status',
  fulfilment: 'fulfilment',
  refundState: 'refund_state',
  count: `terms ->> 'count'`,
  duration: `(terms -> 'duration' ->> 'value') || ' ' || (terms -> 'duration' ->> 'unit')`,
  productAmount: 'product_amount::text',
  discountAmount: 'discount_amount::text',
  payableAmount: 'payable_amount::text',
  cashPaid: 'cash_paid::text',
  voucherPaid: 'voucher_paid::text',
  currency: 'currency',
  createdAt: minute('created_at'),
  payBy: minute('pay_by'),
  paidAt: minute('paid_at'),
  cancelledAt: minute('cancelled_at'),
  voidedAt: minute('voided_at'),
  periodStart: minute('period_start'),
  periodEnd: minute('period_end'),
  instanceIds: `array_to_string(instance_ids, ' ')`,
  operatorId: `terms ->> 'operatorId'`,
};

/** As one JSON text for all of them: the driver's work for each value of a row would be most of all work. */
const cells = `json_build_array(${columns.map(({ name }) => values[name]).join(', ')})`;

/** Newest first, by keyset, as they are now. */
export async function readRows(
  tx: Tx,
  { filter, locale, timeZone }: RowsAsk,
  { after, limit }: { readonly after: RowKey | undefined; readonly limit: number },
): Promise<Rows> {
  const page = { sort: 'newest_first', after, limit } as const;
  const { where, values: given } = orderPage(tx, filter, page, [locale, timeZone]);
  const found = await tx.one<{ rows: Row[]; lastAt: string }>(
    `select coalesce(json_agg(cells), '[]') as rows, min(created_at)::text as "lastAt"
       from (select created_at, ${cells} as cells from orders where ${where}
         order by created_at desc, order_id desc) page`,
    given,
  );
  const { rows, lastAt } = found!;
  return { rows, next: rows.length < limit ? undefined : [lastAt, rows.at(-1)![0]!] };
}

/** How many there are, counted up to `most`. */
export async function countRows(tx: Tx, filter: RowsAsk['filter'], most: number): Promise<number> {
  const counts = await countOrders(tx, filter, most);
  return Math.min(
    most,
    counts.reduce((sum, { orders }) => sum + orders, 0),
  );
}
