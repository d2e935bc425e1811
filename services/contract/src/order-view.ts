import type { z } from 'zod';
import type { Tx } from '@accord/core';
import type { OrderSnapshot } from '@accord/events/order';
import type { ProductSnapshot } from '@accord/events/product';
import { eventsAbout, keepNewest, type ProjectionWriter, type ReadModel } from '@accord/messaging';

// The orders and products of the order service, the newest version of each as it was told. The view may lag
// behind; the reservation decides (EVT-20).

export type Order = z.infer<typeof OrderSnapshot>;
export type Product = z.infer<typeof ProductSnapshot>;

const keepOrders = keepNewest({
  table: 'order_view',
  key: 'order_id',
  columns: ['account_id', 'status', 'product_code', 'contractable', 'hold_kind', 'created_at', 'snapshot'],
});
const keepProducts = keepNewest({ table: 'products', key: 'product_code', columns: ['snapshot'] });

const seeOrders = (writer: ProjectionWriter, orders: readonly Order[]): void =>
  keepOrders(
    writer,
    orders.map((snapshot) => ({
      order_id: snapshot.orderId,
      version: snapshot.version,
      account_id: snapshot.accountId,
      status: snapshot.status,
      product_code: snapshot.productCode,
      contractable: snapshot.contractable,
      hold_kind: snapshot.hold?.kind,
      created_at: snapshot.createdAt,
      snapshot,
    })),
  );

const seeProduct = (writer: ProjectionWriter, snapshot: Product): void =>
  keepProducts(writer, [{ product_code: snapshot.productCode, version: snapshot.version, snapshot }]);

export const orderView: ReadModel = {
  name: 'order-view',
  tables: ['order_view', 'products'],
  projections: {
    ...eventsAbout('order', {
      on: (writer, { data }) => seeOrders(writer, [data.order]),
      locks: ({ data }) => [data.order.orderId],
    }),
    ...eventsAbout('reservation', {
      on: (writer, { data }) => seeOrders(writer, data.orders),
      locks: ({ data }) => data.orders.map(({ orderId }) => orderId),
    }),
    ...eventsAbout('product', { on: (writer, { data }) => seeProduct(writer, data.product) }),
  },
};

/** The orders of these ids that are known and the account's own, in no order. */
export async function findOrders(
  tx: Tx,
  { accountId, orderIds }: { accountId: string; orderIds: readonly string[] },
): Promise<Order[]> {
  const rows = await tx.many<{ snapshot: Order }>(
    'select snapshot from order_view where order_id = any($1) and account_id = $2',
    [orderIds, accountId],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** By product code, those of the products that were published. */
export async function findProducts(
  tx: Tx,
  productCodes: readonly string[],
): Promise<ReadonlyMap<string, Product>> {
  const rows = await tx.many<{ snapshot: Product }>(
    'select snapshot from products where product_code = any($1)',
    [[...new Set(productCodes)]],
  );
  return new Map(rows.map(({ snapshot }) => [snapshot.productCode, snapshot]));
}

/** CTR-23, ORD-22: by product code, the terms of those products of the orders that have their own. */
export async function findOwnTerms(tx: Tx, orders: readonly Order[]): Promise<Map<string, string>> {
  const rows = await tx.many<{ productCode: string; termsUrl: string }>(
    `select product_code as "productCode", snapshot->>'termsUrl' as "termsUrl" from products
      where product_code = any($1) and snapshot->>'termsUrl' is not null`,
    [[...new Set(orders.map(({ productCode }) => productCode))]],
  );
  return new Map(rows.map(({ productCode, termsUrl }) => [productCode, termsUrl]));
}

export interface OrderFilter {
  readonly accountId: string;
  readonly productCode?: string;
  /** Placed at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  readonly status?: 'paid' | 'unpaid';
  /** createdAt and order id of the last one seen. */
  readonly after?: readonly string[];
}

/** Living orders of products with contracts, in no live contract and no refund; newest first. */
export async function listFreeOrders(tx: Tx, filter: OrderFilter, limit: number): Promise<Order[]> {
  const rows = await tx.many<{ snapshot: Order }>(
    `select snapshot from order_view v
      where account_id = $1 and contractable and hold_kind is distinct from 'refund'
        and status in ('paid', 'unpaid') and ($2::text is null or status = $2)
        and ($3::text is null or product_code = $3)
        and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at < $5)
        and ($6::timestamptz is null or (created_at, order_id) < ($6, $7::text))
        and not exists (select 1 from live_orders l where l.order_id = v.order_id)
      order by created_at desc, order_id desc limit $8`,
    [
      filter.accountId,
      filter.status ?? null,
      filter.productCode ?? null,
      filter.from ?? null,
      filter.before ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      limit,
    ],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** By product code, the products that follow `after`. */
export async function listContractableProducts(
  tx: Tx,
  { after }: { after: string | undefined },
  limit: number,
): Promise<Product[]> {
  const rows = await tx.many<{ snapshot: Product }>(
    `select snapshot from products where (snapshot->>'contractable')::boolean
      and ($1::text is null or product_code > $1)
      order by product_code limit $2`,
    [after ?? null, limit],
  );
  return rows.map(({ snapshot }) => snapshot);
}
