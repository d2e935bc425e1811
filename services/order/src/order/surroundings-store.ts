import type { Tx } from '@accord/core';
import { selectOrders } from './order-store.ts';
import type { Order } from './order.ts';

/** The unpaid and paid orders on these instances, and those of the same bundles, in no order. */
export const listOrdersAround = (tx: Tx, instanceIds: readonly string[]): Promise<Order[]> =>
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
