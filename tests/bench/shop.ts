import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess, Settings } from '@accord/local';
import { asSuperuser } from '@accord/local/parts';
import type { Ground } from './environment.ts';

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

const product = {
  name: { 'zh-CN': '云服务器 BCC', en: 'Baidu Cloud Compute BCC' },
  category: 'COMPUTE',
  brand: 'baidu',
  form: 'instance',
  chargeTypes: ['subscription'],
  invoicingEntity: 'baidu_netcom',
  prices: [{ chargeType: 'subscription', amount: '45.00', currency: 'CNY', unit: 'month' }],
  contractable: true,
  refundable: true,
};

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
  ground: Ground,
  { customers = 32, settings = {} as Settings } = {},
): Promise<Shop> {
  const databaseUrl = await ground.makeDatabase('accord');
  const service = await ground.startService('order', databaseUrl, settings);
  const operator = await ground.issuer.token({ sub: 'operator', scope: 'operator' });
  const headers = { authorization: `Bearer ${operator}`, 'content-type': 'application/json' };
  const { status } = await fetch(`${service.url}/v1/products/BCC`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(product),
  });
  if (status !== 201) throw new Error(`the product was not published: ${status}`);
  const tokens = Array.from({ length: customers }, async (_, i) => {
    const accountId = `acc_${i}`;
    const claims = { sub: `user_${i}`, account_id: accountId, scope: 'orders:write' };
    return { accountId, authorization: `Bearer ${await ground.issuer.token(claims)}` };
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

/** One order as the service answers it. */
export async function placeOne({ url, customers, body: asked }: Shop): Promise<Record<string, unknown>> {
  const headers = { authorization: customers[0]!.authorization, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: asked });
  if (answer.status !== 201)
    throw new Error(`the order was not placed: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
