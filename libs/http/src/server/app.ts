import { randomUUID } from 'node:crypto';
import { BlockList } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type NextFunction } from 'express';
import type { Logger } from 'pino';
import type { Database } from '@accord/core';
import { activeTraceparent, nameSpan, withContext, type Metrics } from '@accord/core/observability';
import type { TokenVerifier } from '../auth.ts';
import { largestBody } from '../body.ts';
import { localeOf } from '../locale.ts';
import { Problem, problemBody, problemOf } from '../problem.ts';
import {
  requestIdOf,
  send,
  traceparentOf,
  type HttpRequest,
  type HttpResponse,
  type RequestContext,
} from '../request-context.ts';
import type { Api, Route } from '../route.ts';
import { checkEncoding } from '../validation.ts';
import { callerAddress } from './client-address.ts';
import { docsPage } from './docs-page.ts';
import { handlerOf, type HandlerContext } from './handler.ts';
import { openApi } from './openapi.ts';
import { rateLimits, type SharedCounts } from './rate-limit.ts';
import { routerOf } from './router.ts';
import { sharedDocument } from './shared-documents.ts';

interface HttpParts {
  readonly service: Api;
  readonly db: Database;
  readonly verify: TokenVerifier;
  readonly log: Logger;
  readonly metrics: Metrics;
  /**
   * Requests a minute of one token's subject, a tenth of it of an address without a token; 0: no limit.
   * Default 6 000.
   */
  readonly ratePerMinute?: number;
  /** Requests are counted there for all instances together; absent: each instance counts its own. */
  readonly sharedCounts?: SharedCounts | undefined;
  /** Bytes of JSON bodies a second of one token's subject or address; 0: no limit. Default 2 MiB. */
  readonly bodyBytesPerSecond?: number;
  /** Proxies whose X-Forwarded-For is believed; default: none. */
  readonly trustedProxies?: BlockList;
  /**
   * Holds every answer against its description and fails with 500 where it does not fit (API-3); for tests
   * and development.
   */
  readonly checkAnswers?: boolean;
  /** False while the service cannot serve yet: then every request is answered with 503. Default: it can. */
  readonly serving?: () => boolean;
}

/** How a service stops, step by step; `listen` aborts them. */
interface Ending {
  /** From now on no connection is kept after its next answer. */
  readonly draining: AbortController;
  /** From now on nothing is waited for. */
  readonly stopping: AbortController;
}

export const endingOf = (app: Express): Ending => app.locals['ending'] as Ending;

/** First of all: who asks, in what language, because of what. */
function begin({ log, metrics }: HttpParts, draining: AbortSignal) {
  const seconds = metrics.histogram(
    'http_request_duration_seconds',
    'Requests by route pattern and status, without the time that the caller asked to wait for an outcome.',
    ['method', 'route', 'status'],
  );
  return (req: HttpRequest, res: HttpResponse, next: NextFunction) => {
    const fresh = randomUUID();
    const requestId = requestIdOf(req.headers['x-request-id'] as string | undefined, fresh);
    const requestContext: RequestContext = {
      requestId,
      locale: localeOf(req.headers['accept-language']),
      startedAt: performance.now(),
      waitedMs: 0,
      pattern: '-',
      headers: {},
      draining,
    };
    res.locals.requestContext = requestContext;
    const traceparent =
      activeTraceparent() ?? traceparentOf(req.headers['traceparent'] as string | undefined, fresh);
    const context = { requestId, causationId: requestId, correlationId: requestId, traceparent };
    res.once('close', () => {
      const ms = performance.now() - requestContext.startedAt;
      const { statusCode: status } = res;
      seconds
        .labels(req.method, requestContext.pattern, String(status))
        .observe((ms - requestContext.waitedMs) / 1_000);
      const level = status >= 400 && status !== 404 ? 'info' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      log[level](
        {
          requestId,
          traceparent,
          method: req.method,
          route: requestContext.pattern,
          status,
          ms: Math.round(ms * 10) / 10,
          ended: res.writableFinished,
        },
        'request',
      );
    });
    withContext(context, () => next());
  };
}

/** @throws Problem where a request names no host (RFC 9112, 3.2), or expects more of a server than this one does. */
function checkHead({ httpVersion, headers }: HttpRequest): void {
  if (httpVersion === '1.0') return;
  if (headers.expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect))
    throw new Problem(417, 'request.expectation');
  if (headers.host !== undefined) return;
  const detail = { en: 'A request names its host.', 'zh-CN': '请求须指明主机。' };
  throw new Problem(400, 'request.invalid', {}, { faults: [{ in: 'header', pointer: '/host', detail }] });
}

/** @throws Problem 503 while the service waits for what it needs to start. */
function checkServing({ serving = () => true }: HttpParts) {
  return (_req: HttpRequest, _res: HttpResponse, next: NextFunction) => {
    if (!serving()) throw new Problem(503, 'server.unavailable', {}, { headers: { 'Retry-After': '1' } });
    next();
  };
}

/** @throws Problem 400 where a path or a query is no percent-encoding of UTF-8. */
function checkTarget({ url }: HttpRequest, _res: HttpResponse, next: NextFunction): void {
  checkEncoding(url);
  next();
}

/** The request's route; else 404, or 405 with what the path takes. */
function toRoute(routes: readonly Route[], context: HandlerContext) {
  const router = routerOf(
    routes.map((route) => {
      const method = route.method.toUpperCase();
      const name = `${method} ${route.path}`;
      const serve = handlerOf(route, context);
      return {
        method,
        path: route.path,
        handler: (req: HttpRequest, res: HttpResponse) => (
          nameSpan(name, { 'http.route': route.path }),
          serve(req, res)
        ),
      };
    }),
  );
  return (req: HttpRequest, res: HttpResponse) => {
    checkHead(req);
    const found = router.find(req.method === 'HEAD' ? 'GET' : req.method, req.path);
    if (found) {
      req.params = found.params;
      return found.handler(req, res);
    }
    const allowed = router.allowed(req.path);
    if (allowed.length === 0) throw new Problem(404, 'request.unknown_route');
    throw new Problem(
      405,
      'request.method_not_allowed',
      { allowed },
      { headers: { Allow: allowed.join(', ') } },
    );
  };
}

/** The last word on every error: a problem for the caller (API-2), the cause for the log. */
function answerProblem({ service, log }: HttpParts) {
  return ((error: unknown, req: HttpRequest, res: HttpResponse, _next: NextFunction) => {
    const problem = problemOf(error);
    const { requestId, locale, pattern } = res.locals.requestContext;
    const asked = { requestId, method: req.method, route: pattern, code: problem.code };
    if (problem.status === 500) log.error({ ...asked, err: problem.cause }, 'request failed');
    else if (problem.status === 503 && !res.closed)
      log.warn({ ...asked, err: problem.cause }, 'request could not be served');
    else log.debug({ ...asked, err: problem.status === 401 ? problem.cause : undefined }, 'request refused');
    if (res.headersSent || res.destroyed) return void res.destroy();
    const body = problemBody(problem, {
      locale,
      timeZone: service.timeZone,
      requestId,
      texts: service.problems,
    });
    const headers = {
      'Content-Type': 'application/problem+json',
      'Content-Language': locale,
      Vary: 'Accept-Language',
      ...problem.headers,
    };
    send(res, problem.status, headers, JSON.stringify(body));
  }) as ErrorRequestHandler;
}

function describe(app: Express, service: HttpParts['service'], { limits, addressOf }: HandlerContext): void {
  let document: { json: string; page: string } | undefined;
  const made = () => {
    if (document) return document;
    const api = openApi(`Accord ${service.name} service`, [service]);
    return (document = { json: JSON.stringify(api), page: docsPage(api) });
  };
  const serve = (path: string, answer: (res: HttpResponse, asked: string) => void) =>
    app.get(path, async (req, res: HttpResponse) => {
      res.locals.requestContext.pattern = path;
      res.locals.requestContext.headers = await limits.byAddress(addressOf(req));
      answer(res, req.path);
    });
  const json = (res: HttpResponse, text: string) =>
    send(res, 200, { 'Content-Type': 'application/json; charset=utf-8' }, text);
  serve('/openapi.json', (res) => json(res, made().json));
  for (const path of ['/v1/openapi.json', '/v1/asyncapi.json', '/v1/schemas/:type/:version'])
    serve(path, (res, asked) => json(res, sharedDocument(asked)));
  const styled = `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'`;
  serve('/docs', (res) =>
    send(
      res,
      200,
      { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': styled },
      made().page,
    ),
  );
}

/**
 * A service's routes as an application: everything between the socket and `inTransaction` (API-1 to API-8,
 * 11, 13, 14, 16).
 */
export function httpApp(parts: HttpParts): Express {
  const app = express();
  const draining = new AbortController();
  const stopping = new AbortController();
  app.locals['ending'] = { draining, stopping } satisfies Ending;
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use(begin(parts, draining.signal));
  app.use(checkServing(parts));
  app.use(checkTarget);
  const proxies = parts.trustedProxies ?? new BlockList();
  const context: HandlerContext = {
    db: parts.db,
    service: parts.service,
    verify: parts.verify,
    limits: rateLimits({
      perMinute: parts.ratePerMinute ?? 6_000,
      bytesPerSecond: parts.bodyBytesPerSecond ?? 2 * largestBody,
      shared: parts.sharedCounts,
    }),
    addressOf: (req) => callerAddress(req, proxies),
    checkAnswers: parts.checkAnswers ?? false,
    stopping: stopping.signal,
  };
  describe(app, parts.service, context);
  app.use(toRoute(parts.service.routes, context));
  app.use(answerProblem(parts));
  return app;
}
