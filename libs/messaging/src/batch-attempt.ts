import type { Sender } from '@accord/kafka';
import type { ShardLocks } from './shard-locks.ts';

/** One attempt to publish a batch of rows. */
export interface BatchAttempt {
  readonly locks: ShardLocks;
  readonly sender: Sender;
  /**
   * Keys whose rows stay in the outbox until it is read again, because a row that precedes them is not in
   * this batch or its topic is not decided on yet.
   */
  readonly withheldKeys: Set<string>;
  /** As `performance.now()`: later than this nothing is sent, because another instance may hold the locks. */
  readonly sendUntil: number;
  /** Rows so far. */
  sent: number;
  refused: number;
}
