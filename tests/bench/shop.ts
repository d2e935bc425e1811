import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess, Settings } from '@accord/local';
import { asSuperuser } from '@accord/local/parts';
import { machineProduct } from '../faults/load.ts';
import type { Environment } from './environment.ts';

/** The order service with one product on sale and customers of as many accounts as there are connections. */
export interface Shop {
  readonly databaseUrl: string;
  readonly service: ServiceProcess;
  readonly url: string;
  readonly customers: readonly { readonly accountId: string; readonly authorization: string }[];
  /** The body a customer sends to place an order. */
  readonly body: string;
  /** Resolves when the relay has published everything. */
  drained(): Promise<void>;
}

const body = JSON.stringify({
  productCode: 'BCC',
  billType: 'prepay',
  chargeType: 'subscription',
  configuration: [
    { name: 'CPU', value: '2' },
    { name: 'memory', value: '4 GB' },
  ],
  duration: { value: 1, unit: 'month' },
});

export async function openShop(
  environment: Environment,
  { customers = 32, settings = {} as Settings, database = 'accord' } = {},
): Promise<Shop> {
  const databaseUrl = await environment.makeDatabase(database);
  const service = await environment.startService('order', databaseUrl, settings);
  const operator = await environment.issuer.token({ sub: 'operator', scope: 'operator' });
  const headers = { authorization: `Bearer ${operator}`, 'content-type': 'application/json' };
  const { status } = await fetch(`${service.url}/v1/products/BCC`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(machineProduct),
  });
  if (status !== 201) throw new Error(`the product was not published: ${status}`);
  const tokens = Array.from({ length: customers }, async (_, i) => {
    const accountId = `acc_${i}`;
    const claims = { sub: `user_${i}`, account_id: accountId, scope: 'orders:write' };
    return { accountId, authorization: `Bearer ${await environment.issuer.token(claims)}` };
  });
  return {
    databaseUrl,
    service,
    url: `${service.url}/v1/orders`,
    customers: await Promise.all(tokens),
    body,
    drained: () =>
      asSuperuser(databaseUrl, async (client) => {
        while ((await client.query('select from orders.outbox limit 1')).rowCount) await sleep(20);
      }),
  };
}

/** Of the nth copy, from 1 on, as SQL. */
interface CopyOf {
  readonly orderId: string;
  readonly accountId: string;
  readonly createdAt: string;
  readonly payBy: string;
}

/** An order as its row, to be copied. */
export const rowOf = ({ databaseUrl }: Shop, orderId: unknown) =>
  asSuperuser(databaseUrl, async (client) => {
    const { rows } = await client.query<{ order: object }>(
      'select to_jsonb(o) as order from orders.orders o where order_id = $1',
      [orderId],
    );
    return rows[0]!.order;
  });

const copiedColumns = `version, product_code, order_type, bill_type, terms, currency, product_amount, discount_amount,
  payable_amount, cash_paid, voucher_paid, status, fulfilment, refund_state, instance_ids, placed_on`;

/** Copies of an order, each with the first line of its history, in the database of a service or of a floor. */
export async function copyOrders(
  databaseUrl: string,
  order: object,
  { count, copy: { orderId, accountId, createdAt, payBy } }: { count: number; copy: CopyOf },
): Promise<readonly string[]> {
  return asSuperuser(databaseUrl, async (client) => {
    const { rows } = await client.query<{ orderId: string }>(
      `with placed as (
         insert into orders.orders (order_id, account_id, created_at, pay_by, ${copiedColumns})
         select ${orderId}, ${accountId}, ${createdAt}, ${payBy}, ${copiedColumns}
           from jsonb_populate_record(null::orders.orders, $1), generate_series(1, $2::integer) n
         returning order_id, account_id, created_at)
       insert into orders.order_history (order_id, version, account_id, at, actor, change, status)
       select order_id, 1, account_id, created_at, 'customer:usr', 'placed', 'unpaid' from placed
       returning order_id as "orderId"`,
      [JSON.stringify(order), count],
    );
    await client.query('vacuum analyze orders.orders');
    await client.query('vacuum analyze orders.order_history');
    return rows.map((row) => row.orderId);
  });
}

/** One order as the service answers it. */
export async function placeOne({ url, customers, body: asked }: Shop): Promise<Record<string, unknown>> {
  const headers = { authorization: customers[0]!.authorization, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: asked });
  if (answer.status !== 201)
    throw new Error(`the order was not placed: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
