import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '@accord/core/observability';

interface OpsParts {
  readonly port: number;
  readonly host?: string;
  readonly metrics: Metrics;
  /** Why it cannot do its work now, a line each; none where it can. */
  readonly notReady: () => readonly string[] | Promise<readonly string[]>;
  /** A line for each thing that will need somebody. */
  readonly warnings?: () => readonly string[];
}

/** Shorter than the second that Kubernetes gives a probe. */
const answerWithinMs = 900;

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

const respondStatus = (res: ServerResponse, reasons: readonly string[] = []) =>
  reasons.length === 0
    ? respond(res, 200, '{"status":"up"}')
    : respond(res, 503, JSON.stringify({ status: 'down', reasons }));

/** Up whatever it warns of: to start it anew would mend nothing. */
const startedWith = (warnings: readonly string[]): string =>
  JSON.stringify({ status: 'up', ...(warnings.length > 0 && { warnings }) });

/** With a reason also where the check hangs or fails. */
const inTime = (check: OpsParts['notReady']): Promise<readonly string[]> => {
  const answered = Promise.resolve()
    .then(check)
    .catch((error: Error) => [error.message]);
  return Promise.race([answered, sleep(answerWithinMs, ['the check takes too long'], { ref: false })]);
};

/**
 * /livez, /readyz, /startupz and /metrics on a port of their own (API-12). Readiness falls with its reasons,
 * liveness does not: the process answers.
 */
export async function listenOps({
  port,
  host,
  metrics,
  notReady,
  warnings = () => [],
}: OpsParts): Promise<{ readonly port: number; close(): Promise<void> }> {
  const pages: Readonly<Record<string, (res: ServerResponse) => unknown>> = {
    '/livez': (res) => respondStatus(res),
    '/startupz': (res) => respond(res, 200, startedWith(warnings())),
    '/readyz': async (res) => respondStatus(res, await inTime(notReady)),
    '/metrics': async (res) => respond(res, 200, await metrics.text(), metrics.contentType),
  };
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (req, res) => {
    const page = pages[req.url?.split('?', 1)[0] ?? ''];
    if (!page || req.method !== 'GET') return respond(res, page ? 405 : 404, '{"status":"unknown"}');
    Promise.resolve(page(res)).catch((error: Error) => respondStatus(res, [error.message]));
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
