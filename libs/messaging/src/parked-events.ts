import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZodError } from 'zod';
import { newEventId, Refusal } from '@accord/core';
import { readEvent, type EventType } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { isDatabaseAway, type Session } from '@accord/postgres';
import { handle, noCause, type HandlingSettings } from './inbox.ts';
import { shardOf } from './outbox.ts';

/** An event set aside: waiting to be tried again, or dead until somebody redrives it. */
export interface Parked {
  readonly message: Incoming;
  readonly status: 'waiting' | 'dead';
  readonly reason: string;
  /** So far; one unless said. */
  readonly attempts?: number;
}

const nobody = { kind: 'event' as const, id: 'parked' };

/** A try that the process did not survive so often is not begun again (EVT-9). */
export const mostStarts = 3;
/** Tries before an event is dead: about 4 minutes of back-off. */
const maxAttempts = 12;
/**
 * What took too long or found a lock in its way, also when it was tried again, is no fault of the event: it
 * waits as long as that lasts.
 */
export const isInTheWay = (error: unknown): boolean =>
  ['57014', '55P03', '40001', '40P01'].includes((error as { code?: string }).code ?? '');
/**
 * EVT-9: what is wrong in itself, or nobody's to ask, is so at every later try; what is missing or in the way
 * may be mended by what is on its way.
 */
export const isFinal = (error: unknown): boolean =>
  error instanceof Refusal && (error.kind === 'invalid' || error.kind === 'forbidden');
/** For who redrives it, in one line: a refusal's code, with what it was about; or which fields are wrong. */
export function reasonOf(error: Error): string {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error instanceof Refusal && Object.keys(error.facts).length > 0
    ? `${error.code} ${JSON.stringify(error.facts)}`
    : error.message;
}

const backOffMs = (attempts: number) => Math.min(120_000, 100 * 2 ** attempts) * (0.5 + Math.random() / 2);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const insert = `
  insert into parked_events (event_id, type, key, topic, partition, "offset", payload, headers, status, attempts, reason, next_attempt_at)
  select $1::uuid, $2, $3, $2, $4, $5, $6, $7, $8, $11, $9, clock_timestamp() + make_interval(secs => $10)
   where not exists (select from inbox where event_id = $1::uuid) on conflict do nothing returning seq`;

/** The same for the same message, so that it is parked once however often it comes. */
function idOfNameless({ topic, partition, offset, key, value }: Incoming): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([topic, partition, offset, key, value]))
    .digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

/** Longer keys would not fit an index; such a key is not one of ours. */
const longestKey = 500;

/**
 * Postgres stores no U+0000. What carries it is stored with a mark in its place, lest it block its partition
 * for ever.
 */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');

/** A message whose key and headers can be stored, whoever sent it. */
export function withStorableNames(message: Incoming): Incoming {
  const { key, headers } = message;
  const headersFit = !Object.keys(headers).some(
    (name) => name.includes('\0') || headers[name]!.includes('\0'),
  );
  if (headersFit && key.length <= longestKey && !key.includes('\0')) return message;
  return {
    ...message,
    key: storable(key).slice(0, longestKey),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [storable(name), storable(value)]),
    ),
  };
}

/**
 * Sets events aside in their order. A dead one goes to the dead-letter topic as well, in the same
 * transaction.
 */
export async function park(
  session: Session,
  settings: Pick<HandlingSettings, 'group' | 'onParked'>,
  parked: readonly Parked[],
): Promise<void> {
  const tx = session.as(nobody, noCause);
  for (const { message, status, attempts = 1, ...why } of parked) {
    const reason = storable(why.reason);
    const { topic, key, partition, offset, headers } = message;
    const value = storable(message.value);
    const id = uuid.test(headers['ce_id'] ?? '') ? headers['ce_id'] : idOfNameless(message);
    const values = [
      id,
      topic,
      key,
      partition,
      offset,
      value,
      JSON.stringify(headers),
      status,
      reason.slice(0, 2_000),
      backOffMs(0) / 1_000,
      attempts,
    ];
    const stored = await tx.one<{ seq: string }>(insert, values);
    if (stored && status === 'dead')
      await announceDead(session, settings.group, { ...message, value, reason, attempts });
    settings.onParked?.();
  }
}

/**
 * EVT-9: `<service>.dead_letter` carries the event under the key it stands under here, with why, how often
 * and from where: there it is as it came. Replayed and dead again before that was sent, it is told once.
 */
async function announceDead(
  session: Session,
  group: string,
  dead: Incoming & { reason: string; attempts: number },
): Promise<void> {
  const tx = session.as(nobody, noCause);
  const service = group.replace(/^.*accord\./, '');
  const headers = {
    ...dead.headers,
    dl_reason: dead.reason.slice(0, 2_000),
    dl_attempts: String(dead.attempts),
    dl_topic: dead.topic,
    dl_partition: String(dead.partition),
    dl_offset: dead.offset,
  };
  await tx.one(
    `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload, headers, shard, occurred_at)
     values ($1, 'dead_letter', $2, 1, $3, $4, 'dead_letter', $5, $6, $7, $8) on conflict do nothing`,
    [
      newEventId(),
      `${dead.topic}/${dead.partition}/${dead.offset}`,
      `${service}.dead_letter`,
      dead.key,
      dead.value,
      JSON.stringify(headers),
      shardOf(dead.key),
      tx.now,
    ],
  );
}

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
 * The first of each key that waits and that we subscribe to, those first whose time has come; a dead one
 * keeps its key waiting.
 */
const waitingKeys = `
  select key, next_attempt_at <= clock_timestamp() as due
    from (select distinct on (key) key, type, status, next_attempt_at from parked_events order by key, seq) heads
   where status = 'waiting' and type = any($1::text[]) order by next_attempt_at limit 100`;
/** Between looks, ms: while something waits, and while nothing does. */
const lookAgainMs = 200;
const idleMs = 1_000;
/**
 * And so many times as long as the look took: many that wait for an operator must not cost the others a
 * processor.
 */
const restAfterLook = 20;

/**
 * A try that begins, where nobody else has one under way; it is no more than begun where the process does not
 * survive it, and one during which the server itself ended has an excuse. What a newer version of the service
 * subscribes to waits for the newer instances: to an older one it would mean nothing.
 */
const beginTry = `
  update parked_events
     set starts = greatest(1, starts + $2 * (next_attempt_at > pg_postmaster_start_time() + interval '30 seconds')::int), next_attempt_at = clock_timestamp() + interval '30 seconds'
   where seq = (select min(seq) from parked_events where key = $1) and status = 'waiting' and type = any($3::text[]) and next_attempt_at <= clock_timestamp()
   returning seq, event_id as "eventId", type, key, topic, partition, "offset", payload, headers, attempts, starts`;

const lock = `select from parked_events where seq = $1 and status = 'waiting' for update`;

const messageOf = (row: ParkedRow): Incoming => ({
  topic: row.topic,
  partition: row.partition,
  offset: row.offset,
  key: row.key,
  value: row.payload,
  headers: JSON.parse(row.headers) as Record<string, string>,
});

/**
 * Tries the head of `key` again; true where it succeeded and the next of the key may follow at once.
 *
 * @param own keys whose try this very process began, so that its end was not the process's
 */
async function retry(settings: HandlingSettings, key: string, own: Set<string>): Promise<boolean> {
  const { database, subscriptions } = settings;
  const values = [key, own.has(key) ? 0 : 1, Object.keys(subscriptions)];
  const row = await database.session(nobody, (session) =>
    session.as(nobody, noCause).one<ParkedRow>(beginTry, values),
  );
  if (!row) return false;
  own.add(key);
  const endedProcess = row.starts > mostStarts;
  try {
    if (endedProcess) throw new Error(`the process ended ${row.starts - 1} times while it was handled`);
    const handled = await database.session(nobody, async (session) => {
      const tx = session.as(nobody, noCause);
      if (!(await tx.one(lock, [row.seq]))) return false;
      const message = messageOf(row);
      const event = readEvent(row.type as EventType, JSON.parse(row.payload), message.headers);
      const fresh = await tx.one(
        'insert into inbox (event_id) values ($1) on conflict do nothing returning event_id',
        [row.eventId],
      );
      if (fresh) await handle(session, subscriptions, { ...message, event });
      session.as(nobody, noCause).write('delete from parked_events where seq = $1', [row.seq]);
      return fresh !== undefined;
    });
    if (handled) settings.onHandled?.(row.type, 1);
  } catch (error) {
    // No fault of the event; the lease ends by itself.
    if (isDatabaseAway(error)) throw error;
    await failedAgain(settings, row, { error: error as Error, isLast: endedProcess });
    own.delete(key);
    return false;
  }
  own.delete(key);
  return true;
}

async function failedAgain(
  settings: HandlingSettings,
  row: ParkedRow,
  { error, isLast }: { error: Error; isLast: boolean },
): Promise<void> {
  const attempts = row.attempts + 1;
  const dead = isLast || isFinal(error) || (attempts >= maxAttempts && !isInTheWay(error));
  const reason = storable(reasonOf(error));
  await settings.database.session(nobody, async (session) => {
    const tx = session.as(nobody, noCause);
    const updated = await tx.one(
      `update parked_events set attempts = $2, starts = 0, reason = $3, status = $4, next_attempt_at = clock_timestamp() + make_interval(secs => $5)
        where seq = $1 and status = 'waiting' and attempts = $2 - 1 returning seq`,
      [row.seq, attempts, reason.slice(0, 2_000), dead ? 'dead' : 'waiting', backOffMs(attempts) / 1_000],
    );
    if (updated && dead) await announceDead(session, settings.group, { ...messageOf(row), reason, attempts });
  });
  settings.onFailed?.(row.type);
  const { eventId, topic, partition, offset, key } = row;
  settings.log.warn(
    { eventId, topic, partition, offset, key, attempts, dead, reason },
    'parked event failed again',
  );
}

/** Tries parked keys again when their time has come, each in the order of its events. */
export function startRetries(settings: HandlingSettings): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const own = new Set<string>();
  const look = (session: Session) =>
    session
      .as(nobody, noCause)
      .many<{ key: string; due: boolean }>(waitingKeys, [Object.keys(settings.subscriptions)]);
  const loop = async () => {
    while (!signal.aborted) {
      let waitMs = idleMs;
      try {
        const lookedAt = performance.now();
        const keys = await settings.database.session(nobody, look);
        const tookMs = performance.now() - lookedAt;
        for (const { key } of keys.filter(({ due }) => due))
          while (!signal.aborted && (await retry(settings, key, own)));
        waitMs = Math.max(keys.length > 0 ? lookAgainMs : idleMs, restAfterLook * tookMs);
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
