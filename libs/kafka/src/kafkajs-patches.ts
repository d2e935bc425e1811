import { createRequire } from 'node:module';
import { fetchSession, type FetchRequest, type FetchResponse, type FetchTopic } from './fetch-session.ts';
import { committedOnly, upToItsEnd, type FetchedPartition, type RecordBatch } from './fetched-records.ts';
import './kafkajs-connections.ts';
import { canEncode, encodeProduceRequest, type ProduceRequest } from './produce-request.ts';

// Patches of faults and of great costs in kafkajs 2.2.4 (decision 0011). They replace methods inside it, so
// its version is pinned; a patch says first what kafkajs does.

const internals = createRequire(import.meta.url);

type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, unknown>;
  scheduleCheckPendingRequests(): void;
  destroy(): void;
};
const { prototype: queue } = internals('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
const { scheduleCheckPendingRequests, destroy } = queue;
/**
 * kafkajs looks for requests that wait to be sent every millisecond, for ever, on every connection (its issue
 * 1704). Patched: only while some wait.
 */
queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

/**
 * kafkajs stops the check for request timeouts when a connection closes: a request that was sent just then
 * would wait for ever. Patched: the check goes on while requests are in flight or pending.
 */
queue.destroy = function (this: RequestQueue) {
  if (this.inflight.size + this.pending.length === 0) destroy.call(this);
};

type WithBroker = (ask: (of: object) => Promise<object>) => Promise<object | null>;
const { prototype: brokers } = internals('kafkajs/src/cluster/brokerPool') as {
  prototype: { withBroker: WithBroker };
};
const { withBroker } = brokers;
/**
 * kafkajs asks one broker after the other for a group's coordinator, and where none answers says "not found", for
 * good: one connection that broke ends a consumer. Patched: it says why the last one did not answer, which may
 * pass.
 */
brokers.withBroker = async function (this: object, ask) {
  let why: unknown;
  const found = await withBroker.call(this, async (of) => {
    try {
      return await ask(of);
    } catch (error) {
      why = error;
      throw error;
    }
  });
  if (found === null && why !== undefined) throw why;
  return found;
};

type Decoder = {
  readonly buffer: Buffer;
  offset: number;
  readVarInt(): number;
  readVarIntArray(): { reduce(): Record<string, string | string[]> };
};
const { prototype: decoder } = internals('kafkajs/src/protocol/decoder') as { prototype: Decoder };
/** Of a record's headers, where they are more than an event has: how many they are, and their bytes. */
export const beyondHeaders = Symbol('headers that were not read');
type Headers = Record<string, string | string[]> & { [beyondHeaders]?: string };
const [mostHeaders, mostHeaderBytes] = [200, 65_536];
/**
 * kafkajs copies all headers of a record for each further one; with our 14 that is most of the cost of
 * decoding. Patched: they are read into one object. kafkajs uses this array for headers alone, and only
 * reduces it. A record with too many, or too long ones, has none of the others: they are passed over unread,
 * so that nobody can hold the reader with one record.
 */
decoder.readVarIntArray = function (this: Decoder) {
  const headers = Object.create(null) as Headers;
  const count = this.readVarInt();
  const start = this.offset;
  for (let read = 0; read < count; read += 1) {
    const name = text(this);
    const value = text(this);
    if (read >= mostHeaders || this.offset - start > mostHeaderBytes) {
      for (let left = 2 * (count - read - 1); left > 0; left -= 1) pass(this);
      headers[beyondHeaders] = `${count} headers of ${this.offset - start} bytes`;
      break;
    }
    if (name === undefined || value === undefined) continue;
    const former = headers[name];
    if (Array.isArray(former)) former.push(value);
    else headers[name] = former === undefined ? value : [former, value];
  }
  return { reduce: () => headers };
};

function text(from: Decoder): string | undefined {
  const length = pass(from);
  return length < 0 ? undefined : from.buffer.toString('utf8', from.offset - length, from.offset);
}

/** Goes behind a text. @returns its bytes; below 0 where there is none. */
function pass(from: Decoder): number {
  const length = from.readVarInt();
  if (length > 0) from.offset += length;
  return length;
}

type Group = { lastRequest: number; heartbeat(ask: { interval: number }): Promise<void> };
const { prototype: group } = internals('kafkajs/src/consumer/consumerGroup') as { prototype: Group };
const { heartbeat } = group;
/**
 * kafkajs measures the time since its last heartbeat by the wall clock: when that is set back, the member is
 * silent until the clock has caught up, and the group takes it for dead. Patched: a last heartbeat in the
 * future counts as none.
 */
group.heartbeat = function (this: Group, ask) {
  if (this.lastRequest > Date.now()) this.lastRequest = 0;
  return heartbeat.call(this, ask);
};

type Fetched = FetchResponse & {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
};
type FetchAsk = { readonly topics: readonly FetchTopic[] };
type Broker = {
  fetch(ask: FetchAsk): Promise<Fetched>;
  lookupRequest(key: number, of: object): (ask: FetchAsk & FetchRequest) => object;
};
const { prototype: broker } = internals('kafkajs/src/broker') as { prototype: Broker };
const fetchRequests = internals('kafkajs/src/protocol/requests/fetch') as object;
const { createErrorFromCode } = internals('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error;
};
const fetchKey = 1;
const sendRequest = Object.getOwnPropertySymbols(broker).find(
  ({ description }) => description === 'private:Broker:sendRequest',
)!;
const sessions = new WeakMap<Broker, ReturnType<typeof fetchSession>>();
/**
 * kafkajs names every partition in every fetch, and is answered about every one. Patched: it fetches in
 * sessions. A consumer has a broker object of its own, and one fetch at a time from it.
 *
 * kafkajs takes the broker's list of aborted transactions to be sorted by their beginnings, and at most one to
 * begin at a record: records of two that overlap are handed on. Patched: none is.
 */
broker.fetch = async function (this: Broker, ask) {
  const session = sessions.get(this) ?? fetchSession(createErrorFromCode);
  sessions.set(this, session);
  const request = this.lookupRequest(fetchKey, fetchRequests);
  const { [sendRequest]: send } = this as unknown as Record<symbol, (request: object) => Promise<Fetched>>;
  const fetched = await session.fetch(ask.topics, (part) => send!.call(this, request({ ...ask, ...part })));
  for (const { partitions } of fetched.responses) partitions.forEach(committedOnly);
  return fetched;
};

const batchDecoder = internals.resolve('kafkajs/src/protocol/recordBatch/v0/decoder');
const decodeBatch = internals(batchDecoder) as (from: object) => Promise<RecordBatch>;
/**
 * kafkajs reads to the last record that it finds, and not at all where a batch has none left. Patched: to the end
 * that the batch's header names. Responses load the decoder with the first fetch, so it is replaced where it is
 * loaded from.
 */
internals.cache[batchDecoder]!.exports = async (from: object) => upToItsEnd(await decodeBatch(from));

type RequestOf = (ask: ProduceRequest) => { readonly request: object; readonly response: unknown };
const produce = internals('kafkajs/src/protocol/requests/produce') as {
  protocol(of: { version: number }): RequestOf;
};
const { protocol } = produce;
/**
 * Encoding the request is four fifths of the cost of a send in kafkajs. Patched: our encoder writes the same
 * bytes, and leaves to kafkajs requests that it cannot write.
 */
produce.protocol = ({ version }) => {
  const requestOf = protocol({ version });
  return (ask) => {
    const { request, response } = requestOf(ask);
    if (version < 3 || version > 7 || !canEncode(ask)) return { request, response };
    const encode = () => {
      const buffer = encodeProduceRequest(ask);
      return Promise.resolve({ buf: buffer, buffer });
    };
    return { request: { ...request, encode }, response };
  };
};

type Encoder = { buf: Buffer; offset: number; ensureAvailable(length: number): void };
const { prototype: encoder, nextPowerOfTwo } = internals('kafkajs/src/protocol/encoder') as {
  prototype: Encoder;
  nextPowerOfTwo(value: number): number;
};
/**
 * kafkajs copies a request twice more, each time into a zeroed buffer of up to twice the size. Patched: a large
 * one gets a buffer of just its size.
 */
encoder.ensureAvailable = function (this: Encoder, length: number) {
  const wanted = this.offset + length;
  if (wanted <= this.buf.length) return;
  const grown = Buffer.allocUnsafe(length > 65_536 ? wanted : nextPowerOfTwo(wanted));
  this.buf.copy(grown, 0, 0, this.offset);
  this.buf = grown;
};
