// The floor of reading: the service's SQL in one transaction behind node:http alone, its rows as JSON.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

export interface ReadAsk {
  /** Of the role that the service uses. */
  readonly url: string;
  readonly accountId: string;
  /** By the path that asks for it, the statements of a reading. */
  readonly readings: Readonly<
    Record<string, readonly { readonly text: string; readonly values: unknown[] }[]>
  >;
}

async function serve({ url, accountId, readings }: ReadAsk): Promise<number> {
  const pool = new pg.Pool({
    connectionString: url,
    options: '-c search_path=orders -c timezone=UTC',
    pipeline: true,
  } as pg.PoolConfig);
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    if (!names.has(text)) names.set(text, `s${names.size}`);
    return names.get(text)!;
  };
  const read = async (path: string) => {
    const client = await pool.connect();
    await client.query(`begin; select set_config('accord.account', '${accountId}', true), now()`);
    const results: unknown[] = [];
    for (const { text, values } of readings[path] ?? [])
      results.push((await client.query({ name: nameOf(text), text, values })).rows);
    await client.query('commit');
    client.release();
    return results;
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.from(JSON.stringify(await read(request.url!)));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

process.on('message', (ask: ReadAsk) => void serve(ask).then((port) => process.send!({ port })));
