import { keepNewest } from './keep-newest.ts';

const keepOrders = keepNewest({
  table: 'order_view',
  key: 'order_id',
  columns: ['account_id', 'snapshot'],
});

const order = (order_id: string, version: number) => ({
  order_id,
  version,
  account_id: 'acc_1',
  snapshot: { orderId: order_id },
});

function written(work: (writer: Parameters<typeof keepOrders>[0]) => void) {
  const writes: { sql: string; values: readonly unknown[] }[] = [];
  work({
    write: (sql, values = []) => void writes.push({ sql: sql.replaceAll(/\s+/g, ' ').trim(), values }),
  });
  return writes;
}

test('EVT-5 rows are written by one statement that lets no older version overwrite a newer one', () => {
  const rows = [order('ord_1', 1), order('ord_2', 7)];
  expect(written((writer) => keepOrders(writer, rows))).toEqual([
    {
      sql:
        'insert into order_view (order_id, version, account_id, snapshot) select order_id, version, ' +
        'account_id, snapshot from jsonb_populate_recordset(null::order_view, $1::jsonb) order by ' +
        'order_id on conflict (order_id) do update set version = excluded.version, account_id = ' +
        'excluded.account_id, snapshot = excluded.snapshot where order_view.version < ' +
        'excluded.version',
      values: [JSON.stringify(rows)],
    },
  ]);
});

test('no row is no statement, and every call has the same text', () => {
  expect(written((writer) => keepOrders(writer, []))).toEqual([]);
  const [first, second] = written((writer) => {
    keepOrders(writer, [order('ord_1', 1)]);
    keepOrders(writer, [order('ord_2', 1), order('ord_3', 2)]);
  });
  expect(first!.sql).toBe(second!.sql);
});

test('a row without one of the columns does not type-check', () => {
  // @ts-expect-error there is no account_id
  const incomplete: Parameters<typeof keepOrders>[1] = [{ order_id: 'ord_1', version: 1, snapshot: {} }];
  expect(incomplete).toHaveLength(1);
});
