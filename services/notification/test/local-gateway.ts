import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** How it answers about one number. All but `refuses` and `busy` take the message. */
export type GatewayMood =
  | 'honest'
  | 'refuses'
  | 'busy'
  | 'cuts'
  | 'hangs'
  | 'fails'
  | 'speaks of another'
  | 'speaks no JSON'
  | 'redirects'
  | 'forgets when asked';

export interface LocalGateway {
  readonly url: URL;
  readonly secret: string;
  /** By number; default: honest. */
  readonly moods: Map<string, GatewayMood>;
  /** Texts that arrived at a phone. */
  readonly phones: Map<string, string[]>;
  /** `POST +86…`, `GET ntf_…`, in their order; with what was wrong about it. */
  readonly asked: { readonly line: string; readonly wrong: string[] }[];
  close(): Promise<void>;
}

interface Document {
  readonly components: { readonly schemas: { readonly Sms: Parameters<typeof z.fromJSONSchema>[0] } };
}
const document = new URL('../../../docs/sms-port.openapi.json', import.meta.url);
const Sms = z.fromJSONSchema((JSON.parse(readFileSync(document, 'utf8')) as Document).components.schemas.Sms);

/** The HMAC of Standard Webhooks, made here once more. */
export const signatureOf = (
  secret: string,
  { id, seconds, body }: { id: string; seconds: string; body: string },
) =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`${id}.${seconds}.${body}`)
    .digest('base64')}`;

/** An SMS gateway as the port wants it (docs/sms-port.openapi.json): it sends each id once, and also lies. */
export async function startGateway(): Promise<LocalGateway> {
  const known = new Map<string, { to: string; refused: boolean }>();
  const gateway = {
    url: new URL('http://127.0.0.1'),
    secret: `whsec_${Buffer.from('a secret of the gateway, for tests').toString('base64')}`,
    moods: new Map<string, GatewayMood>(),
    phones: new Map<string, string[]>(),
    asked: [] as LocalGateway['asked'],
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const moodOf = (to: string) => gateway.moods.get(to) ?? 'honest';
  const reply = (res: ServerResponse, status: number, body: object) =>
    void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  function take(sms: { id: string; to: string; text: string }, res: ServerResponse): void {
    const { id, to } = sms;
    const mood = moodOf(to);
    if (mood === 'busy') return void res.writeHead(503).end();
    const isNew = !known.has(id);
    if (isNew) known.set(id, { to, refused: mood === 'refuses' });
    if (mood === 'refuses') return reply(res, 422, { id, status: 'refused', reason: 'unknown_number' });
    if (isNew) gateway.phones.set(to, [...(gateway.phones.get(to) ?? []), sms.text]);
    if (!isNew || mood === 'honest') return reply(res, 202, { id, status: 'accepted' });
    if (mood === 'hangs') return;
    if (mood === 'fails') return void res.writeHead(500).end();
    if (mood === 'speaks no JSON') return void res.writeHead(202).end('accepted');
    if (mood === 'redirects') return void res.writeHead(307, { location: '/v1/messages' }).end();
    if (mood === 'speaks of another') return reply(res, 202, { id: 'ntf_another', status: 'accepted' });
    res.destroy();
  }

  function tell(id: string, res: ServerResponse): void {
    const found = known.get(id);
    if (!found || moodOf(found.to) === 'forgets when asked') return void res.writeHead(404).end();
    reply(
      res,
      200,
      found.refused ? { id, status: 'refused', reason: 'unknown_number' } : { id, status: 'accepted' },
    );
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await text(req);
    const header = (name: string) => String(req.headers[name]);
    const id =
      req.method === 'POST' ? header('idempotency-key') : decodeURIComponent(req.url!.split('/').at(-1)!);
    const seconds = header('webhook-timestamp');
    const right = signatureOf(gateway.secret, { id, seconds, body });
    const sms =
      req.method === 'POST' ? (JSON.parse(body) as { id: string; to: string; text: string }) : undefined;
    const wrong = [
      ...(header('webhook-signature') === right && header('webhook-id') === id ? [] : ['signature']),
      ...(sms ? (Sms.safeParse(sms).error?.issues ?? []).map(({ message }) => message) : []),
      ...(sms && sms.id !== id ? ['key'] : []),
    ];
    gateway.asked.push({ line: `${req.method} ${sms ? sms.to : id}`, wrong });
    if (sms) take(sms, res);
    else tell(id, res);
  }

  const server = createServer((req, res) => void answer(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway.url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/port`);
  return gateway;
}
