import type pg from 'pg';
import type { Logger } from 'pino';
import { span } from '@accord/core/observability';
import { isUnknownTopic, type Outgoing, type Sender } from '@accord/kafka';
import { send } from '@accord/postgres';
import {
  isFirstDamage,
  isRefusedForGood,
  noteUnknownTopics,
  sendable,
  setAside,
  type Round,
  type UnknownTopic,
} from './refused-events.ts';

/** `bytes` are those of payload and headers. */
export type Row = {
  seq: string;
  eventId: string;
  shard: number;
  topic: string;
  key: string;
  payload: string;
  headers: string;
  bytes: number;
};

/** A connection with the shards whose locks it holds: when it dies, so does the right to publish them. */
export interface Holding {
  readonly client: pg.Client;
  readonly held: Set<number>;
  /** Keys that had an event in `outbox_refused` when that was last looked at. */
  readonly refused: Set<string>;
  /** Outlives the connection and its sender. */
  readonly unknown: Map<string, UnknownTopic>;
  /** Rows that once arrived damaged, by seq; outlives the connection, too. */
  readonly corrupt: Set<string>;
  /**
   * The connection is gone, and the locks with it; or a delete went wrong: what was sent is still in the
   * outbox.
   */
  failed?: Error;
  readonly log: Logger;
}

/** Less than the silence after which the server ends the session, and its locks. */
const roundMs = 5_000;

const remove = 'delete from outbox where seq = any($1::bigint[])';

const outgoing = (row: Row): Outgoing => ({
  topic: row.topic,
  key: row.key,
  value: row.payload,
  headers: JSON.parse(row.headers) as Record<string, string>,
});

/**
 * Sends, then deletes by id, never by range. A row that the broker refuses is found by halving, one of an
 * unknown topic by asking; it is set aside, with every later row of its key behind it, and the other keys go
 * on. What was read 5 s ago is not sent: by then the locks may be another's.
 *
 * @returns how many were sent, and how many left the outbox otherwise; the rest is still in it.
 */
export async function sendAll(
  batch: readonly Row[],
  { holding, sender, readAt }: { holding: Holding; sender: Sender; readAt: number },
): Promise<{ sent: number; setAside: number }> {
  const round: Round = {
    holding,
    sender,
    left: new Set(),
    sendUntil: readAt + roundMs,
    sent: 0,
    setAside: 0,
  };
  await sendPart(round, batch);
  return round;
}

async function sendPart(round: Round, rows: readonly Row[]): Promise<void> {
  const { holding, sender } = round;
  const free = await sendable(round, rows);
  if (holding.failed) throw holding.failed;
  if (free.length === 0 || performance.now() > round.sendUntil) return;
  try {
    await span('publish', { 'messaging.system': 'kafka', 'messaging.batch.message_count': free.length }, () =>
      sender.send(free.map(outgoing)),
    );
  } catch (error) {
    // Its sender is of no more use: it asks for the topic again and again.
    if (isUnknownTopic(error)) await noteUnknownTopics(round, free);
    if (!isRefusedForGood(error) || isFirstDamage(error, free, holding)) throw error;
    if (free.length === 1) return setAside(round, free, (error as Error).message);
    const half = Math.ceil(free.length / 2);
    await sendPart(round, free.slice(0, half));
    return sendPart(round, free.slice(half));
  }
  round.sent += free.length;
  // The next read waits for it; its failure ends this holding.
  send(holding.client, remove, [free.map(({ seq }) => seq)]).catch(
    (failed: Error) => (holding.failed = failed),
  );
}
