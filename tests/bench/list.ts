import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@accord/local';
import { asSuperuser } from '@accord/local/parts';
import { connect } from '@accord/postgres';
import { urlsOf } from '@accord/testing';
import { countOrders, listOrders, type OrderFilter } from '../../services/order/src/order/order-list.ts';
import { listStatistics } from '../../services/order/src/order/statistics-store.ts';
import { mostPages, pagesForNothing, slowWays, waysToOrders } from '../plans/look.ts';
import { fillOrders, year, type ManyOrders } from '../plans/many-orders.ts';
import { statementsOf } from '../plans/plan.ts';
import { emptySearches } from '../plans/searches.ts';
import type { ReadAsk } from './bare-reader.ts';
import { startChild } from './child.ts';
import type { Environment } from './environment.ts';
import { beside, percentile, type Figure } from './figure.ts';

/** One reading over HTTP, and the same in SQL. */
interface Reading {
  readonly name: string;
  readonly path: string;
  readonly asker: 'customer' | 'operator';
  readonly read: Parameters<typeof statementsOf>[0];
}

const dayMs = 86_400_000;
const lately: OrderFilter = { from: new Date(Date.now() - 7 * dayMs), before: year.before };
const accountId = 'acc_0';

/** As the console asks for it. */
function queryOf({ paid, from, before, placedBy, instanceIds: _, ...filter }: OrderFilter): string {
  const last = (end: Date | undefined) => end && new Date(end.getTime() - 1);
  const times = { from, to: last(before), paidFrom: paid?.from, paidTo: last(paid?.before) };
  const query = new URLSearchParams(filter as Record<string, string>);
  if (placedBy) query.set('operatorId', placedBy[0]!.split(':')[1]!);
  for (const [name, time] of Object.entries(times)) if (time) query.set(name, time.toISOString());
  return String(query);
}

const list = (name: string, filter: OrderFilter, query = queryOf(filter)): Reading => ({
  name: `list, ${name}`,
  path: `/v1/orders?${query}`,
  asker: 'customer',
  read: (tx) => listOrders(tx, { ...filter, accountId }, { sort: 'newest_first', limit: 21 }),
});

const counts = (name: string, filter: OrderFilter): Reading => ({
  name: `counts, ${name}`,
  path: `/v1/orders/counts?${queryOf(filter)}`,
  asker: 'customer',
  read: (tx) => countOrders(tx, { ...filter, accountId }, 10_000),
});

const [firstDay, lastDay] = [year.from, new Date(year.before.getTime() - 1)];
const inMonths = (at: Date, months: number, day: number) =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, day));
const ranges = {
  'a year': [firstDay, lastDay],
  // No other ends of a range have more days to sum up.
  'ten months, from the middle of one to that of another': [
    inMonths(firstDay, 1, 16),
    inMonths(lastDay, -1, 15),
  ],
} as const;

function statistics(asker: Reading['asker'], range: keyof typeof ranges): Reading {
  const [from, to] = ranges[range].map((at) => at.toISOString().slice(0, 10));
  return {
    name: `statistics of ${range}, ${asker}`,
    path: `/v1/orders/statistics?from=${from}&to=${to}`,
    asker,
    read: (tx) =>
      listStatistics(tx, { accountId: asker === 'customer' ? accountId : undefined, from: from!, to: to! }),
  };
}

const readings = {
  list: [
    list('default filters', lately, ''),
    ...Object.entries(emptySearches).map(([name, filter]) => list(name, filter)),
    list('a Chinese name, a year', { ...year, productName: '产品3' }),
    counts('a year', year),
    counts('a Chinese name, a year', { ...year, productName: '产品3' }),
  ],
  statistics: (['customer', 'operator'] as const).flatMap((asker) =>
    (Object.keys(ranges) as (keyof typeof ranges)[]).map((range) => statistics(asker, range)),
  ),
};

/**
 * Reading orders over HTTP, p95, beside its SQL behind bare node:http. Before that the plans of all combinations of
 * filters are looked at.
 *
 * @throws Error where orders are looked at one by one.
 */
export async function benchList(
  environment: Environment,
  many: ManyOrders,
  {
    parts,
    tell,
  }: { readonly parts: readonly (keyof typeof readings)[]; readonly tell: (line: string) => void },
): Promise<Figure[]> {
  const databaseUrl = await environment.makeDatabase('accord_list');
  const service = await environment.startService('order', databaseUrl);
  // It has migrated, and is started again behind the filling.
  await service.kill('SIGTERM');
  await asSuperuser(databaseUrl, async (connection) => {
    await fillOrders(connection, many);
    await connection.query(
      `insert into orders.account_view values ($1, 1, '{"certifiedName": "某某有限公司", "certificate": null,
        "invoiceTitle": "某某有限公司", "partner": null, "address": null}')`,
      [accountId],
    );
    await service.restart();
    while ((await connection.query('select from orders.order_deltas limit 1')).rowCount) await sleep(200);
    await connection.query('vacuum analyze orders.order_totals');
    await connection.query('checkpoint');
  });
  if (parts.includes('list')) await checkPlans(databaseUrl, many, tell);
  const figures = await measure(
    environment,
    { databaseUrl, service },
    parts.flatMap((part) => readings[part]),
  );
  await service.stop();
  return figures.map((figure) => ({ ...figure, name: `${figure.name}, ${many.orders} orders` }));
}

async function checkPlans(databaseUrl: string, { orders }: ManyOrders, tell: (line: string) => void) {
  const urls = urlsOf(databaseUrl, 'order');
  const open = (url: string) => connect(url, { settings: { search_path: 'orders' } });
  const [customer, operator] = await Promise.all([open(urls.app), open(urls.operator)]);
  await customer.query(`select set_config('accord.account', '${accountId}', false)`);
  const ways = await waysToOrders({ customer, operator });
  for (const [reader, those] of Object.entries(ways)) tell(`${reader}: ${those.join(', ')}`);
  const pages = Object.entries(await pagesForNothing({ customer, operator }));
  for (const [name, looked] of pages) tell(`${orders} orders, ${name}: ${looked} pages for nothing`);
  await Promise.all([customer.end(), operator.end()]);
  const slow = [...slowWays(ways), ...pages.filter(([, looked]) => looked > mostPages).map(([name]) => name)];
  if (slow.length > 0) throw new Error(`orders are looked at one by one: ${slow.join(', ')}`);
}

type Shop = { readonly databaseUrl: string; readonly service: ServiceProcess };

async function measure(environment: Environment, { databaseUrl, service }: Shop, wanted: readonly Reading[]) {
  const urls = urlsOf(databaseUrl, 'order');
  const tokens = {
    customer: await environment.issuer.token({ sub: 'usr_1', account_id: accountId, scope: 'orders:read' }),
    operator: await environment.issuer.token({ sub: 'op_1', scope: 'operator' }),
  };
  const figures: Figure[] = [];
  for (const asker of ['customer', 'operator'] as const) {
    const own = wanted.filter((reading) => reading.asker === asker);
    const url = asker === 'customer' ? urls.app : urls.operator;
    const bare = startChild(new URL('./bare-reader.ts', import.meta.url), await askOf(url, own));
    const { port } = await bare.answer<{ port: number }>();
    const authorization = `Bearer ${tokens[asker]}`;
    for (const { name, path } of own) {
      const [ours, floor] = await inTurn(
        () => timed(`${service.url}${path}`, { authorization }),
        () => timed(`http://127.0.0.1:${port}${path}`),
      );
      figures.push(beside(`${name}, p95`, 'ms', percentile(ours, 0.95), percentile(floor, 0.95)));
    }
    await bare.stop();
  }
  return figures;
}

const askOf = async (url: string, own: readonly Reading[]): Promise<ReadAsk> => ({
  url,
  accountId,
  readings: Object.fromEntries(
    await Promise.all(
      own.map(async ({ path, read }) => [
        path,
        (await statementsOf(read)).map(([text, values]) => ({ text, values: [...(values ?? [])] })),
      ]),
    ),
  ),
});

/** Milliseconds of each, a few of one and then of the other; the first are not counted. */
async function inTurn(
  ours: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 11; round += 1)
    for (const [i, ask] of [ours, floor].entries())
      for (let n = 0; n < 20; n += 1) {
        const ms = await ask();
        if (round > 0) times[i]!.push(ms);
      }
  return times;
}

async function timed(url: string, headers: Record<string, string> = {}): Promise<number> {
  const began = performance.now();
  const answer = await fetch(url, { headers });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`not read: ${answer.status} ${body}`);
  return performance.now() - began;
}
