import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { asSuperuser } from '@accord/local/parts';
import type { Environment } from './environment.ts';
import { beside, median, residentMegabytes, round, type Figure } from './figure.ts';
import { openShop, placeOne, type Shop } from './shop.ts';

const accountId = 'acc_export';
const day = 86_400_000;

/**
 * Orders of one account as CSV and as XLSX, downloaded and by a job; beside `COPY … TO STDOUT` of the same
 * columns, rounds in turn. Memory is the highest while a file is made, less that of the idle service before.
 */
export async function benchExport(
  environment: Environment,
  { rows = 1_000_000, rounds = 3 } = {},
): Promise<Figure[]> {
  const shop = await openShop(environment, { customers: 1 });
  await fill(shop, rows);
  const token = await environment.issuer.token({
    sub: 'exporter',
    account_id: accountId,
    scope: 'orders:read',
  });
  const client = { shop, rows, headers: { authorization: `Bearer ${token}` } };
  await download(client, 'csv', 'orderId=ord_none');
  await sleep(3_000);
  const idle = residentMegabytes(shop.service.pid);
  const floors: number[] = [];
  const measured = { csv: [] as number[], xlsx: [] as number[] };
  const peaks = { csv: 0, xlsx: 0 };
  for (let turn = 0; turn < rounds; turn += 1) {
    floors.push(await copy(shop, rows));
    for (const format of ['csv', 'xlsx'] as const) {
      const { perSecond, peak } = await watched(shop, () => download(client, format));
      measured[format].push(perSecond);
      peaks[format] = Math.max(peaks[format], peak);
    }
  }
  const jobs: Figure[] = [];
  for (const format of ['csv', 'xlsx'] as const) {
    const { perSecond, peak } = await watched(shop, () => runJob(client, format));
    jobs.push(beside(`export job ${format}, ${rows} rows`, 'rows/s', perSecond, median(floors)), {
      name: `export job ${format}, memory grows by`,
      value: round(peak - idle),
      unit: 'MB',
    });
  }
  jobs.push({ name: 'both files in the database', value: await storedMegabytes(shop), unit: 'MB' });
  await shop.service.stop();
  return [
    ...(['csv', 'xlsx'] as const).flatMap((format): Figure[] => [
      beside(`export ${format}, ${rows} rows`, 'rows/s', median(measured[format]), median(floors)),
      { name: `export ${format}, memory grows by`, value: round(peaks[format] - idle), unit: 'MB' },
    ]),
    ...jobs,
  ];
}

/** Copies of a placed order, spread over a year. */
async function fill(shop: Shop, rows: number): Promise<void> {
  const { orderId } = await placeOne(shop);
  await asSuperuser(shop.databaseUrl, async (client) => {
    const { rows: found } = await client.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where table_schema = 'orders' and table_name = 'orders' and is_generated = 'NEVER'`,
    );
    const changed: Readonly<Record<string, string>> = {
      account_id: '$2::text',
      // By time, as the service's own are.
      order_id: `'ord_' || lpad(to_hex(2147483647 - n), 32, '0')`,
      instance_ids: `array['i-' || n]`,
      created_at: `now() - n * interval '1 second' * $5::float8`,
    };
    const names = found.map(({ name }) => name);
    const copy = `insert into orders.orders (${names.join(', ')})
      select ${names.map((name) => changed[name] ?? name).join(', ')}
        from orders.orders, generate_series($3::int, $4::int) n where order_id = $1`;
    const apart = (360 * day) / 1_000 / rows;
    const atOnce = 100_000;
    for (let first = 1; first <= rows; first += atOnce)
      await client.query(copy, [orderId, accountId, first, Math.min(first + atOnce - 1, rows), apart]);
    await client.query('vacuum (analyze, freeze) orders.orders');
    await client.query('checkpoint');
  });
}

interface Client {
  readonly shop: Shop;
  readonly rows: number;
  readonly headers: { readonly authorization: string };
}

const from = () => new Date(Date.now() - 364 * day).toISOString();

/** Rows a second. */
async function download({ shop, rows, headers }: Client, format: string, filter?: string): Promise<number> {
  const url = `${shop.service.url}/v1/orders/export?format=${format}&${filter ?? `from=${from()}`}`;
  const began = performance.now();
  const answer = await fetch(url, { headers });
  if (answer.status !== 200) throw new Error(`no export: ${answer.status} ${await answer.text()}`);
  let lines = 0;
  for await (const chunk of answer.body!) if (format === 'csv') lines += lineEnds(chunk);
  const seconds = (performance.now() - began) / 1_000;
  if (format === 'csv' && filter === undefined && lines !== rows + 1) throw new Error(`${lines} lines`);
  return rows / seconds;
}

function lineEnds(chunk: Uint8Array): number {
  let ends = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) ends += 1;
  return ends;
}

/** From the request to the file that is ready, rows a second. */
async function runJob({ shop, rows, headers }: Client, format: string): Promise<number> {
  const url = `${shop.service.url}/v1/exports`;
  const began = performance.now();
  const asked = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ format, filter: { from: from() } }),
  });
  const { exportId } = (await asked.json()) as { exportId: string };
  for (;;) {
    const job = (await (await fetch(`${url}/${exportId}`, { headers })).json()) as {
      status: string;
      rows: number;
    };
    if (job.status === 'ready' && job.rows !== rows) throw new Error(`a file of ${job.rows} rows`);
    if (job.status === 'ready') return rows / ((performance.now() - began) / 1_000);
    await sleep(100);
  }
}

/** `COPY … TO STDOUT` of the columns that an export has, rows a second. */
async function copy({ databaseUrl }: Shop, rows: number): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const text = `copy (select order_id, account_id, terms -> 'productName' ->> 'en', product_code, order_type,
      bill_type, terms ->> 'chargeType', status, fulfilment, refund_state, terms ->> 'count',
      terms -> 'duration' ->> 'value', terms -> 'duration' ->> 'unit', product_amount, discount_amount,
      payable_amount, cash_paid, voucher_paid, currency, created_at, pay_by, paid_at, cancelled_at, voided_at,
      period_start, period_end, array_to_string(instance_ids, ' '), terms ->> 'operatorId' from orders.orders
      where account_id = '${accountId}' and created_at >= '${from()}' order by created_at desc, order_id desc)
    to stdout (format csv)`;
  const began = performance.now();
  let lines = 0;
  await new Promise<void>((resolve, reject) => {
    const ignore = () => undefined;
    client.query({
      submit: (connection: { query(sql: string): void }) => connection.query(text),
      handleCopyData: () => (lines += 1),
      handleCopyOutResponse: ignore,
      handleCommandComplete: ignore,
      handleEmptyQuery: ignore,
      handleError: reject,
      handleReadyForQuery: () => resolve(),
    } as unknown as pg.Submittable);
  });
  const seconds = (performance.now() - began) / 1_000;
  await client.end();
  if (lines !== rows) throw new Error(`${lines} rows copied`);
  return rows / seconds;
}

async function watched(
  shop: Shop,
  work: () => Promise<number>,
): Promise<{ perSecond: number; peak: number }> {
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, residentMegabytes(shop.service.pid))), 50);
  try {
    const perSecond = await work();
    return { perSecond, peak };
  } finally {
    clearInterval(look);
  }
}

const storedMegabytes = ({ databaseUrl }: Shop) =>
  asSuperuser(databaseUrl, async (client) => {
    const { rows } = await client.query<{ bytes: number }>(
      `select pg_total_relation_size('orders.export_parts')::float8 as bytes`,
    );
    return round(rows[0]!.bytes / 1e6);
  });
