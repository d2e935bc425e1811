// Asks a service as many clients do, from a process of its own. It shares the processors with what it asks,
// so it writes HTTP by itself: that takes half as much as Node's client.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadAsk {
  readonly url: string;
  /** One connection each; what it adds to the headers. */
  readonly clients: readonly Readonly<Record<string, string>>[];
  readonly body: string;
  /**
   * Orders of the clients in turn, the first client's first. Each is asked about once, its id in the place of
   * `{orderId}` in address, headers and body; the load ends with them, at the latest.
   */
  readonly orderIds?: readonly string[];
  readonly ms: number;
  /**
   * Requests a second, whether or not the ones before were answered; absent: each client asks again as soon
   * as it has its answer.
   */
  readonly rate?: number;
}

export interface LoadResult {
  /** Answers a second that came in time. */
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** From when a request was due, so that one that had to wait counts with its wait. */
  readonly latenciesMs: readonly number[];
}

/** One connection, which asks the same again and again, one after the other. */
class Client {
  readonly #requestOf: (orderId: string) => Buffer;
  readonly #socket: Socket;
  readonly #waiting: { request: Buffer; resolve(status: string): void; reject(error: Error): void }[] = [];
  #answer = '';
  #failed: Error | undefined;

  constructor({ url, body }: LoadAsk, headers: Readonly<Record<string, string>>) {
    const { hostname, port, host, pathname } = new URL(url);
    const all = { host, 'content-type': 'application/json', ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `POST ${decodeURI(pathname)} HTTP/1.1\r\n${lines.join('')}content-length: `;
    const of = (text: string, orderId: string) => text.replaceAll('{orderId}', orderId);
    const requestOf = (orderId: string) => {
      const content = of(body, orderId);
      return Buffer.from(`${of(head, orderId)}${Buffer.byteLength(content)}\r\n\r\n${content}`);
    };
    const always = requestOf('');
    this.#requestOf = (orderId) => (orderId === '' ? always : requestOf(orderId));
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the service closed a connection')));
  }

  /** Resolves with the answer's status. */
  post(orderId = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      const request = this.#requestOf(orderId);
      if (this.#waiting.push({ request, resolve, reject }) === 1) this.#socket.write(request);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#answer += bytes.toString('latin1');
    const head = this.#answer.indexOf('\r\n\r\n');
    if (head === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#answer)?.[1];
    if (length === undefined) return this.#fail(new Error('an answer without its length'));
    if (this.#answer.length < head + 4 + Number(length)) return;
    const status = this.#answer.slice(9, 12);
    this.#answer = '';
    this.#waiting.shift()?.resolve(status);
    if (this.#waiting[0]) this.#socket.write(this.#waiting[0].request);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

async function load(ask: LoadAsk, stopped: AbortSignal): Promise<LoadResult> {
  const { ms, rate, orderIds } = ask;
  const clients = ask.clients.map((headers) => new Client(ask, headers));
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const started = performance.now();
  const isOver = () => stopped.aborted || performance.now() - started >= ms;
  let answered = 0;

  const post = async (client: Client, { due = performance.now(), orderId = '' } = {}) => {
    const status = await client.post(orderId);
    latenciesMs.push(performance.now() - due);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (performance.now() - started <= ms) answered += 1;
  };
  const closed = async (client: Client, first: number) => {
    for (let next = first; !isOver(); next += clients.length) {
      if (orderIds && next >= orderIds.length) return;
      await post(client, { orderId: orderIds?.[next] });
    }
  };
  const open = async (perSecond: number) => {
    const sent: Promise<void>[] = [];
    while (!isOver()) {
      const due = ((performance.now() - started) / 1_000) * perSecond;
      while (sent.length < due)
        sent.push(
          post(clients[sent.length % clients.length]!, { due: started + (sent.length / perSecond) * 1_000 }),
        );
      await sleep(1);
    }
    await Promise.all(sent);
  };
  await (rate === undefined ? Promise.all(clients.map(closed)) : open(rate));
  for (const client of clients) client.end();
  const took = Math.min(ms, performance.now() - started);
  return { perSecond: (answered / took) * 1_000, statuses, latenciesMs };
}

let stopping = new AbortController();
process.on('message', (ask: LoadAsk | 'end') => {
  if (ask === 'end') return stopping.abort();
  stopping = new AbortController();
  load(ask, stopping.signal).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
