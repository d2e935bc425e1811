import { pipeline } from 'node:stream';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import type { Locale } from '@accord/core';
import { validTraceparent } from '@accord/core/observability';
import type { FileReply, Reply } from './reply.ts';

/** Facts of one request and its answer, before and beside its route. */
export interface RequestContext {
  readonly requestId: string;
  readonly locale: Locale;
  readonly startedAt: number;
  /** For an outcome, as the caller asked: no part of how long its answer took. */
  waitedMs: number;
  /** The path as the route writes it, `/v1/orders/{orderId}`; of no route: `-`. */
  pattern: string;
  /** Go out with whatever the answer is: the rate limit. */
  headers: Readonly<Record<string, string>>;
  /** Aborted when the service begins to stop: connections are not kept. */
  readonly draining: AbortSignal;
}

export type HttpRequest = Request;
export type HttpResponse = Response<unknown, { requestContext: RequestContext }>;

const safeRequestId = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The caller's id for the request where it is harmless in logs and headers, else the fresh one (API-13). */
export const requestIdOf = (given: string | undefined, fresh: string): string =>
  given && safeRequestId.test(given) ? given : fresh;

/**
 * W3C Trace Context: the caller's, else an unsampled one made of a fresh UUID, so that logs and events of one
 * request can always be joined.
 */
export function traceparentOf(given: string | undefined, fresh: string): string {
  const valid = validTraceparent(given);
  if (valid) return valid;
  const id = fresh.replaceAll('-', '');
  return `00-${id}-${id.slice(16)}-00`;
}

/** Helmet's headers do not differ between requests, so they are asked for once. */
function helmetHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const stub = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => undefined,
  };
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  };
  helmet({ contentSecurityPolicy, frameguard: { action: 'deny' } })({} as never, stub as never, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}

const constant = { ...helmetHeaders(), 'Cache-Control': 'no-store' };

function shared(res: HttpResponse): Record<string, string> {
  const { requestId, headers, draining } = res.locals.requestContext;
  return {
    ...constant,
    'X-Request-Id': requestId,
    ...headers,
    ...(draining.aborted && { Connection: 'close' }),
  };
}

export function send(
  res: HttpResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  const length = status === 204 ? undefined : { 'Content-Length': Buffer.byteLength(text) };
  res.writeHead(status, { ...shared(res), ...length, ...headers });
  res.end(res.req.method === 'HEAD' ? undefined : text); // as text, so that head and body leave in one write
}

export const sendReply = (res: HttpResponse, { status, headers, text }: Reply): void =>
  send(
    res,
    status,
    text === '' ? headers : { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    text,
  );

export function sendFile(res: HttpResponse, { status, headers, file }: FileReply): void {
  res.writeHead(status, { ...shared(res), ...headers });
  if (Buffer.isBuffer(file)) res.end(file);
  else if (res.req.method === 'HEAD') file.destroy().once('close', () => res.end());
  // A stream that breaks has sent its status already: the connection is cut, which a client sees as an
  // incomplete body.
  else pipeline(file, res, (error) => error && res.destroy(error));
}
