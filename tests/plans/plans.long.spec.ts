import { fillDatabase, type Filled } from './filled.ts';
import { mostPages, pagesForNothing, slowWays, waysToOrders } from './look.ts';

let filled: Filled;
beforeAll(async () => {
  filled = await fillDatabase({ orders: 1_000_000, ofOne: 3 });
}, 600_000);
afterAll(() => filled.drop());

test('ORD-15 of a million orders, every combination of filters finds its own by an index', async () => {
  expect(slowWays(await waysToOrders(filled.readers))).toEqual([]);
});

test('ORD-15 of a million orders, a search that finds nothing looks at few pages', async () => {
  const pages = await pagesForNothing(filled.readers);
  expect(Object.entries(pages).filter(([, looked]) => looked > mostPages)).toEqual([]);
});
