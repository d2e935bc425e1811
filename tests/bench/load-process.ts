// Asks a service as many clients do, from a process of its own. It shares the processors with what it asks,
// so it writes HTTP by itself: that takes half as much as Node's client.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadAsk {
  readonly url: string;
  /** One connection each; what it adds to the headers. */
  readonly clients: readonly Readonly<Record<string, string>>[];
  readonly body: string;
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
  readonly #request: Buffer;
  readonly #socket: Socket;
  readonly #waiting: { resolve(status: string): void; reject(error: Error): void }[] = [];
  #answer = '';
  #failed: Error | undefined;

  constructor({ url, body }: LoadAsk, headers: Readonly<Record<string, string>>) {
    const { hostname, port, host, pathname } = new URL(url);
    const all = {
      host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#request = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the service closed a connection')));
  }

  /** Resolves with the answer's status. */
  post(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      if (this.#waiting.push({ resolve, reject }) === 1) this.#socket.write(this.#request);
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
    if (this.#waiting.length > 0) this.#socket.write(this.#request);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

async function load(ask: LoadAsk): Promise<LoadResult> {
  const { ms, rate } = ask;
  const clients = ask.clients.map((headers) => new Client(ask, headers));
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const started = performance.now();
  let answered = 0;

  const post = async (client: Client, due = performance.now()) => {
    const status = await client.post();
    latenciesMs.push(performance.now() - due);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (performance.now() - started <= ms) answered += 1;
  };
  const closed = async (client: Client) => {
    while (performance.now() - started < ms) await post(client);
  };
  const open = async (perSecond: number) => {
    const sent: Promise<void>[] = [];
    while (performance.now() - started < ms) {
      const due = ((performance.now() - started) / 1_000) * perSecond;
      while (sent.length < due)
        sent.push(post(clients[sent.length % clients.length]!, started + (sent.length / perSecond) * 1_000));
      await sleep(1);
    }
    await Promise.all(sent);
  };
  await (rate === undefined ? Promise.all(clients.map(closed)) : open(rate));
  for (const client of clients) client.end();
  return { perSecond: (answered / ms) * 1_000, statuses, latenciesMs };
}

process.on('message', (ask: LoadAsk) => {
  load(ask).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
