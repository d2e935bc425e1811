import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@accord/core';
import { readJson } from '@accord/core/runtime';
import { readEvent, type EventType } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { isDatabaseAway } from '@accord/postgres';
import { runHandler } from './handler.ts';
import type { InboxSettings } from './inbox.ts';
import { messagingSession, messagingTransaction, messagingTx } from './messaging-session.ts';
import {
  announceDead,
  backOffMs,
  isDatabaseBusy,
  isFinal,
  maxStarts,
  reasonOf,
  storableReason,
} from './parked-events.ts';

// Tries parked events again, a key at a time, each in the order of its events (EVT-9).

/** An event is dead after so many tries, about 4 minutes of back-off. */
const maxAttempts = 12;
/** Between looks, ms: while something waits, and while nothing does. */
const lookAgainMs = 200;
const idleMs = 1_000;
/**
 * The pause is at least so many times as long as the look took, so that many keys that wait for an operator
 * do not occupy a processor.
 */
const pausePerLook = 20;

interface ParkedRow {
  readonly seq: string;
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly payload: string;
  readonly headers: string;
  readonly attempts: number;
  readonly starts: number;
}

/**
 * Keys whose first event waits and is subscribed to, the longest due first; a dead first event keeps its key
 * waiting.
 */
const waitingKeys = `
  select key, next_attempt_at <= clock_timestamp() as due
    from (select distinct on (key) key, type, status, next_attempt_at from parked_events order by key, seq) heads
   where status = 'waiting' and type = any($1::text[]) order by next_attempt_at limit 100`;

/**
 * Leases the first event of a key for 30 s, where no other process has it. `starts` counts tries that began
 * and did not end, for a try that ends the process stays in it; a try during which the server itself ended is
 * not counted. An event type that only a newer version of the service subscribes to is left to the newer
 * instances, because an older one would drop it.
 */
const beginTry = `
  update parked_events
     set starts = greatest(1, starts
           + $2 * (next_attempt_at > pg_postmaster_start_time() + interval '30 seconds')::int),
         next_attempt_at = clock_timestamp() + interval '30 seconds'
   where seq = (select min(seq) from parked_events where key = $1)
     and status = 'waiting' and type = any($3::text[]) and next_attempt_at <= clock_timestamp()
   returning seq, event_id as "eventId", type, key, topic, partition, "offset", payload, headers, attempts, starts`;

const lockParked = `select from parked_events where seq = $1 and status = 'waiting' for update`;

const recordInInbox = `
  insert into inbox (event_id, source) values ($1, $2) on conflict do nothing returning event_id`;

const recordFailure = `
  update parked_events
     set attempts = $2, starts = 0, reason = $3, status = $4,
         next_attempt_at = clock_timestamp() + make_interval(secs => $5)
   where seq = $1 and status = 'waiting' and attempts = $2 - 1 returning seq`;

const messageOf = (row: ParkedRow): Incoming => ({
  topic: row.topic,
  partition: row.partition,
  offset: row.offset,
  key: row.key,
  value: row.payload,
  headers: JSON.parse(row.headers) as Record<string, string>,
});

/**
 * Tries the first event of `key` again.
 *
 * @param ownTries keys whose last try this process began, so that the try cannot have ended the process.
 * @returns true where it succeeded and the next event of the key may follow at once.
 */
async function retry(settings: InboxSettings, key: string, ownTries: Set<string>): Promise<boolean> {
  const { database, subscriptions } = settings;
  const values = [key, ownTries.has(key) ? 0 : 1, Object.keys(subscriptions)];
  const row = await messagingTransaction(database, (tx) => tx.one<ParkedRow>(beginTry, values));
  if (!row) return false;
  ownTries.add(key);
  const endedProcess = row.starts > maxStarts;
  try {
    if (endedProcess) throw new Error(`the process ended ${row.starts - 1} times while it was handled`);
    if (await handleParked(settings, row)) settings.onHandled?.(row.type, 1);
  } catch (error) {
    // No fault of the event; the lease ends by itself.
    if (isDatabaseAway(error)) throw error;
    await recordFailedTry(settings, row, { error: error as Error, isLast: endedProcess });
    ownTries.delete(key);
    return false;
  }
  ownTries.delete(key);
  return true;
}

/** False where its effect was there before, or an operator decided on it meanwhile. */
const handleParked = ({ database, subscriptions }: InboxSettings, row: ParkedRow): Promise<boolean> =>
  messagingSession(database, async (session) => {
    const tx = messagingTx(session);
    if (!(await tx.one(lockParked, [row.seq]))) return false;
    const message = messageOf(row);
    const event = readEvent(row.type as EventType, readJson(row.payload), message.headers);
    const fresh = await tx.one(recordInInbox, [row.eventId, event.source]);
    if (fresh) await runHandler(session, subscriptions, { ...message, event });
    tx.write('delete from parked_events where seq = $1', [row.seq]);
    return fresh !== undefined;
  });

async function recordFailedTry(
  settings: InboxSettings,
  row: ParkedRow,
  { error, isLast }: { error: Error; isLast: boolean },
): Promise<void> {
  const attempts = row.attempts + 1;
  const dead = isLast || isFinal(error) || (attempts >= maxAttempts && !isDatabaseBusy(error));
  const reason = storableReason(reasonOf(error));
  await messagingTransaction(settings.database, async (tx) => {
    const values = [row.seq, attempts, reason, dead ? 'dead' : 'waiting', backOffMs(attempts) / 1_000];
    const updated = await tx.one(recordFailure, values);
    if (updated && dead) await announceDead(tx, settings.group, { ...messageOf(row), reason, attempts });
  });
  settings.onFailed?.(row.type);
  const { eventId, topic, partition, offset, key } = row;
  settings.log.warn(
    { eventId, topic, partition, offset, key, attempts, dead, reason },
    'parked event failed again',
  );
}

/** Tries parked events again when they are due, until it is stopped. */
export function startRetries(settings: InboxSettings): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ownTries = new Set<string>();
  const look = (tx: Tx) =>
    tx.many<{ key: string; due: boolean }>(waitingKeys, [Object.keys(settings.subscriptions)]);
  const loop = async () => {
    while (!signal.aborted) {
      let waitMs = idleMs;
      try {
        const lookedAt = performance.now();
        const keys = await messagingTransaction(settings.database, look);
        const tookMs = performance.now() - lookedAt;
        for (const { key } of keys.filter(({ due }) => due))
          while (!signal.aborted && (await retry(settings, key, ownTries)));
        waitMs = Math.max(keys.length > 0 ? lookAgainMs : idleMs, pausePerLook * tookMs);
      } catch (error) {
        settings.log.warn({ reason: (error as Error).message }, 'parked events could not be looked at');
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const done = loop();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
