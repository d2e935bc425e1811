import type { z } from 'zod';
import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { OrderSnapshot } from '@accord/events/order';
import type { ProductSnapshot } from '@accord/events/product';
import type { Projection, ProjectionWriter, ReadModel } from '@accord/messaging';

// What the order service said of its orders and products, the newest version of each. It may lag behind; the
// reservation decides (EVT-20).

export type Order = z.infer<typeof OrderSnapshot>;
export type Product = z.infer<typeof ProductSnapshot>;

/** Keeps each order's newest version, whatever the order of arrival (EVT-5). */
const rememberOrders = (writer: ProjectionWriter, orders: readonly Order[]): void =>
  writer.write(
    `insert into order_view (order_id, account_id, version, status, product_code, contractable, hold_kind, created_at, snapshot)
     select o->>'orderId', o->>'accountId', (o->>'version')::bigint, o->>'status', o->>'productCode', (o->>'contractable')::boolean,
            o->'hold'->>'kind', (o->>'createdAt')::timestamptz, o
       from jsonb_array_elements($1::jsonb) o order by 1
       on conflict (order_id) do update set version = excluded.version, status = excluded.status, contractable = excluded.contractable,
         hold_kind = excluded.hold_kind, snapshot = excluded.snapshot
       where order_view.version < excluded.version`,
    [JSON.stringify(orders)],
  );

function rememberProduct(writer: ProjectionWriter, { data: { product } }: Event<'product.published'>): void {
  writer.write(
    `insert into products (product_code, version, snapshot) values ($1, $2, $3)
       on conflict (product_code) do update set version = excluded.version, snapshot = excluded.snapshot
       where products.version < excluded.version`,
    [product.productCode, product.version, JSON.stringify(product)],
  );
}

const order = {
  on: (writer: ProjectionWriter, { data }: { data: { order: Order } }) =>
    rememberOrders(writer, [data.order]),
  locks: ({ data }: { data: { order: Order } }) => [data.order.orderId],
};

const reserved: Projection<'order.reserved' | 'order.reservation_refused'> = {
  on: (writer, { data }) => rememberOrders(writer, data.orders),
  locks: ({ data }) => data.orders.map(({ orderId }) => orderId),
};

export const orderView: ReadModel = {
  name: 'order-view',
  tables: ['order_view', 'products'],
  projections: {
    'order.placed': order,
    'order.paid': order,
    'order.expiring': order,
    'order.cancelled': order,
    'order.fulfilled': order,
    'order.fulfilment_failed': order,
    'order.voided': order,
    'order.changed': order,
    'order.released': order,
    'order.reserved': reserved,
    'order.reservation_refused': reserved,
    'product.published': { on: rememberProduct },
  },
};

/** Those of the ids that are known and the account's own, in no order. */
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

export interface OrderFilter {
  readonly accountId: string;
  readonly productCode?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly status?: 'paid' | 'unpaid';
  /** createdAt and order id of the last one seen. */
  readonly after?: readonly string[];
}

/** Living orders of products with contracts, in no live contract and no refund; newest first. */
export async function listFreeOrders(tx: Tx, filter: OrderFilter, limit: number): Promise<Order[]> {
  const rows = await tx.many<{ snapshot: Order }>(
    `select snapshot from order_view v
      where account_id = $1 and contractable and hold_kind is distinct from 'refund'
        and status in ('paid', 'unpaid') and ($2::text is null or status = $2) and ($3::text is null or product_code = $3)
        and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at < $5)
        and ($6::timestamptz is null or (created_at, order_id) < ($6, $7::text))
        and not exists (select 1 from live_orders l where l.order_id = v.order_id)
      order by created_at desc, order_id desc limit $8`,
    [
      filter.accountId,
      filter.status ?? null,
      filter.productCode ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      limit,
    ],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** By product code, those that follow `after`. */
export async function listContractableProducts(
  tx: Tx,
  { after }: { after: string | undefined },
  limit: number,
): Promise<Product[]> {
  const rows = await tx.many<{ snapshot: Product }>(
    `select snapshot from products where (snapshot->>'contractable')::boolean and ($1::text is null or product_code > $1)
      order by product_code limit $2`,
    [after ?? null, limit],
  );
  return rows.map(({ snapshot }) => snapshot);
}
