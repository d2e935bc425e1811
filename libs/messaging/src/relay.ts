import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import pg from 'pg';
import type { Logger } from 'pino';
import { newWakeup, type Wakeup } from '@accord/core';
import { openSender } from '@accord/kafka';
import { send } from '@accord/postgres';
import { shards } from './outbox.ts';
import { publishBatch } from './relay-batch.ts';
import { lockFreeShards, type ShardLocks, type UnknownTopic, type WaitingRow } from './shard-locks.ts';

export interface RelaySettings {
  /** Of the operator role. */
  readonly url: string;
  readonly schema: string;
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  readonly log: Logger;
  readonly onPublished?: (events: number) => void;
  readonly onFailed?: () => void;
}

export interface Relay {
  /** A commit left something for these shards in the outbox. */
  wake(shards: readonly number[]): void;
  stop(): Promise<void>;
}

const batchRows = 500;
const batchBytes = 1_000_000;
/**
 * Rests as long as the batch before took, at most so long: what commits meanwhile goes out together, which on
 * a busy machine costs less than it delays.
 */
const restMs = 8;
/** Looks at the outbox at least so often; commits ring. */
const pollMs = 250;
/** Instances tell each other of commits at most so often. */
const tellMs = 10;
/** What took longer to read is read again, fewer bytes of it: by then the locks may be another's. */
const freshMs = 2_000;
const byIndexAlone =
  '-c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan';
const goneAfter = '-c idle_session_timeout=10000 -c tcp_user_timeout=10000';
/**
 * Shards with a backlog go on by themselves for so long before all are looked at again: the others wait for
 * it.
 */
const backlogMs = 250;

/** Of each shard the first rows, until they pass $2 bytes; sizes are known without reading what is long. */
const read = `select waiting.seq, waiting.shard, waiting.topic, waiting.key, waiting.payload, waiting.headers, waiting.bytes, waiting.event_id as "eventId"
  from unnest($1::smallint[]) as held (shard)
       cross join lateral (
         select o.*, sum(o.bytes) over (order by o.seq rows between unbounded preceding and 1 preceding) as before
           from (select *, octet_length(payload) + octet_length(headers) as bytes from outbox where outbox.shard = held.shard order by seq limit ${batchRows}) o) as waiting
 where coalesce(waiting.before, 0) < $2`;

/**
 * Publishes what transactions left in the outbox, at least once and in order per key (EVT-7). One publisher
 * per shard holds a session advisory lock on the connection that it reads and deletes with, and has one batch
 * of the shard on its way.
 */
export function startRelay(settings: RelaySettings): Relay {
  const stopping = new AbortController();
  const publishing: Publishing = {
    settings,
    signal: stopping.signal,
    bell: newWakeup(),
    unknownTopics: new Map(),
    damagedRows: new Set(),
  };
  const { bell } = publishing;
  const done = publish(publishing);
  return {
    wake(written) {
      bell.notify();
      if (!written.every((shard) => publishing.locks?.shards.has(shard))) tell(publishing);
    },
    async stop() {
      stopping.abort();
      clearTimeout(publishing.telling);
      bell.notify();
      await done;
    },
  };
}

interface Publishing {
  readonly settings: RelaySettings;
  readonly signal: AbortSignal;
  readonly bell: Wakeup;
  readonly unknownTopics: Map<string, UnknownTopic>;
  readonly damagedRows: Set<string>;
  locks?: ShardLocks | undefined;
  telling?: NodeJS.Timeout | undefined;
}

const channelOf = ({ schema }: RelaySettings) => `accord_relay_${schema}`;

/**
 * Wakes the instance that publishes what this one wrote. On the relay's connection: in the business
 * transaction it would make commits queue.
 */
function tell(publishing: Publishing): void {
  publishing.telling ??= setTimeout(() => {
    publishing.telling = undefined;
    publishing.locks?.client.query(`notify ${channelOf(publishing.settings)}`).catch(() => undefined);
  }, tellMs);
}

async function publish(publishing: Publishing): Promise<void> {
  const { settings, signal } = publishing;
  for (let failures = 0; !signal.aborted;) {
    try {
      await withConnection(settings, async (client) => {
        const locks: ShardLocks = {
          client,
          shards: new Set(),
          refusedKeys: new Set(),
          unknownTopics: publishing.unknownTopics,
          damagedRows: publishing.damagedRows,
          log: settings.log,
        };
        publishing.locks = locks;
        client.on('error', (error) => (locks.failed ??= error));
        client.on('notification', () => publishing.bell.notify());
        await client.query(`listen ${channelOf(settings)}`);
        while (!signal.aborted && !(await lockFreeShards(locks, settings.schema))) {
          await sleep(1_000 + Math.random() * 1_000, undefined, { signal }).catch(() => undefined);
        }
        failures = 0;
        if (!signal.aborted) await serve(locks, publishing);
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      settings.onFailed?.();
      settings.log.warn({ failures, reason: (error as Error).message }, 'relay interrupted');
    }
    if (!signal.aborted) await sleep(Math.min(3_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2));
  }
}

async function withConnection(
  { url, schema }: RelaySettings,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    // The planner met an empty table; only the index keeps the order cheap, and to plan a read anew takes
    // longer than to do it. A delete that a crash undoes is a repeat, which readers know. The server ends a
    // session that fell silent or takes no more of what it is sent, and its locks.
    options: `-c search_path=${schema} -c synchronous_commit=off ${byIndexAlone} ${goneAfter}`,
    pipeline: true,
  } as pg.ClientConfig);
  // An end that nobody hears of otherwise would be the process's; what waits for an answer fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function serve(locks: ShardLocks, { settings, signal, bell }: Publishing): Promise<void> {
  const sender = await openSender(settings.kafka, settings.topicPrefix, { inFlight: shards });
  const send = async (batch: readonly WaitingRow[], readAt: number) => {
    const { sent, refused } = await publishBatch(batch, { locks, sender, readAt });
    settings.onPublished?.(sent);
    return sent + refused;
  };
  let lockAt = performance.now() + 1_500;
  try {
    while (!signal.aborted) {
      // Also while there is a backlog: another's shards wait for whoever comes.
      if (locks.shards.size < shards && performance.now() > lockAt) {
        await lockFreeShards(locks, settings.schema);
        lockAt = performance.now() + 1_000 + Math.random() * 1_000;
      }
      bell.reset();
      const began = performance.now();
      const heads = await readHeads(locks, [...locks.shards]);
      const { rows } = heads;
      if (hasBacklog(heads)) {
        if (await eachShard(heads, locks, send)) continue;
      } else if (rows.length > 0) await send(rows, heads.readAt);
      if (rows.length > 0) await sleep(Math.min(restMs, performance.now() - began));
      await bell.wait(pollMs);
    }
  } finally {
    await sender.close().catch(() => undefined);
  }
}

interface Heads {
  readonly rows: readonly WaitingRow[];
  /** When they were asked for: so long, at least, the locks were held. */
  readonly readAt: number;
  /** There may be more that was not read, for it would have taken too long. */
  readonly narrowed: boolean;
}

/** The first rows of each of these shards, the oldest first. */
async function readHeads(locks: ShardLocks, of: readonly number[]): Promise<Heads> {
  for (let bytes = batchBytes; bytes > 1_000; bytes /= 8) {
    const readAt = performance.now();
    const { rows } = await send<WaitingRow>(locks.client, read, [of, Math.floor(bytes)]);
    if (locks.failed) throw locks.failed;
    if (performance.now() - readAt <= freshMs)
      return {
        rows: rows.sort((a, b) => Number(a.seq) - Number(b.seq)),
        readAt,
        narrowed: rows.length > 0 && bytes < batchBytes,
      };
  }
  throw new Error('the outbox cannot be read fast enough');
}

const hasBacklog = ({ rows, narrowed }: Heads): boolean =>
  narrowed || rows.length >= batchRows || upToBytes(rows).length < rows.length;

/**
 * Shards that have much to publish do so beside each other, each in its order. False where no row left the
 * outbox.
 */
async function eachShard(
  { rows, ...read }: Heads,
  locks: ShardLocks,
  send: (batch: readonly WaitingRow[], readAt: number) => Promise<number>,
): Promise<boolean> {
  const until = performance.now() + backlogMs;
  let moved = false;
  const lanes = [...Map.groupBy(rows, ({ shard }) => shard)].map(async ([shard, first]) => {
    for (
      let heads: Heads = { rows: first, ...read };
      heads.rows.length > 0;
      heads = await readHeads(locks, [shard])
    ) {
      if ((await send(upToBytes(heads.rows), heads.readAt)) === 0) return;
      moved = true;
      if (!hasBacklog(heads) || performance.now() > until) return;
    }
  });
  // Nothing may still be on its way when another connection begins.
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
  return moved;
}

/** At least one row; at most about a megabyte. */
function upToBytes(rows: readonly WaitingRow[]): readonly WaitingRow[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += row.bytes) > batchBytes);
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}
