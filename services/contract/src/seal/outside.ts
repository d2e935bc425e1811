import type { X509Certificate } from 'node:crypto';
import { request as requestPlain } from 'node:http';
import { request as requestSecured } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { Metrics } from '@accord/core/observability';
import type { TlsMaterial } from '@accord/core/runtime';

// Others outside of Accord who are asked while a contract is sealed. An answer has no effect there: after one that
// did not come, or was no good, they are simply asked again.

export type OutsideName = 'signing port' | 'time stamp authority';

/** The contract waits for it in `sealing`, and no try counts (CTR-37). */
export class OutsideFailed extends Error {
  readonly outside: OutsideName;
  /** How long it wants to be left alone. */
  readonly restMs: number;

  constructor(outside: OutsideName, reason: string, { restMs = 0, cause }: OutsideFailure = {}) {
    super(`${outside}: ${reason}`, { cause });
    this.outside = outside;
    this.restMs = restMs;
  }
}

interface OutsideFailure {
  readonly restMs?: number;
  readonly cause?: unknown;
}

export interface Outside {
  /**
   * Before work that would be in vain: after a failure it is left alone for a while.
   *
   * @throws OutsideFailed
   */
  expectBack(): void;
  /** @throws OutsideFailed whatever the work throws, and at once while it is left alone. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** From now on calls are counted. */
  observe(metrics: Metrics): void;
}

const [shortestRestMs, longestRestMs] = [500, 30_000];
/** It may want more, but not for ever: a wrong header does not end the sealing. */
const longestWishMs = 300_000;

/** There from the start, also where nobody outside is asked. */
export const callSeconds = (metrics: Metrics) =>
  metrics.histogram(
    'accord_seal_call_seconds',
    'Calls of the sealing to the signing port and the time stamp authority',
    ['to', 'outcome'],
  );

export function openOutside(name: OutsideName): Outside {
  let [failures, restsUntil, last] = [0, 0, ''];
  let seconds: ReturnType<Metrics['histogram']> | undefined;
  const failed = (error: unknown): OutsideFailed => {
    const failure =
      error instanceof OutsideFailed
        ? error
        : new OutsideFailed(name, (error as Error).message, { cause: error });
    const ownMs = Math.min(longestRestMs, shortestRestMs * 2 ** failures);
    failures += 1;
    restsUntil = performance.now() + Math.max(ownMs, Math.min(failure.restMs, longestWishMs));
    last = failure.message;
    return failure;
  };
  const expectBack = () => {
    if (performance.now() < restsUntil)
      throw new OutsideFailed(name, `left alone for a while after: ${last}`);
  };
  return {
    expectBack,
    async ask(work) {
      expectBack();
      const began = performance.now();
      const observed = (outcome: string) =>
        seconds?.observe({ to: name.replaceAll(' ', '_'), outcome }, (performance.now() - began) / 1_000);
      try {
        const answer = await work();
        failures = 0;
        observed('answered');
        return answer;
      } catch (error) {
        observed('failed');
        throw failed(error);
      }
    },
    observe(metrics) {
      seconds = callSeconds(metrics);
    },
  };
}

export interface Call {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly tls: TlsMaterial;
  /** Longest time until the answer has come whole. */
  readonly withinMs: number;
  /** Of the answer's body. */
  readonly mostBytes: number;
}

export interface OutsideAnswer {
  readonly type: string;
  readonly body: Buffer;
  /** Of its server, where the call went by TLS. */
  readonly certificate: X509Certificate | undefined;
}

/**
 * One POST by a connection of its own. A redirection is no answer: what is asked goes to the configured address
 * alone.
 *
 * @throws Error where no answer comes whole in time and size; OutsideFailed for a status other than 200.
 */
export function post(name: OutsideName, call: Call): Promise<OutsideAnswer> {
  const { url, headers, body, tls, withinMs, mostBytes } = call;
  const signal = AbortSignal.timeout(withinMs);
  const send = url.protocol === 'https:' ? requestSecured : requestPlain;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(signal.aborted ? new Error(`no whole answer within ${withinMs} ms`) : error);
    const options = {
      method: 'POST',
      ...tls,
      headers: { ...headers, 'content-length': body.length },
      signal,
    };
    const sent = send(url, { ...options, agent: false }, (answer) => {
      const { statusCode, headers: told, socket } = answer;
      if (statusCode !== 200) {
        fail(new OutsideFailed(name, `answers ${statusCode}`, { restMs: restOf(told['retry-after']) }));
        return void sent.destroy();
      }
      const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      const parts: Buffer[] = [];
      let size = 0;
      answer.on('data', (part: Buffer) => {
        size += part.length;
        if (size > mostBytes) sent.destroy(new Error(`answers with more than ${mostBytes} bytes`));
        else parts.push(part);
      });
      answer.once('error', fail);
      answer.once('end', () =>
        resolve({ type: told['content-type'] ?? '', body: Buffer.concat(parts), certificate }),
      );
    });
    sent.once('error', fail).end(body);
  });
}

/** Retry-After in seconds; a date would be by another clock, and says nothing. */
const restOf = (text: string | undefined): number =>
  /^\d{1,6}$/.test(text ?? '') ? Number(text) * 1_000 : 0;
