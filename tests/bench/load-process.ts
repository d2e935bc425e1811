// Asks a service as many clients do, from a process of its own.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadAsk {
  readonly url: string;
  /** One connection each; what it adds to the headers. */
  readonly clients: readonly Readonly<Record<string, string>>[];
  readonly body: string;
  readonly ms: number;
  /** Requests a second, whether or not the ones before were answered; absent: each client asks again as soon as it has its answer. */
  readonly rate?: number;
}

export interface LoadResult {
  /** Answers a second that came in time. */
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
}

async function load({ url, clients, body, ms, rate }: LoadAsk): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients.length });
  const statuses: Record<string, number> = {};
  const length = String(Buffer.byteLength(body));
  const started = performance.now();
  let answered = 0;

  const post = (client: number) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': length, ...clients[client] };
      const asked = request(url, { method: 'POST', agent, headers }, (response) => {
        const status = String(response.statusCode);
        response.resume().once('end', () => {
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (performance.now() - started <= ms) answered += 1;
          resolve();
        });
      });
      asked.once('error', reject);
      asked.end(body);
    });

  const closed = async (_: unknown, client: number) => {
    while (performance.now() - started < ms) await post(client);
  };
  const open = async (perSecond: number) => {
    const sent: Promise<void>[] = [];
    while (performance.now() - started < ms) {
      const due = ((performance.now() - started) / 1_000) * perSecond;
      while (sent.length < due) sent.push(post(sent.length % clients.length));
      await sleep(1);
    }
    await Promise.all(sent);
  };
  await (rate === undefined ? Promise.all(clients.map(closed)) : open(rate));
  agent.destroy();
  return { perSecond: (answered / ms) * 1_000, statuses };
}

process.on('message', (ask: LoadAsk) => {
  load(ask).then(
    (result) => process.send!({ result }),
    (error: Error) => process.send!({ error: error.stack }),
  );
});
