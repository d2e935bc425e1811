import { pipelined } from '@accord/postgres';
import type { ShardLocks, WaitingRow } from './shard-locks.ts';

const batchRows = 500;
const batchBytes = 1_000_000;
/**
 * A read that took longer is repeated with fewer bytes, because meanwhile another instance may have taken the
 * locks.
 */
const readWithinMs = 2_000;

/** The first rows of each shard $1, until they pass $2 bytes; measured without reading long values. */
const readFirst = `
  select waiting.seq, waiting.shard, waiting.topic, waiting.key, waiting.payload, waiting.headers, waiting.bytes,
         waiting.event_id as "eventId"
    from unnest($1::smallint[]) as held (shard)
         cross join lateral (
           select o.*, sum(o.bytes) over (order by o.seq rows between unbounded preceding and 1 preceding) as before
             from (select *, octet_length(payload) + octet_length(headers) as bytes
                     from outbox where outbox.shard = held.shard order by seq limit ${batchRows}) o) as waiting
   where coalesce(waiting.before, 0) < $2`;

/** The first rows of some shards, the oldest first. */
export interface OutboxHead {
  readonly rows: readonly WaitingRow[];
  /** Just before they were asked for, as `performance.now()`: then, at least, the locks were held. */
  readonly readAt: number;
  /** Fewer bytes were read, because more would have taken too long; there may be more rows. */
  readonly narrowed: boolean;
}

/** @throws Error where the connection ended, or even a thousand bytes take too long. */
export async function readHead(locks: ShardLocks, shards: readonly number[]): Promise<OutboxHead> {
  for (let bytes = batchBytes; bytes > 1_000; bytes /= 8) {
    const readAt = performance.now();
    const { rows } = await pipelined<WaitingRow>(locks.connection, readFirst, [shards, Math.floor(bytes)]);
    if (locks.failed) throw locks.failed;
    if (performance.now() - readAt <= readWithinMs)
      return {
        rows: rows.sort((a, b) => Number(a.seq) - Number(b.seq)),
        readAt,
        narrowed: rows.length > 0 && bytes < batchBytes,
      };
  }
  throw new Error('the outbox cannot be read fast enough');
}

/** True where one batch does not hold all that waits. */
export const hasBacklog = ({ rows, narrowed }: OutboxHead): boolean =>
  narrowed || rows.length >= batchRows || firstBatch(rows).length < rows.length;

/** The rows that are sent together: at least one, at most about a megabyte. */
export function firstBatch(rows: readonly WaitingRow[]): readonly WaitingRow[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += row.bytes) > batchBytes);
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}
