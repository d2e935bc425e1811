import type { Tx } from '@accord/core';
import type { Connection } from '@accord/postgres';
import { countOrders, listOrders, type OrderFilter } from '../../services/order/src/order/order-list.ts';
import { plansOf } from './plan.ts';
import { emptySearches, everySearch } from './searches.ts';

/** Of a customer, whose role sees `acc_0` alone, and of an operator, who sees all. */
export interface Readers {
  readonly customer: Connection;
  readonly operator: Connection;
}

const first = {
  newest: { sort: 'newest_first', limit: 21 },
  oldest: { sort: 'oldest_first', limit: 21 },
} as const;
const after = ['2026-08-01T00:00:00.000Z', 'ord_1'] as const;

/** All that a list is read by: its pages and its counts. */
const readingsOf = (filter: OrderFilter): readonly ((tx: Tx) => Promise<unknown>)[] => [
  (tx) => listOrders(tx, filter, first.newest),
  (tx) => listOrders(tx, filter, { ...first.newest, after }),
  (tx) => listOrders(tx, filter, first.oldest),
  (tx) => countOrders(tx, filter, 10_000),
];

const named = { orderId: 'ord_1', instanceIds: ['i-1', 'i-2'], from: undefined, before: undefined };

/** How orders are found by each combination of filters: `Index Only Scan orders_by_facet` and so on. */
export async function waysToOrders({
  customer,
  operator,
}: Readers): Promise<Record<keyof Readers, string[]>> {
  const waysOf = async (connection: Connection, accountId: string | undefined) => {
    const ways = new Set<string>();
    const known = new Set<string>();
    const searches = [...everySearch, ...everySearch.map((search) => ({ ...search, ...named }))];
    for (const read of searches.flatMap((search) => readingsOf({ ...search, accountId })))
      for (const plan of await plansOf(connection, read, { run: false, known }))
        for (const way of plan.ways) if (/ orders/.test(way)) ways.add(way);
    return [...ways].sort();
  };
  return { customer: await waysOf(customer, 'acc_0'), operator: await waysOf(operator, undefined) };
}

const indexesOf: Readonly<Record<keyof Readers, readonly string[]>> = {
  customer: ['orders_by_facet', 'orders_by_status', 'orders_by_payment', 'orders_pkey'],
  operator: ['orders_of_all', 'orders_pkey'],
};

/** The ways that look at orders one by one, or account by account: no stretch of an index that the reader has. */
export const slowWays = (ways: Readonly<Record<keyof Readers, readonly string[]>>): string[] =>
  (['customer', 'operator'] as const).flatMap((reader) =>
    ways[reader]
      .filter((way) => {
        const [, index = ''] = /^Index (?:Only )?Scan (\w+)$/.exec(way) ?? [];
        return !indexesOf[reader].includes(index);
      })
      .map((way) => `${reader}: ${way}`),
  );

/** For a search that finds nothing: with 1 280 facets to look in, and not with the orders of a year. */
export const mostPages = 2_000;

/** Pages that a search looks at which finds nothing, by its name. */
export async function pagesForNothing({ customer }: Readers): Promise<Record<string, number>> {
  const pages: Record<string, number> = {};
  for (const [name, search] of Object.entries(emptySearches))
    for (const read of readingsOf({ ...search, accountId: 'acc_0' }))
      for (const plan of await plansOf(customer, read, { run: true }))
        pages[name] = Math.max(pages[name] ?? 0, plan.pages!);
  return pages;
}
