import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, type Client, type Reply } from '@accord/testing';
import type { DemoSettings } from './settings.ts';

/** Where what a command did can be read afterwards. */
export interface Effect {
  readonly path: string;
  readonly shown: (body: Reply['body']) => boolean;
}

type Who = 'customer' | 'operator' | 'platform' | 'stranger';

export interface Request {
  readonly who: Who;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly body?: unknown;
  /** A PDF, instead of a body. */
  readonly file?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Every command that may be accepted has it; a question has none. */
  readonly effects?: (reply: Reply) => readonly Effect[];
}

/** Waits until `look` gives something. @throws Error where it takes longer than the story's patience. */
export type Until = <T>(what: string, look: () => Promise<T | undefined> | T | undefined) => Promise<T>;

export const untilOf =
  ({ patienceMs = 120_000 }: DemoSettings): Until =>
  async (what, look) => {
    const started = performance.now();
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() - started > patienceMs) throw new Error(`waited in vain for ${what}`);
      await sleep(10);
    }
  };

export type Send = (request: Request, requestId?: string) => Promise<Reply>;

const away = new Set([502, 503, 504]);
/** NarratedRequest by POST, and nothing is changed by them: a quote binds nobody. */
const questions = /\/(?:preview|verify|refund-quotes)$/;

export interface Command {
  /** `POST /v1/orders` */
  readonly name: string;
  readonly effects: readonly Effect[];
}

/** Undefined for what changed nothing. @throws Error where nobody says what a command's effects are. */
export function commandOf({ method, path, effects }: Request, reply: Reply): Command | undefined {
  if (method === 'get' || reply.status >= 300 || questions.test(path)) return undefined;
  const name = `${method.toUpperCase()} ${path}`;
  if (!effects) throw new Error(`${name} was accepted, and the story does not say where that shows`);
  return { name, effects: effects(reply) };
}

/**
 * Asks through the front door. One idempotency key for all tries: a service that is away for a moment neither
 * loses nor doubles what was asked (API-6).
 */
export function sendOf({ system }: DemoSettings, accountId: string, until: Until): Send {
  const clients: Record<Who, Client> = {
    customer: clientOf(system.url, () => system.token({ kind: 'customer', accountId, subject: 'usr_li' })),
    operator: clientOf(system.url, () => system.token({ kind: 'operator', subject: 'op_zhang' })),
    platform: clientOf(system.url, () => system.token({ kind: 'platform', subject: 'svc_platform' })),
    stranger: clientOf(system.url, () =>
      system.token({ kind: 'customer', accountId: 'acc_stranger', subject: 'usr_x' }),
    ),
  };
  return ({ who, method, path, body, file, headers }, requestId = randomUUID()) => {
    const all = {
      'x-request-id': requestId,
      'accept-language': 'en',
      ...(method === 'post' && { 'idempotency-key': requestId }),
      ...(file && { 'content-type': 'application/pdf' }),
      ...headers,
    };
    const client = clients[who];
    return until(`an answer to ${method} ${path}`, async () => {
      const asked = () => {
        if (file) return client.send(method.toUpperCase(), path, file, all);
        return method === 'get' || method === 'delete'
          ? client[method](path, all)
          : client[method](path, body, all);
      };
      const reply = await asked().catch(() => undefined);
      return reply === undefined || away.has(reply.status) || reply.body?.code === 'idempotency.in_progress'
        ? undefined
        : reply;
    });
  };
}
