import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { newWakeup, type Wakeup } from '@accord/core/runtime';
import { openSender, type KafkaClient } from '@accord/kafka';
import { connect, type DatabaseAddress, type OwnConnection } from '@accord/postgres';
import { firstBatch, hasBacklog, readHead, type OutboxHead } from './outbox-reader.ts';
import { shards } from './outbox.ts';
import { publishBatch } from './relay-batch.ts';
import { lockFreeShards, type ShardLocks, type UnknownTopic, type WaitingRow } from './shard-locks.ts';

export interface RelaySettings {
  /** Of the operator role. */
  readonly url: DatabaseAddress;
  readonly schema: string;
  readonly kafka: KafkaClient;
  readonly log: Logger;
  readonly onPublished?: (events: number) => void;
  /** The relay was interrupted and begins anew. */
  readonly onFailed?: () => void;
}

interface Relay {
  /** Called after a commit that left rows of these shards in the outbox. */
  wake(shards: readonly number[]): void;
  stop(): Promise<void>;
}

/**
 * The relay rests as long as the batch before took, at most so long: commits of that time go out together,
 * which on a busy machine costs less than it delays.
 */
const restMs = 8;
/** The outbox is read at least so often, also without a wake-up. */
const pollMs = 250;
/** Another instance is notified of commits at most so often. */
const notifyEveryMs = 10;
/** Shards with a backlog go on for so long, while the other shards wait, before all are read again. */
const backlogMs = 250;

/**
 * Publishes the rows of the outbox, at least once and in order per key (EVT-7). One publisher per shard holds
 * a session advisory lock on the connection that it reads and deletes with, and has one batch of the shard in
 * flight.
 */
export function startRelay(settings: RelaySettings): Relay {
  const stopping = new AbortController();
  const publishing: Publishing = {
    settings,
    signal: stopping.signal,
    wakeup: newWakeup(),
    unknownTopics: new Map(),
    damagedRows: new Set(),
  };
  const { wakeup } = publishing;
  const done = publish(publishing);
  return {
    wake(written) {
      wakeup.notify();
      if (!written.every((shard) => publishing.locks?.shards.has(shard))) notifyOthers(publishing);
    },
    async stop() {
      stopping.abort();
      clearTimeout(publishing.notifying);
      wakeup.notify();
      await done;
    },
  };
}

interface Publishing {
  readonly settings: RelaySettings;
  readonly signal: AbortSignal;
  readonly wakeup: Wakeup;
  readonly unknownTopics: Map<string, UnknownTopic>;
  readonly damagedRows: Set<string>;
  locks?: ShardLocks | undefined;
  notifying?: NodeJS.Timeout | undefined;
}

const channelOf = ({ schema }: RelaySettings) => `accord_relay_${schema}`;

/**
 * Wakes the instance that publishes the shards that this one wrote to. It is sent on the relay's connection,
 * because in the business transaction NOTIFY would make commits queue.
 */
function notifyOthers(publishing: Publishing): void {
  publishing.notifying ??= setTimeout(() => {
    publishing.notifying = undefined;
    publishing.locks?.connection.query(`notify ${channelOf(publishing.settings)}`).catch(() => undefined);
  }, notifyEveryMs);
}

async function publish(publishing: Publishing): Promise<void> {
  const { settings, signal } = publishing;
  for (let failures = 0; !signal.aborted;) {
    try {
      await withConnection(settings, async (connection) => {
        const locks = locksOn(connection, publishing);
        publishing.locks = locks;
        await connection.query(`listen ${channelOf(settings)}`);
        while (!signal.aborted && !(await lockFreeShards(locks, settings.schema))) {
          await sleep(1_000 + Math.random() * 1_000, undefined, { signal }).catch(() => undefined);
        }
        failures = 0;
        if (!signal.aborted) await publishShards(locks, publishing);
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

function locksOn(connection: OwnConnection, publishing: Publishing): ShardLocks {
  const { wakeup, unknownTopics, damagedRows, settings } = publishing;
  const locks: ShardLocks = {
    connection,
    shards: new Set(),
    refusedKeys: new Set(),
    unknownTopics,
    damagedRows,
    log: settings.log,
  };
  connection.on('error', (error) => (locks.failed ??= error));
  connection.on('notification', () => wakeup.notify());
  return locks;
}

/**
 * The planner met an empty table, so it is kept on the index, which alone keeps the order cheap; to plan a
 * read anew takes longer than to do it. A delete that is lost in a crash causes a repeat, which the inboxes
 * drop, so its commit awaits no disk. The server ends a session, and its locks, that is silent or takes no
 * more of the data sent to it.
 */
const sessionSettings = {
  synchronous_commit: 'off',
  enable_seqscan: 'off',
  enable_sort: 'off',
  enable_bitmapscan: 'off',
  plan_cache_mode: 'force_generic_plan',
  idle_session_timeout: 10_000,
  tcp_user_timeout: 10_000,
} as const;

async function withConnection(
  { url, schema }: RelaySettings,
  work: (connection: OwnConnection) => Promise<void>,
): Promise<void> {
  const connection = await connect(url, {
    settings: { search_path: schema, ...sessionSettings },
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 10_000,
    keepAlive: true,
    pipeline: true,
  });
  try {
    await work(connection);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

type Publish = (batch: readonly WaitingRow[], readAt: number) => Promise<number>;

async function publishShards(locks: ShardLocks, { settings, signal, wakeup }: Publishing): Promise<void> {
  const sender = await openSender(settings.kafka, { inFlight: shards });
  const publishRows: Publish = async (batch, readAt) => {
    const { sent, refused } = await publishBatch(batch, { locks, sender, readAt });
    settings.onPublished?.(sent);
    return sent + refused;
  };
  let lockAt = performance.now() + 1_500;
  try {
    while (!signal.aborted) {
      // Also during a backlog: the shards of an instance that ended wait for another to lock them.
      if (locks.shards.size < shards && performance.now() > lockAt) {
        await lockFreeShards(locks, settings.schema);
        lockAt = performance.now() + 1_000 + Math.random() * 1_000;
      }
      wakeup.reset();
      const began = performance.now();
      const head = await readHead(locks, [...locks.shards]);
      const { rows } = head;
      if (hasBacklog(head)) {
        if (await publishBacklog(head, locks, publishRows)) continue;
      } else if (rows.length > 0) await publishRows(rows, head.readAt);
      if (rows.length > 0) await sleep(Math.min(restMs, performance.now() - began));
      await wakeup.wait(pollMs);
    }
  } finally {
    await sender.close().catch(() => undefined);
  }
}

/**
 * Publishes shards with a backlog beside each other, each in its order.
 *
 * @returns false where no row left the outbox.
 */
async function publishBacklog(
  { rows, ...read }: OutboxHead,
  locks: ShardLocks,
  publishRows: Publish,
): Promise<boolean> {
  const until = performance.now() + backlogMs;
  let moved = false;
  const lanes = [...Map.groupBy(rows, ({ shard }) => shard)].map(async ([shard, first]) => {
    for (
      let head: OutboxHead = { rows: first, ...read };
      head.rows.length > 0;
      head = await readHead(locks, [shard])
    ) {
      if ((await publishRows(firstBatch(head.rows), head.readAt)) === 0) return;
      moved = true;
      if (!hasBacklog(head) || performance.now() > until) return;
    }
  });
  // All lanes end first: nothing may be in flight when another connection begins.
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason;
  return moved;
}
