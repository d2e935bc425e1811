import type { Consumer, TopicPartitionOffsetAndMetadata } from 'kafkajs';
import type { Logger } from 'pino';

export interface Offsets {
  /** All before this offset of the partition has been handled and committed in the database. */
  handled(next: TopicPartitionOffsetAndMetadata): void;
  /** Tells the broker at once. */
  commit(): Promise<void>;
}

const everyMs = 200;

/**
 * Tells the broker now and then, not after each chunk, how far the group has come. What is delivered again
 * after a crash or to another instance, the inbox drops (EVT-8). Also what is told late, of a partition that
 * is another's by now, is true: all before it was handled.
 */
export function offsetsOf(consumer: Consumer, log: Logger): Offsets {
  const untold = new Map<string, TopicPartitionOffsetAndMetadata>();
  let timer: NodeJS.Timeout | undefined;
  async function commit(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const telling = [...untold];
    if (telling.length === 0) return;
    try {
      await consumer.commitOffsets(telling.map(([, offset]) => offset));
      for (const [place, offset] of telling) if (untold.get(place) === offset) untold.delete(place);
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'offsets could not be committed');
    }
  }

  return {
    handled(next) {
      untold.set(`${next.topic} ${next.partition}`, next);
      timer ??= setTimeout(() => void commit(), everyMs);
    },
    commit,
  };
}
