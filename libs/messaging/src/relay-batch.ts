import { span } from '@accord/core/observability';
import { isUnknownTopic, type Outgoing, type Sender } from '@accord/kafka';
import { pipelined } from '@accord/postgres';
import type { BatchAttempt } from './batch-attempt.ts';
import { isFirstDamage, isRefusedForGood, noteUnknownTopics, refuse, sendable } from './refused-events.ts';
import type { ShardLocks, WaitingRow } from './shard-locks.ts';

/** Less than the silence after which the server ends the relay's session, and its locks. */
const sendWithinMs = 5_000;

const remove = 'delete from outbox where seq = any($1::bigint[])';

const outgoing = (row: WaitingRow): Outgoing => ({
  topic: row.topic,
  key: row.key,
  value: row.payload,
  headers: JSON.parse(row.headers) as Record<string, string>,
});

/**
 * Sends a batch, then deletes its rows by id, never by range. A row that the broker refuses is found by
 * halving, one of an unknown topic by asking; it is refused with every later row of its key behind it, and the
 * other keys go on. Rows read more than 5 s ago are not sent, because another instance may hold the locks.
 *
 * @returns how many rows were sent and how many refused; the others are still in the outbox.
 */
export async function publishBatch(
  batch: readonly WaitingRow[],
  { locks, sender, readAt }: { locks: ShardLocks; sender: Sender; readAt: number },
): Promise<{ sent: number; refused: number }> {
  const attempt: BatchAttempt = {
    locks,
    sender,
    withheldKeys: new Set(),
    sendUntil: readAt + sendWithinMs,
    sent: 0,
    refused: 0,
  };
  await publishPart(attempt, batch);
  return attempt;
}

async function publishPart(attempt: BatchAttempt, rows: readonly WaitingRow[]): Promise<void> {
  const { locks, sender } = attempt;
  const free = await sendable(attempt, rows);
  if (locks.failed) throw locks.failed;
  if (free.length === 0 || performance.now() > attempt.sendUntil) return;
  try {
    await span('publish', { 'messaging.system': 'kafka', 'messaging.batch.message_count': free.length }, () =>
      sender.send(free.map(outgoing)),
    );
  } catch (error) {
    // The sender is closed by the relay: after an unknown topic it would ask for the topic again and again.
    if (isUnknownTopic(error)) await noteUnknownTopics(attempt, free);
    if (!isRefusedForGood(error) || isFirstDamage(error, free, locks)) throw error;
    if (free.length === 1) return refuse(attempt, free, (error as Error).message);
    const half = Math.ceil(free.length / 2);
    await publishPart(attempt, free.slice(0, half));
    return publishPart(attempt, free.slice(half));
  }
  attempt.sent += free.length;
  // The next read waits for it; if it fails, the relay begins anew with other locks.
  pipelined(locks.connection, remove, [free.map(({ seq }) => seq)]).catch(
    (failed: Error) => (locks.failed = failed),
  );
}
