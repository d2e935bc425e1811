import type { Tx } from '@accord/core';
import type { Connection } from '@accord/postgres';
import { countOrders, listOrders, type OrderFilter } from '../../services/order/src/order/order-list.ts';
import {
  countDeltas,
  listStatistics,
  type StatisticsFilter,
} from '../../services/order/src/order/statistics-store.ts';
import { fillDatabase, type Filled } from './filled.ts';
import { mostPages, pagesForNothing, slowWays, waysToOrders, type Readers } from './look.ts';
import { year } from './many-orders.ts';
import { everySearch } from './searches.ts';

// plans.long.spec.ts looks at the same with a million orders.

let filled: Filled;
let readers: Readers;

beforeAll(async () => {
  filled = await fillDatabase({ orders: 20_000, ofOne: 3 });
  ({ readers } = filled);
});

afterAll(() => filled.drop());

test('ORD-15 every combination of filters finds its orders by an index, for customers and operators', async () => {
  const ways = await waysToOrders(readers);
  expect(slowWays(ways)).toEqual([]);
  expect(ways.customer).toContain('Index Only Scan orders_by_facet');
  expect(ways.operator).toContain('Index Only Scan orders_of_all');
});

test('ORD-15 a search that finds nothing looks at few pages, not at each order of its account', async () => {
  const pages = await pagesForNothing(readers);
  expect(Object.entries(pages).filter(([, looked]) => looked > mostPages)).toEqual([]);
});

const readingBy = (connection: Connection) =>
  ({
    many: async (sql: string, values: unknown[]) => (await connection.query(sql, values)).rows,
    one: async (sql: string, values: unknown[]) => (await connection.query(sql, values)).rows[0],
    write: () => undefined,
  }) as unknown as Tx;

type Row = {
  orderId: string;
  accountId: string;
  productCode: string;
  name: string;
  status: string;
  orderType: string;
  billType: string;
  placedBy: string;
  paidAt: Date | null;
};

/** Whether a plain look at the row finds it. */
const fits = (row: Row, { productName, paid, placedBy, ...filter }: OrderFilter) =>
  (['accountId', 'productCode', 'status', 'orderType', 'billType'] as const).every(
    (name) => filter[name] === undefined || row[name] === filter[name],
  ) &&
  (productName === undefined || row.name.includes(productName)) &&
  (placedBy === undefined || placedBy.includes(row.placedBy)) &&
  (!paid || (row.paidAt !== null && row.paidAt >= paid.from! && row.paidAt < paid.before!));

test('ORD-15 every combination of filters finds the orders that a plain look finds', async () => {
  const { rows } = await readers.operator.query<Row>(
    `select order_id as "orderId", account_id as "accountId", product_code as "productCode",
        terms #>> '{productName,zh-CN}' as name, status, order_type as "orderType", bill_type as "billType",
        placed_by as "placedBy", paid_at as "paidAt"
      from orders order by created_at, order_id`,
  );
  const sorted = { oldest_first: rows, newest_first: rows.toReversed() };
  for (const { accountId, connection } of [
    { accountId: 'acc_0', connection: readers.customer },
    { accountId: undefined, connection: readers.operator },
  ]) {
    const tx = readingBy(connection);
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

/** One of the year's days, counted from its first. */
const dayOf = (n: number) => new Date(year.from.getTime() + n * 86_400_000).toISOString().slice(0, 10);
const monthOf = (n: number) => dayOf(n).slice(0, 7);
const dayBefore = (day: string) => new Date(Date.parse(day) - 1).toISOString().slice(0, 10);

test('ORD-23 statistics of any range, counted or not, are those of a plain look', async () => {
  const { rows: moved } = await readers.operator.query<{ orderId: string }>(
    `update orders set status = 'voided' where status = 'paid' and order_id like '%7' returning order_id as "orderId"`,
  );
  expect(moved.length).toBeGreaterThan(500);
  const ranges = [
    [dayOf(0), dayOf(364)],
    [`${monthOf(60)}-01`, dayOf(300)],
    [dayOf(40), dayBefore(`${monthOf(250)}-01`)],
    [`${monthOf(100)}-02`, `${monthOf(100)}-27`],
    [`${monthOf(100)}-20`, `${monthOf(131)}-03`],
    [`${monthOf(40)}-14`, `${monthOf(310)}-18`],
    [`${monthOf(40)}-18`, `${monthOf(310)}-14`],
    [`${monthOf(100)}-13`, `${monthOf(100)}-19`],
    [`${monthOf(100)}-17`, `${monthOf(131)}-15`],
    [dayBefore(`${monthOf(131)}-01`), `${monthOf(131)}-01`],
    [dayOf(200), dayOf(200)],
  ] as const;
  const looks = ranges.flatMap(([from, to]) =>
    [
      {},
      { productCode: 'P4' },
      { status: 'paid' as const },
      { productCode: 'P5', status: 'voided' as const },
    ].map((filter) => ({ from, to, ...filter })),
  );
  const look = async () => {
    let found = 0;
    for (const { accountId, connection } of [
      { accountId: 'acc_0', connection: readers.customer },
      { accountId: undefined, connection: readers.operator },
    ])
      for (const asked of looks) {
        const filter: StatisticsFilter = { accountId, ...asked };
        const { rows } = await connection.query(plainText, [
          accountId ?? null,
          filter.from,
          filter.to,
          filter.productCode ?? null,
          filter.status ?? null,
        ]);
        expect([filter, await listStatistics(readingBy(connection), filter)]).toEqual([filter, rows]);
        found += rows.length;
      }
    expect(found).toBeGreaterThan(2_000);
  };
  await look();
  while (await countDeltas(readingBy(readers.operator)));
  expect((await readers.operator.query('select from order_deltas')).rowCount).toBe(0);
  await look();
  await filled.owner.query(`delete from order_totals where product_code = 'P4'`);
  await filled.owner.query(
    `update order_totals set orders = orders + 1, product_code = product_code || '!' where grain = 'day_product'`,
  );
  await filled.owner.query('select recount()');
  await look();
});

const plainText = `
  select status, placed_on::text as day, product_code as "productCode", currency, count(*)::int as orders,
      sum(product_amount)::text as "productAmount", sum(payable_amount)::text as "payableAmount",
      sum(cash_paid)::text as "cashPaid", sum(voucher_paid)::text as "voucherPaid"
    from orders where account_id = coalesce($1, account_id) and placed_on between $2 and $3
     and product_code = coalesce($4, product_code) and status = coalesce($5, status)
   group by currency, grouping sets (status, placed_on, product_code)
   order by status, day, "productCode"`;
