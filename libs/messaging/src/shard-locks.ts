import type { Logger } from 'pino';
import type { OwnConnection } from '@accord/postgres';
import { shards } from './outbox.ts';

/** A row of the outbox that is to be published. */
export type WaitingRow = {
  seq: string;
  eventId: string;
  shard: number;
  topic: string;
  key: string;
  payload: string;
  headers: string;
  /** Of payload and headers together. */
  bytes: number;
};

/** A topic that the broker does not know; times as `performance.now()`. */
export interface UnknownTopic {
  readonly since: number;
  askedAt: number;
}

/** A connection and the shards whose locks it holds. If it ends, the locks end, and the right to publish with them. */
export interface ShardLocks {
  readonly connection: OwnConnection;
  readonly shards: Set<number>;
  /** Keys that had an event in `outbox_refused` when that was last looked at. */
  readonly refusedKeys: Set<string>;
  /** Outlives the connection and its sender. */
  readonly unknownTopics: Map<string, UnknownTopic>;
  /** By seq, the rows that once arrived damaged; outlives the connection. */
  readonly damagedRows: Set<string>;
  /**
   * Set when the connection ended, and the locks with it, or when a delete failed and rows that were sent are
   * still in the outbox: these locks are used no more.
   */
  failed?: Error;
  readonly log: Logger;
}

const lockShards = `
  select shard from unnest($2::smallint[]) as wanted (shard)
   where pg_try_advisory_lock(hashtext('accord relay ' || $1), shard)`;
const refusedKeysOf = 'select distinct key from outbox_refused where shard = any($1::smallint[])';

/** Takes the locks of shards that no other instance holds; false where this instance holds none after it. */
export async function lockFreeShards(locks: ShardLocks, schema: string): Promise<boolean> {
  const { connection, refusedKeys } = locks;
  const missing = Array.from({ length: shards }, (_, shard) => shard).filter(
    (shard) => !locks.shards.has(shard),
  );
  const { rows } = await connection.query<{ shard: number }>(lockShards, [schema, missing]);
  for (const { shard } of rows) locks.shards.add(shard);
  const known = await connection.query<{ key: string }>(refusedKeysOf, [[...locks.shards]]);
  for (const { key } of known.rows) refusedKeys.add(key);
  return locks.shards.size > 0;
}
