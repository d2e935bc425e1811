import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import { opened, statements, type BareAsk } from './bare-server.ts';
import type { Ground } from './environment.ts';
import { beside, median, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import { placeOne, type Shop } from './shop.ts';

/** Connections of the service's pool, as it has them by default. */
const poolSize = 10;

/**
 * Orders placed a second by as many clients as the shop has customers, beside the same SQL behind bare
 * node:http; short rounds in turn.
 */
export async function benchPlaceOrder(
  ground: Ground,
  shop: Shop,
  load: Load,
  { rounds = 5, ms = 3_000, warmUpMs = 8_000 } = {},
): Promise<Figure> {
  await checkStatements(ground, shop);
  const bare = await startBare(ground, shop);
  const service = {
    url: shop.url,
    clients: shop.customers.map(({ authorization }) => ({ authorization })),
    body: shop.body,
  };
  const floor = {
    ...service,
    url: bare.url,
    clients: shop.customers.map(({ accountId }) => ({ 'x-account': accountId })),
  };
  const ours: number[] = [];
  const floors: number[] = [];
  try {
    await load.run({ ...service, ms: warmUpMs });
    await load.run({ ...floor, ms: warmUpMs });
    for (let round = 0; round < rounds; round += 1) {
      await shop.drained();
      ours.push((await load.run({ ...service, ms })).perSecond);
      await shop.drained();
      floors.push((await load.run({ ...floor, ms })).perSecond);
    }
  } finally {
    bare.stop();
  }
  return beside(`place order, ${shop.customers.length} clients`, 'orders/s', median(ours), median(floors));
}

/**
 * @throws Error where the floor's statements are not, one by one and in their order, those of the service.
 */
async function checkStatements(ground: Ground, shop: Shop): Promise<void> {
  const log = (level: string) =>
    asSuperuser(shop.databaseUrl, async (client) => {
      await client.query(`alter system set log_statement = '${level}'`);
      await client.query('select pg_reload_conf()');
      await sleep(300);
    });
  await log('all');
  await placeOne(shop);
  await log('none');
  const logged = [
    ...plain(ground.postgresLog()).matchAll(
      /\[(\d+)\] LOG: (?:statement|execute \w+): (.*?) (?=\d{4}-\d\d-\d\d |$)/g,
    ),
  ];
  const floor = ['begin', opened, statements.product, statements.order, statements.outbox, 'commit'];
  const session = logged.findLast(([, , text]) => same(text ?? '', statements.order))?.[1];
  const sent = logged.filter(([, of]) => of === session).map(([, , text]) => text);
  const own = sent.slice(sent.lastIndexOf('begin'));
  if (floor.some((text, i) => !same(own[i] ?? '', text)))
    throw new Error(
      `the floor's statements are not the service's, which are:\n${own.slice(0, floor.length).join('\n')}`,
    );
}

const plain = (text: string) => text.replaceAll(/\s+/g, ' ');
/** White space apart. */
const same = (one: string, other: string) => one.replaceAll(/\s/g, '') === other.replaceAll(/\s/g, '');

/**
 * The floor on a database of its own with the same tables, so that our relay does not publish what it leaves
 * in the outbox.
 */
async function startBare(ground: Ground, shop: Shop): Promise<{ url: string; stop(): void }> {
  const view = await placeOne(shop);
  const stored = await asSuperuser(shop.databaseUrl, async (client) => {
    const { rows } = await client.query<{ terms: BareAsk['terms'] }>(
      'select terms from orders.orders where order_id = $1',
      [view['orderId']],
    );
    const products = await client.query<{ product: unknown }>(
      'select to_jsonb(p) as product from orders.products p',
    );
    return { terms: rows[0]!.terms, products: products.rows.map(({ product }) => product) };
  });
  const databaseUrl = await ground.makeDatabase('accord_floor');
  const urls = urlsOf(databaseUrl, 'order');
  await migrateService(urls.owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('../../services/order/migrations/', import.meta.url),
  });
  await asSuperuser(databaseUrl, (client) =>
    client.query(
      'insert into orders.products select * from jsonb_populate_recordset(null::orders.products, $1)',
      [JSON.stringify(stored.products)],
    ),
  );
  const child = fork(fileURLToPath(new URL('./bare-server.ts', import.meta.url)));
  const port = await askBare(child, { url: urls.app, poolSize, view, terms: stored.terms, headers });
  return { url: `http://127.0.0.1:${port}/v1/orders`, stop: () => void child.kill() };
}

/** The headers that are the same for every event; the floor fills in the others. */
const headers = {
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_source: '/services/order',
  ce_type: 'order.placed',
  ce_dataschema: 'https://schemas.accord.dev/order.placed/1',
  ce_sequence: '1',
  ce_actor: 'customer:user',
  ce_causationid: '8edf4924-dee9-40cc-a1e2-1d7425291dde',
  ce_correlationid: '8edf4924-dee9-40cc-a1e2-1d7425291dde',
  traceparent: '00-8edf4924dee940cca1e21d7425291dde-a1e21d7425291dde-00',
};

const askBare = (child: ChildProcess, ask: BareAsk) =>
  new Promise<number>((resolve, reject) => {
    child.once('message', ({ port }: { port: number }) => resolve(port));
    child.once('exit', (code) => reject(new Error(`the floor's process ended (${code})`)));
    child.send(ask);
  });
