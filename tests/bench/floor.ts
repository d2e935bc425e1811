import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import type { BareAsk } from './bare-server.ts';
import type { Environment } from './environment.ts';
import { placeOne, type Shop } from './shop.ts';

/** Connections of the service's pool, as it has them by default. */
const poolSize = 10;

/** A database of its own with the same tables, so that our relay does not publish what it leaves in the outbox. */
export interface Floor {
  /** Of the superuser. */
  readonly databaseUrl: string;
  /**
   * A command's SQL, as the service sends it, behind bare node:http.
   *
   * @param act asks the service for it, once.
   * @returns the root of its address.
   */
  start(command: BareAsk['command'], act: () => Promise<unknown>): Promise<string>;
  stop(): void;
}

export async function openFloor(environment: Environment, shop: Shop): Promise<Floor> {
  const view = await placeOne(shop);
  const { terms, products } = await asSuperuser(shop.databaseUrl, async (client) => {
    const orders = await client.query<{ terms: BareAsk['sample']['terms'] }>(
      'select terms from orders.orders where order_id = $1',
      [view['orderId']],
    );
    const published = await client.query<{ product: unknown }>(
      'select to_jsonb(p) as product from orders.products p',
    );
    return { terms: orders.rows[0]!.terms, products: published.rows.map(({ product }) => product) };
  });
  const databaseUrl = await environment.makeDatabase('accord_floor');
  const urls = urlsOf(databaseUrl, 'order');
  await migrateService(urls.owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('../../services/order/migrations/', import.meta.url),
  });
  await asSuperuser(databaseUrl, (client) =>
    client.query(
      'insert into orders.products select * from jsonb_populate_recordset(null::orders.products, $1)',
      [JSON.stringify(products)],
    ),
  );
  const children: ChildProcess[] = [];
  return {
    databaseUrl,
    async start(command, act) {
      const texts = await statementsOf(environment, shop, act);
      const child = fork(fileURLToPath(new URL('./bare-server.ts', import.meta.url)));
      children.push(child);
      const url = command === 'pay' ? urls.operator : urls.app;
      const port = await askBare(child, { command, url, poolSize, texts, sample: { view, terms } });
      return `http://127.0.0.1:${port}`;
    },
    stop: () => children.forEach((child) => child.kill()),
  };
}

/**
 * Of the transaction in which the service changes an order, between its opening and its commit, as Postgres logs
 * them.
 *
 * @throws Error where it opens or ends in another way than the floor does.
 */
async function statementsOf(
  environment: Environment,
  shop: Shop,
  act: () => Promise<unknown>,
): Promise<readonly string[]> {
  const log = (level: string) =>
    asSuperuser(shop.databaseUrl, async (client) => {
      await client.query(`alter system set log_statement = '${level}'`);
      await client.query('select pg_reload_conf()');
      await sleep(300);
    });
  await log('all');
  await act();
  await log('none');
  const logged = [
    ...environment
      .postgresLog()
      .replaceAll(/\s+/g, ' ')
      .matchAll(/\[(\d+)\] LOG: (?:statement|execute \w+): (.*?) (?=\d{4}-\d\d-\d\d |$)/g),
  ];
  const session = logged.findLast(([, , text]) => text!.includes('insert into order_history'))?.[1];
  const sent = logged.filter(([, of]) => of === session).map(([, , text]) => text!);
  const end = sent.lastIndexOf('commit');
  const [begin, opened, ...texts] = sent.slice(sent.lastIndexOf('begin', end), end);
  if (begin !== 'begin' || opened !== `select set_config('accord.account', $1, true), now() as now`)
    throw new Error(`the floor's transaction is not the service's, which is:\n${sent.join('\n')}`);
  return texts;
}

const askBare = (child: ChildProcess, ask: BareAsk) =>
  new Promise<number>((resolve, reject) => {
    child.once('message', ({ port }: { port: number }) => resolve(port));
    child.once('exit', (code) => reject(new Error(`the floor's process ended (${code})`)));
    child.send(ask);
  });
