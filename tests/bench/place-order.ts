import type { Environment } from './environment.ts';
import { beside, median, type Figure } from './figure.ts';
import { openFloor } from './floor.ts';
import type { Load } from './load.ts';
import { placeOne, type Shop } from './shop.ts';

/**
 * Orders placed a second by as many clients as the shop has customers, beside the same SQL behind bare
 * node:http; short rounds in turn.
 */
export async function benchPlaceOrder(
  environment: Environment,
  shop: Shop,
  load: Load,
  { rounds = 5, ms = 3_000, warmUpMs = 8_000 } = {},
): Promise<Figure> {
  const floor = await openFloor(environment, shop);
  const bareUrl = await floor.start('place', () => placeOne(shop));
  const service = {
    url: shop.url,
    clients: shop.customers.map(({ authorization }) => ({ authorization })),
    body: shop.body,
  };
  const bare = {
    ...service,
    url: `${bareUrl}/v1/orders`,
    clients: shop.customers.map(({ accountId }) => ({ 'x-account': accountId })),
  };
  const ours: number[] = [];
  const floors: number[] = [];
  try {
    await load.run({ ...service, ms: warmUpMs });
    await load.run({ ...bare, ms: warmUpMs });
    for (let round = 0; round < rounds; round += 1) {
      await shop.drained();
      ours.push((await load.run({ ...service, ms })).perSecond);
      await shop.drained();
      floors.push((await load.run({ ...bare, ms })).perSecond);
    }
  } finally {
    floor.stop();
  }
  return beside(`place order, ${shop.customers.length} clients`, 'orders/s', median(ours), median(floors));
}
