import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { isOutdated } from './security.ts';
import { stateOf } from './session.ts';

// Patches of the connections of kafkajs 2.2.4 (decision 0011): one that broke, and one whose password, certificate
// or session ends, gives way to another.

const internals = createRequire(import.meta.url);

type Connection = {
  readonly socket?: Socket;
  readonly requestQueue: object;
  readonly versions: object | null;
  readonly supportAuthenticationProtocol: unknown;
  /** Of `process.hrtime`; null before it was authenticated. */
  readonly authenticatedAt: readonly [number, number] | null;
  /** Ms, of the broker's answer. */
  readonly sessionLifetime: { toString(): string };
  isConnected(): boolean;
  connect(): Promise<unknown>;
  /** Does nothing without SASL. */
  authenticate(): Promise<unknown>;
  send(request: object): Promise<unknown>;
  disconnect(): Promise<unknown>;
};
type Pool = {
  readonly logger: object;
  readonly pool: Connection[];
  getConnection(index?: number): Promise<Connection>;
  getConnectionByRequest(request: object): Promise<Connection>;
  send(request: object): Promise<unknown>;
};
const Connection = internals('kafkajs/src/network/connection') as new (options: object) => Connection;
const { prototype: connections } = internals('kafkajs/src/network/connectionPool') as { prototype: Pool };

/** One of its own for a socket to the same broker. */
function anotherOf(pool: Pool, last: Connection): Connection {
  const { versions, supportAuthenticationProtocol } = last;
  return Object.assign(new Connection({ ...last.requestQueue, ...last, logger: pool.logger }), {
    versions,
    supportAuthenticationProtocol,
  });
}

function sessionState({ authenticatedAt, sessionLifetime }: Connection): ReturnType<typeof stateOf> {
  if (authenticatedAt === null) return 'good';
  const [seconds, nanos] = process.hrtime([...authenticatedAt]);
  return stateOf({ age: seconds * 1_000 + nanos / 1e6, lifetime: Number(sessionLifetime) });
}

const connecting = new WeakMap<Connection, Promise<Connection>>();
/**
 * kafkajs opens the next socket in the same connection object, which still waits for the rest of a response
 * that was cut off: from then on it decodes nothing. It also opens two sockets where two requests come at
 * once, and takes the end of the first for the second's. Patched: each socket has a connection of its own.
 *
 * kafkajs authenticates a connection again before its session ends (KIP-368), beside the requests that go over it:
 * the broker refuses one that it reads meanwhile, and a second authentication within a second, with
 * `ILLEGAL_SASL_STATE`. Patched: another connection takes its place.
 */
connections.getConnection = async function (this: Pool, index = 0) {
  const last = this.pool[index]!;
  const state = sessionState(last);
  // `isConnected` is true also of a socket that is about to end and takes no more.
  if (last.isConnected() && !last.socket?.destroyed && state !== 'over') {
    if (state === 'due' || isOutdated(last.socket!)) void renew(this, index, last);
    return last;
  }
  const underWay = connecting.get(last);
  if (underWay) return underWay;
  const next = anotherOf(this, last);
  const attempt = next
    .connect()
    .then(() => next)
    .finally(() => connecting.delete(next));
  connecting.set(next, attempt);
  this.pool[index] = next;
  if (state === 'over') void retire(last);
  return attempt;
};

/** Requests that were handed a connection, and have no answer yet. */
const sent = new WeakMap<Connection, Set<Promise<unknown>>>();

connections.send = async function (this: Pool, request) {
  const connection = await this.getConnectionByRequest(request);
  const answer = connection.send(request);
  const all = sent.get(connection) ?? new Set();
  sent.set(connection, all.add(answer));
  try {
    return await answer;
  } finally {
    all.delete(answer);
  }
};

/** Ends a connection that is handed over no more, behind the last answer. */
async function retire(former: Connection): Promise<void> {
  // A request that was handed it just now is sent on it first.
  await setImmediate();
  await Promise.allSettled(sent.get(former) ?? new Set<Promise<unknown>>());
  await former.disconnect();
}

type Requests = Record<string, { protocol(of: { version: number }): (ask: object) => object }>;
const { requests, lookup } = internals('kafkajs/src/protocol/requests') as {
  requests: Requests;
  lookup(versions: object): (key: number, of: object) => (ask: object) => object;
};
const apiVersionsKey = 18;

/**
 * Connects, and hears the broker's answer to a first request: TLS 1.3 has begun for us before the broker has looked
 * at our certificate.
 */
async function tryOut(next: Connection): Promise<void> {
  await next.connect();
  await next.authenticate();
  await next.send(lookup(next.versions!)(apiVersionsKey, requests['ApiVersions']!)({}));
}

const renewing = new WeakSet<Connection>();
const renewAgainMs = 1_000;
/**
 * A connection that was made with a former password or certificate, or whose session ends, gives way to another, as
 * soon as the broker has answered that one: no request waits for it, and none fails where the broker does not know
 * the new password or certificate yet.
 */
async function renew(pool: Pool, index: number, last: Connection): Promise<void> {
  // Without versions it is just being made.
  if (renewing.has(last) || last.versions === null) return;
  renewing.add(last);
  const next = anotherOf(pool, last);
  try {
    await tryOut(next);
  } catch {
    await next.disconnect();
    await sleep(renewAgainMs, undefined, { ref: false });
    renewing.delete(last);
    return;
  }
  // Meanwhile the client may have been closed.
  const isLast = pool.pool[index] === last && last.isConnected();
  if (isLast) pool.pool[index] = next;
  await retire(isLast ? last : next);
}
