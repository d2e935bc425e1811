import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceName } from '@accord/platform';

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
};

export interface FrontDoor {
  readonly url: string;
  stop(): Promise<void>;
}

/** Where each of them listens: `http://127.0.0.1:8081`. */
export type Origins = Readonly<Record<ServiceName | 'issuer', string>>;

interface Target {
  readonly origin: string;
  readonly path: string;
}

/** Of one connection only (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * One address for the whole system: `/v1/…` by its first segment, `/docs/<service>/` and `/openapi/<service>.json`, and the issuer's
 * `/token`. Bodies are streamed both ways; headers, `X-Request-Id` among them, stay as they are.
 */
export async function startFrontDoor(ask: { port: number; host?: string; origins: Origins }): Promise<FrontDoor> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const server = createServer((request, response) => {
    const target = targetOf(request.url ?? '/', ask.origins);
    if (/^\/docs\/[a-z]+$/.test(request.url ?? '')) response.writeHead(308, { location: `${request.url}/` }).end();
    else if (target) pass({ request, response, target, agent });
    else problem(response, { status: 404, code: 'request.unknown_route', title: 'No such route' });
  });
  // Uploads and event streams may be slow; the services have timeouts of their own.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(ask.port, ask.host ?? '127.0.0.1', resolve));
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
  const pathname = URL.parse(url, 'http://front.door')?.pathname ?? '';
  const [, first = '', second = ''] = pathname.split('/');
  if (first === 'v1' && Object.hasOwn(segments, second)) return { origin: origins[segments[second]!], path: url };
  if (pathname === '/token' || pathname === '/.well-known/jwks.json') return { origin: origins.issuer, path: pathname };
  const service = second.replace(/\.json$/, '');
  const known = Object.values(segments).find((name) => name === service);
  if (known && first === 'openapi') return { origin: origins[known], path: '/openapi.json' };
  // With the slash: the page links to its openapi.json beside it.
  if (known && pathname === `/docs/${known}/`) return { origin: origins[known], path: '/docs' };
  if (known && pathname === `/docs/${known}/openapi.json`) return { origin: origins[known], path: '/openapi.json' };
  return undefined;
}

function pass({ request, response, target, agent }: { request: IncomingMessage; response: ServerResponse; target: Target; agent: Agent }) {
  const headers = { ...without(request.headers), 'x-forwarded-for': request.socket.remoteAddress ?? '' };
  const onward = forward(target.origin + target.path, { method: request.method, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, without(answer.headers));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => {
    if (response.headersSent) response.destroy();
    else problem(response, { status: 503, code: 'server.unavailable', title: 'The service is not there at the moment', headers: { 'retry-after': '1' } });
  });
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}

const without = (headers: IncomingMessage['headers']) => Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));

function problem(response: ServerResponse, ask: { status: number; code: string; title: string; headers?: Record<string, string> }) {
  const { status, code, title, headers } = ask;
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title, status, code }));
}
