import { randomUUID } from 'node:crypto';
import {
  Agent,
  createServer,
  request as forward,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceName } from '@accord/events/services';
import {
  localeOf,
  Problem,
  problemBody,
  problemOf,
  refuseUnreadable,
  requestIdOf,
} from '@accord/http/server';
import { developmentClock } from './development-clock.ts';

/** First path segment under `/v1` → the service that answers, as the ingress has it in production. */
export const segments: Readonly<Record<string, ServiceName>> = {
  orders: 'order',
  exports: 'order',
  resources: 'order',
  products: 'order',
  remittances: 'order',
  'remittance-claims': 'order',
  contracts: 'contract',
  tickets: 'contract',
  'paper-copies': 'contract',
  accounts: 'contract',
  bills: 'contract',
  'refund-quotes': 'refund',
  refunds: 'refund',
  balances: 'refund',
  notifications: 'notification',
  'notification-preferences': 'notification',
  'webhook-endpoints': 'notification',
  'webhook-deliveries': 'notification',
  timeline: 'notification',
  stream: 'notification',
  'order-dead-letters': 'order',
  'contract-dead-letters': 'contract',
  'refund-dead-letters': 'refund',
  'notification-dead-letters': 'notification',
  // The same in every service: what all of them answer and announce.
  'openapi.json': 'order',
  'asyncapi.json': 'order',
  schemas: 'order',
};

export interface FrontDoor {
  readonly url: string;
  stop(): Promise<void>;
}

/** Where each of them listens, `http://127.0.0.1:8081`; absent while it has not started. */
export type Origins = Readonly<Partial<Record<ServiceName | 'issuer', string>>>;

interface Target {
  readonly origin: string | undefined;
  readonly path: string;
}

/** Of one connection only (RFC 9110, 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * One address for the whole system: `/v1/…` by its first segment, `/docs/<service>/` and
 * `/openapi/<service>.json`, a page at `/` that links them, and the issuer's `/token`. Bodies are streamed
 * both ways; headers, `X-Request-Id` among them, stay as they are.
 */
export async function startFrontDoor(ask: {
  port: number;
  host?: string;
  origins: Origins;
  /** File of the clock that `/development/clock` shows and moves (API-18); absent: there is no such clock. */
  clock?: string;
}): Promise<FrontDoor> {
  const agent = new Agent({ keepAlive: true });
  const clock = ask.clock === undefined ? undefined : developmentClock(ask.clock);
  const serve: RequestListener = (request, response) => {
    const target = targetOf(request.url ?? '/', ask.origins);
    if (/^(?:GET|HEAD) \/(?:docs\/?)?(?:\?|$)/.test(`${request.method} ${request.url}`))
      response.writeHead(200, pageHeaders).end(page);
    else if (/^\/docs\/[a-z]+$/.test(request.url ?? ''))
      response.writeHead(308, { location: `${request.url}/` }).end();
    else if (clock && /^(?:GET|POST) \/development\/clock$/.test(`${request.method} ${request.url}`))
      void tellTime(clock, request, response);
    else if (target?.origin !== undefined)
      pass({ request, response, address: target.origin + target.path, agent });
    else if (target) refuse(request, response, unavailable());
    else refuse(request, response, new Problem(404, 'request.unknown_route'));
  };
  // Headers that are too large, a host that is missing and an expectation that nobody knows are refused by the
  // service, in its words.
  const server = createServer({ maxHeaderSize: 65_536, requireHostHeader: false }, serve);
  server.on('checkExpectation', serve);
  server.on('connect', (_request, socket) => refuseUnreadable({}, socket));
  server.on('clientError', refuseUnreadable);
  // Uploads and event streams may be slow; the services have timeouts of their own.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(ask.port, ask.host ?? '127.0.0.1', resolve),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      agent.destroy();
      return closed;
    },
  };
}

/** Undefined where no service answers such a path. */
export function targetOf(url: string, origins: Origins): Target | undefined {
  const { pathname = '', search = '' } = URL.parse(url, 'http://front.door') ?? {};
  const [, first = '', second = ''] = pathname.split('/');
  if (first === 'v1' && Object.hasOwn(segments, second))
    return { origin: origins[segments[second]!], path: pathname + search };
  if (pathname === '/token' || pathname === '/.well-known/jwks.json')
    return { origin: origins.issuer, path: pathname };
  const service = second.replace(/\.json$/, '');
  const known = Object.values(segments).find((name) => name === service);
  if (known && first === 'openapi') return { origin: origins[known], path: '/openapi.json' };
  // With the slash: the page links to its openapi.json beside it.
  if (known && pathname === `/docs/${known}/`) return { origin: origins[known], path: '/docs' };
  if (known && pathname === `/docs/${known}/openapi.json`)
    return { origin: origins[known], path: '/openapi.json' };
  return undefined;
}

function pass({
  request,
  response,
  address,
  agent,
}: {
  request: IncomingMessage;
  response: ServerResponse;
  address: string;
  agent: Agent;
}) {
  // Node sends the body of a GET unframed unless it is told: the next request of that connection would begin
  // with it.
  const framed = request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
  const headers = {
    ...without(request.headers),
    ...framed,
    'x-forwarded-for': request.socket.remoteAddress ?? '',
  };
  const onward = forward(address, { method: request.method, headers, agent, setHost: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, without(answer.headers));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(request, response, unavailable());
  });
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}

const unavailable = () => new Problem(503, 'server.unavailable', {}, { headers: { 'retry-after': '1' } });

async function tellTime(
  clock: ReturnType<typeof developmentClock>,
  request: IncomingMessage,
  response: ServerResponse,
) {
  try {
    let body = '';
    for await (const chunk of request.setEncoding('utf8'))
      if ((body += chunk as string).length > 1_000) throw new Problem(413, 'request.too_large');
    const time = request.method === 'GET' ? clock.time() : clock.move(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(time));
  } catch (error) {
    refuse(request, response, problemOf(error));
  }
}

const without = (headers: IncomingMessage['headers']) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));

/** As a service words it (API-2, API-13, API-16). */
function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem) {
  const requestId = requestIdOf(request.headers['x-request-id'] as string | undefined, randomUUID());
  const locale = localeOf(request.headers['accept-language']);
  const headers = {
    'content-type': 'application/problem+json',
    'content-language': locale,
    'x-request-id': requestId,
    ...problem.headers,
  };
  response
    .writeHead(problem.status, headers)
    .end(JSON.stringify(problemBody(problem, { locale, timeZone: 'UTC', requestId, texts: {} })));
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
};

const row = (name: string) =>
  `<tr><td><a href="/docs/${name}/">${name}</a></td><td><a href="/openapi/${name}.json">OpenAPI</a></td></tr>`;

/** Where somebody who opens the address in a browser goes on. */
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Accord</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
td{padding:.25rem 2rem .25rem 0}code{background:#f3f3f5;padding:0 .2rem}</style></head>
<body><h1>Accord</h1><p>Orders, electronic contracts and refunds of a cloud provider.
Each service describes its routes:</p>
<table>${[...new Set(Object.values(segments))].map(row).join('')}</table>
<p>All of them together: <a href="/v1/openapi.json">OpenAPI</a>; the events:
<a href="/v1/asyncapi.json">AsyncAPI</a>.</p>
<p>A token for them, in the folder of the project:
<code>npm run -s token -- customer acc_demo</code></p></body></html>`;
