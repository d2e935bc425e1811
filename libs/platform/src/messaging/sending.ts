import type pg from 'pg';
import type { Logger } from 'pino';
import { inOneWrite } from '../database.ts';
import { span } from '../observability/tracing.ts';
import type { Outgoing, Sender } from './kafka.ts';

export type Row = { seq: string; shard: number; topic: string; key: string; payload: string; headers: string };

/** A connection with the shards whose locks it holds: when it dies, so does the right to publish them. */
export interface Holding {
  readonly client: pg.Client;
  readonly held: Set<number>;
  /** Keys with an event that the broker refused. */
  readonly refused: Set<string>;
  /** A delete that went wrong: what was sent is still in the outbox. */
  failed?: Error;
  readonly log: Logger;
}

const remove = 'delete from outbox where seq = any($1::bigint[])';
const refuse = `with moved as (delete from outbox where seq = any($1::bigint[]) returning *)
  insert into outbox_refused select *, $2, now() from moved`;

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
export async function sendAll(batch: readonly Row[], holding: Holding, sender: Sender): Promise<void> {
  const { client, refused, log } = holding;
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
      await sendAll(free.slice(0, half), holding, sender);
      return sendAll(free.slice(half), holding, sender);
    }
    const { seq, topic, key } = free[0]!;
    log.error({ seq, topic, key, reason: (error as Error).message }, 'event refused by the broker');
    await client.query(refuse, [[seq], (error as Error).message]);
    refused.add(key);
    return;
  }
  // The next read waits for it; its failure ends this holding.
  const removing = inOneWrite(client, () => client.query({ name: 'relay_delete', text: remove, values: [seqs(free)] }));
  removing.catch((failed: Error) => (holding.failed = failed));
}
