import { request as requestPlain } from 'node:http';
import { request as requestSecured } from 'node:https';
import { z } from 'zod';
import type { Renewed, TlsMaterial } from '@accord/core/runtime';
import type { Segments } from './segments.ts';
import { signed } from './signature.ts';

/** The provider's SMS gateway behind the port that docs/sms-port.openapi.json describes. */
export interface SmsGatewayAddress {
  /** Of the port: `https://sms.example`; its paths are below it. */
  readonly url: URL;
  readonly tls?: (() => TlsMaterial) | undefined;
  /** `whsec_…`, for requests to it and reports from it (signature.ts). */
  readonly secrets: Renewed<string>;
  /** Longest time until an answer has come whole, ms. */
  readonly withinMs?: number;
}

export interface Sms extends Segments {
  /** Our id: under it the gateway knows the message again, and sends it once. */
  readonly id: string;
  /** E.164: `+8613800138000`. */
  readonly to: string;
  readonly text: string;
}

/**
 * `later`: it was not taken, for sure. `unknown`: perhaps it was, and has to be asked about. `unheard`: the gateway
 * does not have it.
 */
export type SmsAnswer =
  | { readonly is: 'accepted' | 'delivered' | 'unheard' }
  | { readonly is: 'failed' | 'refused' | 'later' | 'unknown'; readonly reason: string };

export interface SmsGateway {
  /** Asks once; never throws. */
  readonly send: (sms: Sms) => Promise<SmsAnswer>;
  /** Asks what became of a message; never throws. */
  readonly look: (id: string) => Promise<SmsAnswer>;
}

const mostBytes = 16_384;
const Reason = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const Told = z.discriminatedUnion('status', [
  z.object({ id: z.string(), status: z.enum(['accepted', 'delivered']) }),
  z.object({ id: z.string(), status: z.enum(['failed', 'refused']), reason: Reason }),
]);

/** Errors of a connection that was never made: the request went nowhere. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const isNeverSent = (code: string) =>
  neverSent.has(code) || code.startsWith('CERT_') || /^(ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code);

export function openSmsGateway({ url, tls, secrets, withinMs = 8_000 }: SmsGatewayAddress): SmsGateway {
  const path = (id?: string) =>
    `${url.pathname.replace(/\/+$/, '')}/v1/messages${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
  const ask = async (id: string, call: { method: 'GET' | 'POST'; path: string; body: string }) => {
    try {
      const headers = {
        ...signed(secrets(), { id, body: call.body, now: new Date() }),
        'idempotency-key': id,
      };
      return answerOf(
        id,
        await exchange(new URL(call.path, url), { ...call, headers, tls: tls?.(), withinMs }),
      );
    } catch (error) {
      const { code = 'UNKNOWN' } = error as { code?: string };
      return { is: isNeverSent(code) ? 'later' : 'unknown', reason: code } as const;
    }
  };
  return {
    async send(sms) {
      const answer = await ask(sms.id, { method: 'POST', path: path(), body: JSON.stringify(sms) });
      // Only of a message that it was asked about it can say that it does not have it.
      return answer.is === 'unheard' ? { is: 'later', reason: 'status_404' } : answer;
    },
    look: (id) => ask(id, { method: 'GET', path: path(id), body: '' }),
  };
}

interface Exchanged {
  readonly status: number;
  readonly body: string;
}

function answerOf(id: string, { status, body }: Exchanged): SmsAnswer {
  const reason = `status_${status}`;
  if (status === 404) return { is: 'unheard' };
  if (status === 429 || status === 503 || [400, 401, 403].includes(status)) return { is: 'later', reason };
  if (![200, 202, 422].includes(status)) return { is: 'unknown', reason };
  const told = Told.safeParse(parsed(body)).data;
  if (!told) return { is: 'unknown', reason: 'no_answer_of_the_port' };
  if (told.id !== id) return { is: 'unknown', reason: 'another_message' };
  if ((status === 422) !== (told.status === 'refused') && status !== 200)
    return { is: 'unknown', reason: 'contradicts_itself' };
  return 'reason' in told ? { is: told.status, reason: told.reason } : { is: told.status };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // no JSON is no answer of the port
  }
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly body: string;
  readonly headers: object;
  readonly tls: TlsMaterial | undefined;
  readonly withinMs: number;
}

/**
 * By a connection of its own; a redirection is an answer like others.
 *
 * @throws Error with a `code` where no answer comes whole in time and size.
 */
function exchange(url: URL, { method, body, headers, tls, withinMs }: Call): Promise<Exchanged> {
  const signal = AbortSignal.timeout(withinMs);
  const send = url.protocol === 'https:' ? requestSecured : requestPlain;
  const content = method === 'POST' && {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(signal.aborted ? Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' }) : error);
    const options = {
      method,
      ...tls,
      headers: { ...headers, ...content, accept: 'application/json' },
      signal,
    };
    const sent = send(url, { ...options, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on('data', (part: Buffer) => {
        size += part.length;
        if (size > mostBytes) sent.destroy(Object.assign(new Error('too long'), { code: 'ETOOLONG' }));
        else parts.push(part);
      });
      answer.once('error', fail);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
      );
    });
    sent.once('error', fail).end(body);
  });
}
