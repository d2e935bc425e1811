// The floor of a command: its SQL, in its round trips, behind node:http alone. No caller is authenticated, nothing is
// checked or published.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { commands, type BareRequest, type Sample } from './bare-commands.ts';

export interface BareAsk {
  readonly command: keyof typeof commands;
  /** Of the role that the service uses for it. */
  readonly url: string;
  readonly poolSize: number;
  /** Of its transaction, between the opening and the commit, as the service sends them. */
  readonly texts: readonly string[];
  readonly sample: Sample;
}

const opening = (accountId: string) =>
  `begin; select set_config('accord.account', '${accountId}', true), now() as now`;

const bodyOf = (request: IncomingMessage) =>
  new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => resolve(Buffer.concat(chunks).toString()));
    request.once('error', reject);
  });

/** One statement after the other, each waited for; the event's row leaves with the commit. */
async function answer(
  pool: pg.Pool,
  { command, texts, sample }: BareAsk,
  request: BareRequest,
): Promise<object> {
  const client = await pool.connect();
  const [, begun] = (await client.query(opening(request.accountId))) as unknown as pg.QueryResult<{
    now: Date;
  }>[];
  let asked = 0;
  const statement = (values: readonly unknown[]) => {
    const name = `${command} ${asked}`;
    return client.query({ name, text: texts[asked++]!, values: [...values] });
  };
  const done = await commands[command]({
    ...request,
    sample,
    now: begun!.rows[0]!.now,
    ask: async (values) => (await statement(values)).rows,
  });
  await Promise.all([statement(done.eventRow), client.query('commit')]);
  if (asked !== texts.length) throw new Error(`${command} has ${texts.length} statements, not ${asked}`);
  client.release();
  return done.answer;
}

async function serve(ask: BareAsk): Promise<number> {
  const pool = new pg.Pool({
    connectionString: ask.url,
    max: ask.poolSize,
    options: '-c search_path=orders -c timezone=UTC',
    pipeline: true,
  } as pg.PoolConfig);
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const given = await answer(pool, ask, {
      accountId: String(request.headers['x-account'] ?? ''),
      orderId: request.url!.split('/')[3] ?? '',
      key: String(request.headers['idempotency-key'] ?? ''),
      body: JSON.parse(body) as Record<string, unknown>,
    });
    const bytes = Buffer.from(JSON.stringify(given));
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': bytes.length });
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', (ask: BareAsk) => void serve(ask).then((port) => process.send!({ port })));
