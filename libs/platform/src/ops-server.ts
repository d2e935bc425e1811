import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '@accord/core/observability';

export interface OpsParts {
  readonly port: number;
  readonly host?: string;
  readonly metrics: Metrics;
  /** True while the service can do its work: its database answers. */
  readonly ready: () => boolean | Promise<boolean>;
  /** True once the service has started; default: it has started when it listens here. */
  readonly started?: () => boolean;
}

const answerWithinMs = 2_000;

function respond(res: ServerResponse, status: number, body: string, contentType = 'application/json'): void {
  res.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    // So that whoever started a process knows its answer from that of another on the same port.
    'X-Process-Id': process.pid,
  });
  res.end(body);
}

const respondStatus = (res: ServerResponse, good: boolean) =>
  respond(res, good ? 200 : 503, good ? '{"status":"up"}' : '{"status":"down"}');

/** False where the check hangs or fails. */
const inTime = (check: () => boolean | Promise<boolean>): Promise<boolean> => {
  const answered = Promise.resolve()
    .then(check)
    .catch(() => false);
  return Promise.race([answered, sleep(answerWithinMs, false, { ref: false })]);
};

/**
 * /livez, /readyz, /startupz and /metrics on a port of their own (API-12). Readiness falls when the database
 * is away, liveness does not.
 */
export async function listenOps({
  port,
  host,
  metrics,
  ready,
  started = () => true,
}: OpsParts): Promise<{ readonly port: number; close(): Promise<void> }> {
  const pages: Readonly<Record<string, (res: ServerResponse) => unknown>> = {
    '/livez': (res) => respondStatus(res, true),
    '/startupz': (res) => respondStatus(res, started()),
    '/readyz': async (res) => respondStatus(res, started() && (await inTime(ready))),
    '/metrics': async (res) => respond(res, 200, await metrics.text(), metrics.contentType),
  };
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (req, res) => {
    const page = pages[req.url?.split('?', 1)[0] ?? ''];
    if (!page || req.method !== 'GET') return respond(res, page ? 405 : 404, '{"status":"unknown"}');
    Promise.resolve(page(res)).catch(() => respondStatus(res, false));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
