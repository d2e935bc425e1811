import { connect, type Connection } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { testDatabase } from '@accord/testing';
import { orderService } from '../../services/order/src/service.ts';
import type { Readers } from './look.ts';
import { fillOrders, type ManyOrders } from './many-orders.ts';

/** A database of the order service's own, with many orders. */
export interface Filled {
  readonly readers: Readers;
  /** Of the superuser. */
  readonly owner: Connection;
  drop(): Promise<void>;
}

export async function fillDatabase(many: ManyOrders): Promise<Filled> {
  const service = orderService({ profile: loadProfile('baidu') }, { log: undefined as never });
  const database = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  const open = (url: string) => connect(url, { settings: { search_path: 'orders' } });
  const [owner, customer, operator] = await Promise.all(
    [database.url, database.urls.app, database.urls.operator].map(open),
  );
  await fillOrders(owner!, many);
  await customer!.query(`select set_config('accord.account', 'acc_0', false)`);
  return {
    readers: { customer: customer!, operator: operator! },
    owner: owner!,
    async drop() {
      await Promise.all([owner, customer, operator].map((connection) => connection!.end()));
      await database.drop();
    },
  };
}
