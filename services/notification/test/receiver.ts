import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constant } from '@accord/core/runtime';
import { urlRules, usualWebhooks, type WebhookSettings } from '../src/webhook/settings.ts';

/** Webhooks as `ACCORD_ENV=development` has them: to loopback, too. */
export const developmentWebhooks = (changes: Partial<WebhookSettings> = {}): WebhookSettings => ({
  ...usualWebhooks,
  keys: constant(randomBytes(32).toString('base64')),
  urls: urlRules({ development: true }),
  ...changes,
});

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** All that came, in its order. */
  readonly received: Received[];
  /** Answers; default 204. */
  answer: (one: Received, response: ServerResponse) => void;
  stop(): Promise<void>;
}

/** A subscriber of webhooks. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const one = { path, headers, body: Buffer.concat(parts).toString() };
      received.push(one);
      receiver.answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (_, response) => void response.writeHead(204).end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
