import { brokerErrorOf, type Sender } from '@accord/kafka';
import type { Holding, Row } from './relay-batch.ts';

// What the broker does not take goes from the outbox to `outbox_refused`, and the later rows of its key go
// behind it, so that the other keys go on (EVT-7). Operators move whole keys back (EVT-10), under the lock
// below.

/** A batch on its way to the broker. */
export interface Round {
  readonly holding: Holding;
  readonly sender: Sender;
  /**
   * Keys whose rows stay in the outbox until it is read again: something goes out before them that is not in
   * this batch, or not yet decided.
   */
  readonly left: Set<string>;
  /** What is sent after this, as `performance.now()`, another instance may have sent meanwhile. */
  readonly sendUntil: number;
  sent: number;
  setAside: number;
}

/** A topic that the broker does not know; times as `performance.now()`. */
export interface UnknownTopic {
  readonly since: number;
  askedAt: number;
}

/** A topic may be just being made: it has to be unknown for so long before its rows are set aside, ms. */
const unknownForMs = 3_000;
const askEveryMs = 500;

/**
 * Held where rows come to stand behind a refused one, and where they go back: nobody decides by what another
 * is changing.
 */
export const refusedLock = `hashtext('accord refused ' || current_schema())`;

const refuse = `
  with moved as (delete from outbox where seq = any($1::bigint[]) returning *)
  insert into outbox_refused select *, $2, now() from moved`;

const refuseBehind = `
  with refused as (select distinct key from outbox_refused where key = any($2::text[])),
       moved as (delete from outbox where seq = any($1::bigint[]) and key in (select key from refused) returning *),
       stored as (insert into outbox_refused select *, 'behind a refused event of its key', now() from moved)
  select key from refused`;

const seqsOf = (rows: readonly Row[]) => rows.map(({ seq }) => seq);

/** Refusals that no repetition mends: the record itself is wrong. */
export const isRefusedForGood = (error: unknown): boolean =>
  [
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_RECORD',
    'CORRUPT_MESSAGE',
    'INVALID_TOPIC_EXCEPTION',
  ].includes(brokerErrorOf(error));

/** What was damaged on its way is sent once more; damaged again, it is the record. */
export function isFirstDamage(error: unknown, rows: readonly Row[], { corrupt }: Holding): boolean {
  const [row] = rows;
  if (brokerErrorOf(error) !== 'CORRUPT_MESSAGE' || rows.length > 1 || !row || corrupt.has(row.seq))
    return false;
  corrupt.add(row.seq);
  return true;
}

/** The first of their keys to be refused. */
export async function setAside(round: Round, rows: readonly Row[], reason: string): Promise<void> {
  const { client, refused, log } = round.holding;
  for (const { eventId, topic, key } of rows)
    log.error({ eventId, topic, key, reason }, 'event refused by the broker');
  await client.query(refuse, [seqsOf(rows), reason]);
  for (const { key } of rows) refused.add(key);
  round.setAside += rows.length;
}

/** Those of a batch that may be sent now, in their order. */
export async function sendable(round: Round, rows: readonly Row[]): Promise<readonly Row[]> {
  const { refused, unknown } = round.holding;
  if (rows.some(({ key }) => refused.has(key)))
    await setAsideBehind(
      round,
      rows.filter(({ key }) => refused.has(key)),
    );
  const free = round.left.size === 0 ? rows : rows.filter(({ key }) => !round.left.has(key));
  return unknown.size === 0 ? free : withoutUnknownTopics(round, free);
}

/**
 * A key that was moved back meanwhile is no longer refused; what was moved is before these rows and is read
 * with them next time.
 */
async function setAsideBehind(round: Round, rows: readonly Row[]): Promise<void> {
  const { client, refused } = round.holding;
  const keys = [...new Set(rows.map(({ key }) => key))];
  await client.query(`select pg_advisory_lock(${refusedLock})`);
  const still = await client
    .query<{ key: string }>(refuseBehind, [seqsOf(rows), keys])
    .finally(() => client.query(`select pg_advisory_unlock(${refusedLock})`));
  const stillRefused = new Set(still.rows.map(({ key }) => key));
  round.setAside += rows.filter(({ key }) => stillRefused.has(key)).length;
  for (const key of keys) {
    round.left.add(key);
    if (!stillRefused.has(key)) refused.delete(key);
  }
}

/** Sending failed for a topic that the broker does not know: which of them it is. */
export async function noteUnknownTopics(
  { holding: { unknown }, sender }: Round,
  rows: readonly Row[],
): Promise<void> {
  const known = await sender.topics();
  const now = performance.now();
  for (const { topic } of rows)
    if (!known.has(topic) && !unknown.has(topic)) unknown.set(topic, { since: now, askedAt: now });
}

/**
 * Rows of a topic that stays unknown are set aside. While it may be just being made, they wait, and so do the
 * later rows of their keys.
 */
async function withoutUnknownTopics(round: Round, rows: readonly Row[]): Promise<readonly Row[]> {
  const { unknown } = round.holding;
  const missing = await stillMissing(
    round,
    new Set(rows.map(({ topic }) => topic).filter((topic) => unknown.has(topic))),
  );
  if (missing.size === 0) return rows;
  const refusedNow: Row[] = [];
  const free = rows.filter((row) => {
    if (round.left.has(row.key)) return false;
    const given = missing.get(row.topic);
    if (given === undefined) return true;
    if (given === 'up') refusedNow.push(row);
    round.left.add(row.key);
    return false;
  });
  for (const [topic, ofTopic] of Map.groupBy(refusedNow, (row) => row.topic))
    await setAside(round, ofTopic, `the broker does not know the topic ${topic}`);
  return free;
}

/**
 * Which of them the broker does not know, and whether they are given up: only ever right after it was asked.
 */
async function stillMissing(
  { holding: { unknown }, sender }: Round,
  topics: ReadonlySet<string>,
): Promise<Map<string, 'up' | 'time'>> {
  const missing = new Map<string, 'up' | 'time'>();
  const noted = [...topics].map((topic) => [topic, unknown.get(topic)!] as const);
  const due = performance.now() - askEveryMs;
  const known = noted.some(([, { askedAt }]) => askedAt <= due) ? await sender.topics() : undefined;
  const now = performance.now();
  for (const [topic, note] of noted) {
    if (known?.has(topic)) unknown.delete(topic);
    else missing.set(topic, known && now - note.since >= unknownForMs ? 'up' : 'time');
    if (known) note.askedAt = now;
  }
  return missing;
}
