import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { fetchSession, type SessionAnswer, type SessionAsk, type TopicAsk } from './fetch-session.ts';
import { encodeProduce, isPlain, type ProduceAsk } from './produce-request.ts';

// What kafkajs 2.2.4 does at a great cost, or not rightly, done otherwise (decision 0011). Its version is
// pinned, for this reaches into it.

const within = createRequire(import.meta.url);

type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, unknown>;
  scheduleCheckPendingRequests(): void;
  destroy(): void;
};
const { prototype: queue } = within('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const { scheduleCheckPendingRequests, destroy } = queue;
/**
 * It looks for requests that wait to be sent every millisecond, for ever, on every connection (its issue
 * 1704); here only while some wait.
 */
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

/**
 * It no longer looks for requests without an answer once the connection has gone: one that was sent just then
 * would wait for ever.
 */
queue.destroy = function (this: RequestQueue) {
  if (this.inflight.size + this.pending.length === 0) destroy.call(this);
};

type Connection = {
  readonly socket?: Socket;
  readonly requestQueue: object;
  readonly versions: unknown;
  readonly supportAuthenticationProtocol: unknown;
  isConnected(): boolean;
  connect(): Promise<unknown>;
};
type Pool = {
  readonly logger: object;
  readonly pool: Connection[];
  getConnection(index?: number): Promise<Connection>;
};
const Connection = within('kafkajs/src/network/connection') as new (options: object) => Connection;
const { prototype: connections } = within('kafkajs/src/network/connectionPool') as { prototype: Pool };
const connecting = new WeakMap<Connection, Promise<Connection>>();
/**
 * It opens the next socket in the same connection, which still waits for the rest of an answer that was cut
 * off: from then on it understands nothing. It also opens two where two ask at once, and takes what befalls
 * the first for the second's. Here each socket has a connection of its own.
 */
connections.getConnection = async function (this: Pool, index = 0) {
  const last = this.pool[index]!;
  // It calls one connected that is about to end, also where nothing can be sent any more.
  if (last.isConnected() && !last.socket?.destroyed) return last;
  const underWay = connecting.get(last);
  if (underWay) return underWay;
  const { versions, supportAuthenticationProtocol } = last;
  const next = Object.assign(new Connection({ ...last.requestQueue, ...last, logger: this.logger }), {
    versions,
    supportAuthenticationProtocol,
  });
  const attempt = next
    .connect()
    .then(() => next)
    .finally(() => connecting.delete(next));
  connecting.set(next, attempt);
  this.pool[index] = next;
  return attempt;
};

type Decoder = {
  readonly buffer: Buffer;
  offset: number;
  readVarInt(): number;
  readVarIntArray(): { reduce(): Record<string, string | string[]> };
};
const { prototype: decoder } = within('kafkajs/src/protocol/decoder') as { prototype: Decoder };
/**
 * It copies a record's headers anew for each further one; with our 14 that is most of what decoding costs.
 * This array, which it reduces, is used for headers alone.
 */
decoder.readVarIntArray = function (this: Decoder) {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let left = this.readVarInt(); left > 0; left -= 1) {
    const name = text(this);
    const value = text(this);
    if (name === undefined || value === undefined) continue;
    const former = headers[name];
    headers[name] = former === undefined ? value : [former, value].flat();
  }
  return { reduce: () => headers };
};

function text(from: Decoder): string | undefined {
  const length = from.readVarInt();
  if (length < 0) return undefined;
  return from.buffer.toString('utf8', from.offset, (from.offset += length));
}

type Group = { lastRequest: number; heartbeat(ask: { interval: number }): Promise<void> };
const { prototype: group } = within('kafkajs/src/consumer/consumerGroup') as { prototype: Group };
const { heartbeat } = group;
/**
 * It counts the time since its last heartbeat by the wall clock: once that is set back it would be silent
 * until the clock has caught up, and be taken for dead.
 */
group.heartbeat = function (this: Group, ask) {
  if (this.lastRequest > Date.now()) this.lastRequest = 0;
  return heartbeat.call(this, ask);
};

type FetchAsk = { readonly topics: readonly TopicAsk[] };
type Broker = {
  fetch(ask: FetchAsk): Promise<SessionAnswer>;
  lookupRequest(key: number, of: object): (ask: FetchAsk & SessionAsk) => object;
};
const { prototype: broker } = within('kafkajs/src/broker') as { prototype: Broker };
const fetchRequests = within('kafkajs/src/protocol/requests/fetch') as object;
const { createErrorFromCode } = within('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error;
};
const fetchKey = 1;
const sendRequest = Object.getOwnPropertySymbols(broker).find(
  ({ description }) => description === 'private:Broker:sendRequest',
)!;
const sessions = new WeakMap<Broker, ReturnType<typeof fetchSession>>();
/**
 * It asks for every partition anew each time, and is answered about every one; a consumer has a broker of its
 * own, and one fetch of it at a time.
 */
broker.fetch = function (this: Broker, ask) {
  const session = sessions.get(this) ?? fetchSession(createErrorFromCode);
  sessions.set(this, session);
  const request = this.lookupRequest(fetchKey, fetchRequests);
  const { [sendRequest]: send } = this as unknown as Record<
    symbol,
    (request: object) => Promise<SessionAnswer>
  >;
  return session.fetch(ask.topics, (part) => send!.call(this, request({ ...ask, ...part })));
};

type ProduceRequest = (ask: ProduceAsk) => { readonly request: object; readonly response: unknown };
const produce = within('kafkajs/src/protocol/requests/produce') as {
  protocol(of: { version: number }): ProduceRequest;
};
const { protocol } = produce;
/**
 * Writing the request is four fifths of what a send costs it. Ours has the same bytes; what ours cannot write
 * goes the old way.
 */
produce.protocol = ({ version }) => {
  const requestOf = protocol({ version });
  return (ask) => {
    const { request, response } = requestOf(ask);
    if (version < 3 || version > 7 || !isPlain(ask)) return { request, response };
    const encode = () => {
      const buffer = encodeProduce(ask);
      return Promise.resolve({ buf: buffer, buffer });
    };
    return { request: { ...request, encode }, response };
  };
};

type Encoder = { buf: Buffer; offset: number; ensureAvailable(length: number): void };
const { prototype: encoder, nextPowerOfTwo } = within('kafkajs/src/protocol/encoder') as {
  prototype: Encoder;
  nextPowerOfTwo(value: number): number;
};
/**
 * It copies a request twice more, each time into zeroed room of up to twice the size; here into room for just
 * that.
 */
encoder.ensureAvailable = function (this: Encoder, length: number) {
  const wanted = this.offset + length;
  if (wanted <= this.buf.length) return;
  const grown = Buffer.allocUnsafe(length > 65_536 ? wanted : nextPowerOfTwo(wanted));
  this.buf.copy(grown, 0, 0, this.offset);
  this.buf = grown;
};
