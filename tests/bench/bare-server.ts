// The floor of placing an order: its SQL, in its round trips, behind node:http alone. No caller
// is authenticated, nothing is checked or published.
import { randomUUIDv7 } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

/** Held against what the service really sends before anything is measured. */
export const statements = {
  product: `select product_code as "productCode", version, name, category, brand, form, charge_types as "chargeTypes",
    invoicing_entity as "invoicingEntity", prices, plans, service_types as "serviceTypes",
    on_sale as "onSale", renewable,
    contractable, refundable,
    terms_url as "termsUrl" from products where product_code = $1`,
  order: `with placed as (
      insert into orders (order_id, account_id, version, product_code, order_type, bill_type, terms,
      currency, product_amount,
        discount_amount, payable_amount, cash_paid, voucher_paid, paid_parts, status, fulfilment,
        refund_state, instance_ids, created_at,
        pay_by, paid_at, period_start, period_end, placed_on, cash_returned)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
        $24, $25, ($19::timestamptz at time zone $26)::date, $27)),
    named as (insert into order_instances (instance_id, order_id, account_id) select unnest($18::text[]), $1, $2)
    insert into order_history (order_id, account_id, version, at, actor, change, status)
    values ($1, $2, $3, $19, $22, $23, $15)`,
  outbox: `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type,
    payload, headers, shard, occurred_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
};
export const opened = `select set_config('accord.account', $1, true), now() as now`;
const opening = (accountId: string) => `begin; ${opened.replace('$1', `'${accountId}'`)}`;

export interface BareAsk {
  /** Of the role that the service uses. */
  readonly url: string;
  readonly poolSize: number;
  /** An order as the service answered it, the terms and the event's headers as it stored them. */
  readonly view: Readonly<Record<string, unknown>>;
  readonly terms: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

const week = 7 * 24 * 3_600_000;

const bodyOf = (request: IncomingMessage) =>
  new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => resolve(Buffer.concat(chunks).toString()));
    request.once('error', reject);
  });

function place(pool: pg.Pool, { view, terms, headers }: BareAsk) {
  const { links, warnings, ...snapshot } = view;
  return async (accountId: string, asked: { productCode: string }) => {
    const client = await pool.connect();
    const [, begun] = (await client.query(opening(accountId))) as unknown as pg.QueryResult<{ now: Date }>[];
    const { now } = begun!.rows[0]!;
    await client.query({ name: 'product', text: statements.product, values: [asked.productCode] });
    const orderId = `ord_${randomUUIDv7().replaceAll('-', '')}`;
    const payBy = new Date(now.getTime() + week);
    await client.query({
      name: 'order',
      text: statements.order,
      values: [
        orderId,
        accountId,
        1,
        asked.productCode,
        'purchase',
        'prepay',
        terms,
        'CNY',
        '45.00',
        '0.00',
        '45.00',
        '0.00',
        '0.00',
        null,
        'unpaid',
        'none',
        'none',
        [],
        now,
        payBy,
        null,
        'customer:user',
        'placed',
        null,
        null,
        'Asia/Shanghai',
        '0.00',
      ],
    });
    const order = { ...snapshot, orderId, accountId, createdAt: now, payBy };
    const eventId = randomUUIDv7();
    const envelope = {
      ...headers,
      ce_id: eventId,
      ce_time: now,
      ce_subject: orderId,
      ce_accountid: accountId,
    };
    const type = 'order.placed';
    const values = [
      eventId,
      'order',
      orderId,
      1,
      type,
      orderId,
      type,
      JSON.stringify({ order }),
      JSON.stringify(envelope),
      0,
      now,
    ];
    await Promise.all([
      client.query({ name: 'outbox', text: statements.outbox, values }),
      client.query('commit'),
    ]);
    client.release();
    return { ...order, links, warnings };
  };
}

async function serve(ask: BareAsk): Promise<number> {
  const pool = new pg.Pool({
    connectionString: ask.url,
    max: ask.poolSize,
    options: '-c search_path=orders -c timezone=UTC',
    pipeline: true,
  } as pg.PoolConfig);
  const placing = place(pool, ask);
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const order = Buffer.from(
      JSON.stringify(
        await placing(String(request.headers['x-account']), JSON.parse(body) as { productCode: string }),
      ),
    );
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': order.length });
    response.end(order);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', (ask: BareAsk) => void serve(ask).then((port) => process.send!({ port })));
