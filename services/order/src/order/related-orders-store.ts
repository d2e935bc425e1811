import type { Tx } from '@accord/core';
import { selectOrders } from './order-store.ts';
import type { Order } from './order.ts';

/** The unpaid and paid orders on these instances, and those of the same bundles, in no order. */
export const listRelatedOrders = (tx: Tx, instanceIds: readonly string[]): Promise<Order[]> =>
  selectOrders(
    tx,
    {
      where: `status in ('unpaid', 'paid') and order_id = any (array(
        select order_id from order_instances where instance_id = any ($1::text[])
        union
        select member.order_id from order_instances i join orders o using (order_id)
          join orders member on member.account_id = o.account_id and member.bundle_id = o.bundle_id
         where i.instance_id = any ($1::text[])))`,
      tail: '',
    },
    [instanceIds],
  );

/**
 * The currencies of the unpaid and paid orders of a bundle. Two orders that begin one bundle at the same moment go
 * one after the other.
 */
export async function listCurrenciesOfBundle(
  tx: Tx,
  { accountId, bundleId }: { readonly accountId: string; readonly bundleId: string },
): Promise<string[]> {
  tx.write(`select pg_advisory_xact_lock(hashtextextended($1 || ' bundle ' || $2, 0))`, [
    accountId,
    bundleId,
  ]);
  const rows = await tx.many<{ currency: string }>(
    `select distinct currency from orders
      where status in ('unpaid', 'paid') and account_id = $1 and bundle_id = $2`,
    [accountId, bundleId],
  );
  return rows.map(({ currency }) => currency);
}
