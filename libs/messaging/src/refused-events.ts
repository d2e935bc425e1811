import { brokerErrorOf } from '@accord/kafka';
import type { BatchAttempt } from './batch-attempt.ts';
import type { ShardLocks, WaitingRow } from './shard-locks.ts';

// An event that the broker refuses moves from the outbox to `outbox_refused`, and the later events of its key
// move behind it, so that other keys go on (EVT-7). Operators move whole keys back (EVT-10), under the lock
// below.

/** A topic may just be being created, so it has to be unknown for so long before its rows are refused, ms. */
const unknownForMs = 3_000;
const askEveryMs = 500;

/**
 * SQL: the key of the advisory lock held while rows move behind a refused one and while they move back, so
 * that neither decides by rows that the other is moving.
 */
export const refusedLock = `hashtext('accord refused ' || current_schema())`;

const moveToRefused = `
  with moved as (delete from outbox where seq = any($1::bigint[]) returning *)
  insert into outbox_refused select *, $2, now() from moved`;

const moveBehindRefused = `
  with refused as (select distinct key from outbox_refused where key = any($2::text[])),
       moved as (
         delete from outbox where seq = any($1::bigint[]) and key in (select key from refused) returning *),
       stored as (
         insert into outbox_refused select *, 'behind a refused event of its key', now() from moved)
  select key from refused`;

const seqsOf = (rows: readonly WaitingRow[]) => rows.map(({ seq }) => seq);

/** True where the record itself is wrong, so that no repetition helps. */
export const isRefusedForGood = (error: unknown): boolean =>
  [
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_RECORD',
    'CORRUPT_MESSAGE',
    'INVALID_TOPIC_EXCEPTION',
  ].includes(brokerErrorOf(error));

/** A row that arrived damaged is sent once more; if it is damaged again, the record itself is wrong. */
export function isFirstDamage(
  error: unknown,
  rows: readonly WaitingRow[],
  { damagedRows }: ShardLocks,
): boolean {
  const [row] = rows;
  if (brokerErrorOf(error) !== 'CORRUPT_MESSAGE' || rows.length > 1 || !row || damagedRows.has(row.seq))
    return false;
  damagedRows.add(row.seq);
  return true;
}

/** Moves rows to `outbox_refused` that are the first of their keys to be refused. */
export async function refuse(
  attempt: BatchAttempt,
  rows: readonly WaitingRow[],
  reason: string,
): Promise<void> {
  const { connection, refusedKeys, log } = attempt.locks;
  for (const { eventId, topic, key } of rows)
    log.error({ eventId, topic, key, reason }, 'event refused by the broker');
  await connection.query(moveToRefused, [seqsOf(rows), reason]);
  for (const { key } of rows) refusedKeys.add(key);
  attempt.refused += rows.length;
}

/** The rows of a batch that may be sent now, in their order. */
export async function sendable(
  attempt: BatchAttempt,
  rows: readonly WaitingRow[],
): Promise<readonly WaitingRow[]> {
  const { refusedKeys, unknownTopics } = attempt.locks;
  const behind = rows.filter(({ key }) => refusedKeys.has(key));
  if (behind.length > 0) await refuseBehind(attempt, behind);
  const { withheldKeys } = attempt;
  const free = withheldKeys.size === 0 ? rows : rows.filter(({ key }) => !withheldKeys.has(key));
  return unknownTopics.size === 0 ? free : withoutUnknownTopics(attempt, free);
}

/**
 * Moves rows behind the refused one of their key. A key that an operator moved back meanwhile is not refused
 * any more: its rows in the outbox now precede these, and the next read brings them in order.
 */
async function refuseBehind(attempt: BatchAttempt, rows: readonly WaitingRow[]): Promise<void> {
  const { connection, refusedKeys } = attempt.locks;
  const keys = [...new Set(rows.map(({ key }) => key))];
  await connection.query(`select pg_advisory_lock(${refusedLock})`);
  const still = await connection
    .query<{ key: string }>(moveBehindRefused, [seqsOf(rows), keys])
    .finally(() => connection.query(`select pg_advisory_unlock(${refusedLock})`));
  const stillRefused = new Set(still.rows.map(({ key }) => key));
  attempt.refused += rows.filter(({ key }) => stillRefused.has(key)).length;
  for (const key of keys) {
    attempt.withheldKeys.add(key);
    if (!stillRefused.has(key)) refusedKeys.delete(key);
  }
}

/** After a send that failed for an unknown topic: asks the broker which topics of the rows it does not know. */
export async function noteUnknownTopics(
  { locks: { unknownTopics }, sender }: BatchAttempt,
  rows: readonly WaitingRow[],
): Promise<void> {
  const known = await sender.topics();
  const now = performance.now();
  for (const { topic } of rows)
    if (!known.has(topic) && !unknownTopics.has(topic))
      unknownTopics.set(topic, { since: now, askedAt: now });
}

/**
 * Refuses rows of a topic that stays unknown. While the topic may just be being created, its rows wait, and so
 * do the later rows of their keys.
 */
async function withoutUnknownTopics(
  attempt: BatchAttempt,
  rows: readonly WaitingRow[],
): Promise<readonly WaitingRow[]> {
  const { locks, withheldKeys } = attempt;
  const noted = rows.map(({ topic }) => topic).filter((topic) => locks.unknownTopics.has(topic));
  const missing = await stillMissing(attempt, new Set(noted));
  if (missing.size === 0) return rows;
  const givenUp: WaitingRow[] = [];
  const free = rows.filter((row) => {
    if (withheldKeys.has(row.key)) return false;
    const state = missing.get(row.topic);
    if (state === undefined) return true;
    if (state === 'given up') givenUp.push(row);
    withheldKeys.add(row.key);
    return false;
  });
  for (const [topic, ofTopic] of Map.groupBy(givenUp, (row) => row.topic))
    await refuse(attempt, ofTopic, `the broker does not know the topic ${topic}`);
  return free;
}

/** The topics that the broker does not know. One is given up only right after the broker was asked. */
async function stillMissing(
  { locks: { unknownTopics }, sender }: BatchAttempt,
  topics: ReadonlySet<string>,
): Promise<Map<string, 'given up' | 'awaited'>> {
  const missing = new Map<string, 'given up' | 'awaited'>();
  const noted = [...topics].map((topic) => [topic, unknownTopics.get(topic)!] as const);
  const due = performance.now() - askEveryMs;
  const known = noted.some(([, { askedAt }]) => askedAt <= due) ? await sender.topics() : undefined;
  const now = performance.now();
  for (const [topic, note] of noted) {
    if (known?.has(topic)) unknownTopics.delete(topic);
    else missing.set(topic, known && now - note.since >= unknownForMs ? 'given up' : 'awaited');
    if (known) note.askedAt = now;
  }
  return missing;
}
