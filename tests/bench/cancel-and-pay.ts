import type { Environment } from './environment.ts';
import { beside, median, type Figure } from './figure.ts';
import { openFloor, type Floor } from './floor.ts';
import type { Load } from './load.ts';
import { copyOrders, placeOne, rowOf, type Shop } from './shop.ts';

type Command = 'cancel' | 'pay';

/** As many in a round as no machine does in its time. */
const ordersOfRound = 12_000;
const warmUpRounds = 2;

/**
 * Unpaid orders cancelled by their customers, or paid by the platform, a second, by as many clients as the shop has
 * customers, beside the same SQL behind bare node:http; short rounds in turn.
 */
export async function benchCancelAndPay(
  environment: Environment,
  shop: Shop,
  load: Load,
  { commands = ['cancel', 'pay'] as readonly Command[], rounds = 5, ms = 3_000 } = {},
): Promise<Figure[]> {
  const floor = await openFloor(environment, shop);
  const order = await rowOf(shop, (await placeOne(shop))['orderId']);
  const platform = `Bearer ${await environment.issuer.token({ sub: 'payments', scope: 'platform' })}`;
  const figures: Figure[] = [];
  try {
    for (const command of commands) {
      const sides = await sidesOf(command, { shop, floor, platform });
      for (let round = -warmUpRounds; round < rounds; round += 1) {
        for (const { databaseUrl, ask, perSecond } of sides) {
          const orderIds = await copyOrders(databaseUrl, order, {
            count: ordersOfRound,
            copy: {
              orderId: `'ord_${command}${round + warmUpRounds}' || lpad(n::text, 10, '0')`,
              accountId: `'acc_' || (n - 1) % ${shop.customers.length}`,
              createdAt: 'now()',
              payBy: `now() + interval '7 days'`,
            },
          });
          await shop.drained();
          const result = await load.run({ ...ask, orderIds, ms });
          if (round >= 0) perSecond.push(result.perSecond);
        }
      }
      const [ours, bare] = sides.map(({ perSecond }) => median(perSecond)) as [number, number];
      figures.push(beside(`${command}, ${shop.customers.length} clients`, 'orders/s', ours, bare));
    }
  } finally {
    floor.stop();
  }
  return figures;
}

/** The service, and the floor. */
async function sidesOf(
  command: Command,
  { shop, floor, platform }: { shop: Shop; floor: Floor; platform: string },
) {
  const { path, headers, body } = {
    cancel: { path: 'cancel', headers: {}, body: { reason: 'Ordered twice' } },
    pay: {
      path: 'payments',
      headers: { 'idempotency-key': 'key-{orderId}' },
      body: {
        paymentReference: 'pay-{orderId}',
        parts: { cash: { amount: '45.00', currency: 'CNY' } },
      },
    },
  }[command];
  const client = ({ accountId, authorization }: Shop['customers'][number]) => ({
    ours: { authorization: command === 'pay' ? platform : authorization, ...headers },
    bare: { ...(command === 'cancel' && { 'x-account': accountId }), ...headers },
  });
  const clients = shop.customers.map(client);
  const once = async () => {
    const { orderId } = await placeOne(shop);
    const of = (text: string) => text.replaceAll('{orderId}', String(orderId));
    const answer = await fetch(`${shop.url}/${String(orderId)}/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...Object.fromEntries(Object.entries(clients[0]!.ours).map(([name, value]) => [name, of(value)])),
      },
      body: of(JSON.stringify(body)),
    });
    if (!answer.ok) throw new Error(`${command} was answered with ${answer.status}`);
  };
  const bareUrl = await floor.start(command, once);
  const side = (url: string, databaseUrl: string, of: 'ours' | 'bare') => ({
    databaseUrl,
    ask: {
      url: `${url}/{orderId}/${path}`,
      clients: clients.map((one) => one[of]),
      body: JSON.stringify(body),
    },
    perSecond: [] as number[],
  });
  return [
    side(shop.url, shop.databaseUrl, 'ours'),
    side(`${bareUrl}/v1/orders`, floor.databaseUrl, 'bare'),
  ] as const;
}
