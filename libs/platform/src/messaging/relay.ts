import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import pg from 'pg';
import type { Logger } from 'pino';
import { span } from '../observability/tracing.ts';
import { openSender, type Outgoing, type Sender } from './kafka.ts';
import { shards } from './outbox.ts';

export interface RelaySettings {
  /** Of the operator role; each shard holds a connection of its own. */
  readonly url: string;
  readonly schema: string;
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  readonly log: Logger;
  readonly onPublished?: (events: number) => void;
  readonly onFailed?: () => void;
}

export interface Relay {
  /** A commit wrote to these shards. */
  wake(shards: Iterable<number>): void;
  stop(): Promise<void>;
}

const batchRows = 500;
const batchBytes = 1_000_000;
const shortestPollMs = 5;
const longestPollMs = 250;
/** A batch read longer ago than this may belong to another instance by now: it is read again instead of sent. */
const freshMs = 2_000;

const read = `select seq, topic, key, payload, headers from outbox where shard = $1 order by seq limit ${batchRows}`;
const remove = 'delete from outbox where seq = any($1::bigint[])';
const refuse = `with moved as (delete from outbox where seq = any($1::bigint[]) returning *)
  insert into outbox_refused select *, $2, now() from moved`;

type Row = { seq: string; topic: string; key: string; payload: string; headers: string };

/**
 * Publishes what transactions left in the outbox, at least once and in order per key (EVT-7). One publisher per shard holds a session
 * advisory lock on the connection that it reads and deletes with: when the connection dies, so does the right to publish.
 */
export function startRelay(settings: RelaySettings): Relay {
  const stopping = new AbortController();
  const publishers = Array.from({ length: shards }, (_, shard) => publisher(shard, settings, stopping.signal));
  return {
    wake: (written) => {
      for (const shard of written) publishers[shard]?.wake();
    },
    async stop() {
      stopping.abort();
      for (const { wake } of publishers) wake();
      await Promise.all(publishers.map(({ done }) => done));
    },
  };
}

function publisher(shard: number, settings: RelaySettings, signal: AbortSignal) {
  let pending = false;
  let ring: (() => void) | undefined;
  const wake = () => {
    pending = true;
    ring?.();
  };
  const idle = async (ms: number) => {
    if (!pending && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        ring = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      ring = undefined;
    }
    pending = false;
  };
  return { wake, done: publish(shard, settings, signal, idle) };
}

async function publish(shard: number, settings: RelaySettings, signal: AbortSignal, idle: (ms: number) => Promise<void>): Promise<void> {
  const { log } = settings;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await withLock(shard, settings, signal, async (client) => {
        failures = 0;
        await drain(shard, client, settings, signal, idle);
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      settings.onFailed?.();
      log.warn({ shard, failures, reason: (error as Error).message }, 'relay interrupted');
    }
    if (!signal.aborted) await sleep(Math.min(3_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2));
  }
}

/** Runs `work` while this connection holds the shard; returns at once, without it, where another instance holds it. */
async function withLock(shard: number, { url, schema }: RelaySettings, signal: AbortSignal, work: (client: pg.Client) => Promise<void>) {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    // The planner met an empty table; only the index keeps the order cheap. The server ends a session that fell silent, and its lock.
    options: `-c search_path=${schema} -c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off -c idle_session_timeout=10000`,
  });
  let lost: Error | undefined;
  client.on('error', (error) => (lost = error));
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock(hashtext('accord relay ' || $1), $2) as held`, [schema, shard]);
      if (rows[0]?.held || signal.aborted) break;
      await sleep(1_000 + Math.random() * 1_000, undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) await work(client);
    if (lost) throw lost;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function drain(shard: number, client: pg.Client, settings: RelaySettings, signal: AbortSignal, idle: (ms: number) => Promise<void>) {
  const known = await client.query<{ key: string }>('select distinct key from outbox_refused where shard = $1', [shard]);
  const refused = new Set(known.rows.map(({ key }) => key));
  const sender = await openSender(settings.kafka, settings.topicPrefix);
  try {
    for (let pollMs = shortestPollMs; !signal.aborted; ) {
      const readAt = performance.now();
      const { rows } = await client.query<Row>({ name: 'relay_read', text: read, values: [shard] });
      if (rows.length === 0) {
        await idle(pollMs);
        pollMs = Math.min(longestPollMs, pollMs * 2);
        continue;
      }
      pollMs = shortestPollMs;
      const batch = upToBytes(rows);
      if (performance.now() - readAt > freshMs) continue;
      await sendAll(batch, refused, sender, client, settings.log);
      settings.onPublished?.(batch.length);
    }
  } finally {
    await sender.close().catch(() => undefined);
  }
}

/** At least one row; at most about a megabyte. */
function upToBytes(rows: readonly Row[]): readonly Row[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += row.payload.length + row.headers.length) > batchBytes);
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}

const outgoing = (row: Row): Outgoing => ({ topic: row.topic, key: row.key, value: row.payload, headers: JSON.parse(row.headers) as Record<string, string> });
const seqs = (rows: readonly Row[]) => rows.map(({ seq }) => seq);

/** Refusals that no repetition mends: the record itself is wrong. */
const isRefusedForGood = (error: unknown): boolean => {
  const type = (error as { type?: string }).type ?? (error as { cause?: { type?: string } }).cause?.type ?? '';
  return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE', 'INVALID_TOPIC_EXCEPTION'].includes(type);
};

/**
 * Sends, then deletes by id, never by range. A row that the broker refuses is found by halving and set aside, with every later row of its
 * key behind it; the other keys go on.
 */
async function sendAll(batch: readonly Row[], refused: Set<string>, sender: Sender, client: pg.Client, log: Logger): Promise<void> {
  const behind = batch.filter(({ key }) => refused.has(key));
  if (behind.length > 0) await client.query(refuse, [seqs(behind), 'behind a refused event of its key']);
  const free = behind.length > 0 ? batch.filter(({ key }) => !refused.has(key)) : batch;
  if (free.length === 0) return;
  try {
    await span('publish', { 'messaging.system': 'kafka', 'messaging.batch.message_count': free.length }, () => sender.send(free.map(outgoing)));
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    if (free.length > 1) {
      const half = Math.ceil(free.length / 2);
      await sendAll(free.slice(0, half), refused, sender, client, log);
      return sendAll(free.slice(half), refused, sender, client, log);
    }
    const { seq, topic, key } = free[0]!;
    log.error({ seq, topic, key, reason: (error as Error).message }, 'event refused by the broker');
    await client.query(refuse, [[seq], (error as Error).message]);
    refused.add(key);
    return;
  }
  await client.query({ name: 'relay_delete', text: remove, values: [seqs(free)] });
}
