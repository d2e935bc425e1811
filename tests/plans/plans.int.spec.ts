import { connect, type OwnConnection } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { testDatabase, type TestDatabase } from '@accord/testing';
import { orderService } from '../../services/order/src/service.ts';
import { pagesForNothing, waysToOrders, type Readers } from './look.ts';
import { fillOrders } from './many-orders.ts';

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

test('ORD-15 every combination of filters finds its orders by an index, for a customer and for an operator', async () => {
  expect(await waysToOrders(readers)).toEqual({
    customer: [
      'Index Only Scan orders_by_facet',
      'Index Only Scan orders_by_status',
      'Index Scan orders_pkey',
    ],
    operator: ['Index Only Scan orders_of_all', 'Index Scan orders_pkey'],
  });
});

test('ORD-15 a search that finds nothing looks at few pages, not at each order of its account', async () => {
  const pages = await pagesForNothing(readers);
  expect(Object.entries(pages).filter(([, looked]) => looked > 2_000)).toEqual([]);
});
