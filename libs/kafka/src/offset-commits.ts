import type { Consumer, TopicPartitionOffsetAndMetadata } from 'kafkajs';
import type { Logger } from 'pino';

interface OffsetCommits {
  /** All before this offset of the partition has been handled and committed in the database. */
  handled(next: TopicPartitionOffsetAndMetadata): void;
  /** Commits to the broker at once. */
  commit(): Promise<void>;
}

const commitEveryMs = 200;

/**
 * Commits offsets five times a second at most, not after each slice. The inbox drops messages that are
 * delivered again after a crash or to another instance (EVT-8). An offset may be committed late, when its
 * partition is another member's: it is true all the same, for all before it was handled.
 */
export function offsetCommits(consumer: Consumer, log: Logger): OffsetCommits {
  const uncommitted = new Map<string, TopicPartitionOffsetAndMetadata>();
  let timer: NodeJS.Timeout | undefined;
  async function commit(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const committing = [...uncommitted];
    if (committing.length === 0) return;
    try {
      await consumer.commitOffsets(committing.map(([, offset]) => offset));
      for (const [place, offset] of committing)
        if (uncommitted.get(place) === offset) uncommitted.delete(place);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'offsets could not be committed');
    }
  }

  return {
    handled(next) {
      uncommitted.set(`${next.topic} ${next.partition}`, next);
      timer ??= setTimeout(() => void commit(), commitEveryMs);
    },
    commit,
  };
}
