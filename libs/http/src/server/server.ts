import { randomUUID } from 'node:crypto';
import { createServer, STATUS_CODES, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as afterPoll, setTimeout as sleep } from 'node:timers/promises';
import type { Express } from 'express';
import type { Refusal } from '@accord/core';
import { Problem, problemBody } from '../problem.ts';
import { endingOf } from './app.ts';

interface Listening {
  readonly port: number;
  /**
   * Goes on accepting for `forMs`, for those who do not know yet that it stops, and ends each connection with its
   * next answer (`Connection: close`).
   */
  drain(forMs: number): Promise<void>;
  /** No new connections; what is under way may end within `graceMs`, then connections are cut. */
  close(graceMs?: number): Promise<void>;
}

const unreadable: Readonly<Record<string, readonly [number, Refusal['code']]>> = {
  HPE_HEADER_OVERFLOW: [431, 'request.headers_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request.timeout'],
};

/** Bytes that are not HTTP, come too slowly, or ask for no URL get their answer before there is a request. */
export function refuseUnreadable(error: { readonly code?: string | undefined }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code] = unreadable[error.code ?? ''] ?? [400, 'request.unreadable'];
  const requestId = randomUUID();
  const problem = problemBody(new Problem(status, code), {
    locale: 'en',
    timeZone: 'UTC',
    requestId,
    texts: {},
  });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `X-Request-Id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Milliseconds; `silence` is without a byte either way: a client that does not read its answer. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
  silence: 90_000,
};

/** Listens with limits, so that slow clients hold nothing open (API-11). `port` 0 takes a free one. */
export async function listen(
  app: Express,
  port: number,
  host?: string,
  changed: Partial<typeof limits> = {},
): Promise<Listening> {
  const { silence, ...timeouts } = { ...limits, ...changed };
  const serve: RequestListener = (req, res) =>
    URL.canParse(req.url ?? '', 'http://service') ? app(req, res) : refuseUnreadable({}, req.socket);
  // The application refuses a request without a host, and an expectation that it does not know, in its own words.
  const server = createServer({ ...timeouts, maxHeaderSize: 16_384, requireHostHeader: false }, serve);
  server.setTimeout(silence);
  server.on('checkExpectation', serve);
  server.on('connect', (_req, socket) => refuseUnreadable({}, socket));
  server.on('clientError', refuseUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    async drain(forMs) {
      endingOf(app).draining.abort();
      await sleep(forMs);
    },
    async close(graceMs = 8_000) {
      const { draining, stopping } = endingOf(app);
      draining.abort();
      stopping.abort();
      // Requests and connections that have arrived by now are taken first: to close would reset them.
      await afterPoll();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const over = new AbortController();
      const cut = sleep(graceMs, undefined, { signal: over.signal }).then(
        () => server.closeAllConnections(),
        () => undefined,
      );
      await closed;
      over.abort();
      await cut;
    },
  };
}
