import type { Tx } from '@accord/core';
import { connect, type OwnConnection } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { testDatabase, type TestDatabase } from '@accord/testing';
import { countOrders, listOrders, type OrderFilter } from '../../services/order/src/order/order-list.ts';
import { orderService } from '../../services/order/src/service.ts';
import { pagesForNothing, waysToOrders, type Readers } from './look.ts';
import { fillOrders } from './many-orders.ts';
import { everySearch } from './searches.ts';

// `npm run plans -- --orders 1000000` looks at the same, with as many orders as wanted.

let database: TestDatabase;
const connections: OwnConnection[] = [];
let readers: Readers;

const open = async (url: string) => {
  const connection = await connect(url, { settings: { search_path: 'orders' } });
  connections.push(connection);
  return connection;
};

beforeAll(async () => {
  const service = orderService({ profile: loadProfile('baidu') }, { log: undefined as never });
  database = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  await fillOrders(await open(database.url), { orders: 20_000, ofOne: 3 });
  readers = { customer: await open(database.urls.app), operator: await open(database.urls.operator) };
  await readers.customer.query(`select set_config('accord.account', 'acc_0', false)`);
});

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.end()));
  await database.drop();
});

test('ORD-15 every combination of filters finds its orders by an index, for customers and operators', async () => {
  const { customer, operator } = await waysToOrders(readers);
  const made = ['orders_by_facet', 'orders_by_status', 'orders_by_payment', 'orders_of_all', 'orders_pkey'];
  const isByIndex = (way: string) => {
    const [, index] = /^Index (?:Only )?Scan (\w+)$/.exec(way) ?? [];
    return index !== undefined && made.includes(index);
  };
  expect([customer, operator].map((ways) => ways.filter((way) => !isByIndex(way)))).toEqual([[], []]);
  expect(customer).toContain('Index Only Scan orders_by_facet');
  expect(operator).toContain('Index Only Scan orders_of_all');
});

test('ORD-15 a search that finds nothing looks at few pages, not at each order of its account', async () => {
  const pages = await pagesForNothing(readers);
  expect(Object.entries(pages).filter(([, looked]) => looked > 2_000)).toEqual([]);
});

type Row = {
  orderId: string;
  accountId: string;
  productCode: string;
  name: string;
  status: string;
  orderType: string;
  billType: string;
  operatorId: string;
  paidAt: Date | null;
};

/** Whether a plain look at the row finds it. */
const fits = (row: Row, { productName, paid, ...filter }: OrderFilter) =>
  (['accountId', 'productCode', 'status', 'orderType', 'billType', 'operatorId'] as const).every(
    (name) => filter[name] === undefined || row[name] === filter[name],
  ) &&
  (productName === undefined || row.name.includes(productName)) &&
  (!paid || (row.paidAt !== null && row.paidAt >= paid.from! && row.paidAt < paid.before!));

test('ORD-15 every combination of filters finds the orders that a plain look finds', async () => {
  const { rows } = await readers.operator.query<Row>(
    `select order_id as "orderId", account_id as "accountId", product_code as "productCode",
        terms #>> '{productName,zh-CN}' as name, status, order_type as "orderType", bill_type as "billType",
        operator_id as "operatorId", paid_at as "paidAt"
      from orders order by created_at, order_id`,
  );
  const sorted = { oldest_first: rows, newest_first: rows.toReversed() };
  for (const { accountId, connection } of [
    { accountId: 'acc_0', connection: readers.customer },
    { accountId: undefined, connection: readers.operator },
  ]) {
    const tx = {
      many: async (sql: string, values: unknown[]) => (await connection.query(sql, values)).rows,
      write: () => undefined,
    } as unknown as Tx;
    for (const [i, search] of everySearch.entries()) {
      const filter = { ...search, accountId };
      const sort = i % 2 === 0 ? 'newest_first' : 'oldest_first';
      const expected = sorted[sort].filter((row) => fits(row, filter)).map(({ orderId }) => orderId);
      const listed = (await listOrders(tx, filter, { sort, limit: 20 })).map(({ orderId }) => orderId);
      expect([search, listed]).toEqual([search, expected.slice(0, 20)]);
      const counts = await countOrders(tx, filter, 100_000);
      expect([search, counts.reduce((sum, { orders }) => sum + orders, 0)]).toEqual([
        search,
        expected.length,
      ]);
    }
  }
});
