import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchHandler, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import type { EventType } from '@accord/events';

export interface ReadingSettings {
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  /** `audit`: its consumer group is `accord.audit.<uuid>`, which commits no offset and goes when it ends. */
  readonly reader: string;
  readonly types: readonly EventType[];
  /** The messages of a partition in their order, each at least once; the next come when it is done. */
  readonly onMessages: (
    type: EventType,
    partition: number,
    messages: readonly KafkaMessage[],
  ) => Promise<void> | void;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface OffsetRange {
  readonly type: EventType;
  readonly partition: number;
  /** Of its first message, and of the one that comes next. */
  readonly low: bigint;
  readonly high: bigint;
}

/** Topics read from their beginning, and followed until it is closed. */
export interface Reading {
  /** Types that have no topic. */
  readonly missing: readonly EventType[];
  /** All partitions, as they are now. */
  extents(): Promise<OffsetRange[]>;
  /**
   * Whether all before their ends was handed over. @throws what `onMessages` threw, or why nothing more will
   * come, as when it was aborted.
   */
  hasRead(extents: readonly OffsetRange[]): boolean;
  /** Resolves when `hasRead`. @throws Error also where the broker gives nothing for a minute. */
  until(extents: readonly OffsetRange[]): Promise<void>;
  close(): Promise<void>;
}

const givesUpAfterMs = 60_000;

export async function readTopics(settings: ReadingSettings): Promise<Reading> {
  const { kafka, topicPrefix, reader, types, log } = settings;
  const groupId = `${topicPrefix}accord.${reader}.${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 50,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    allowAutoTopicCreation: false,
  });
  const close = async () => {
    await consumer.disconnect();
    await admin
      .deleteGroups([groupId])
      .catch((error: Error) => log.warn({ groupId, reason: error.message }, 'the consumer group stays'));
    await admin.disconnect();
  };
  try {
    await admin.connect();
    const topics = new Set(await admin.listTopics());
    const existing = types.filter((type) => topics.has(topicPrefix + type));
    const extentsOf = async (type: EventType): Promise<OffsetRange[]> =>
      (await admin.fetchTopicOffsets(topicPrefix + type)).map(({ partition, low, high }) => ({
        type,
        partition,
        low: BigInt(low),
        high: BigInt(high),
      }));
    return {
      missing: types.filter((type) => !existing.includes(type)),
      extents: async () => (await Promise.all(existing.map(extentsOf))).flat(),
      ...(await startReading(consumer, settings, existing)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startReading(
  consumer: Consumer,
  settings: ReadingSettings,
  types: readonly EventType[],
): Promise<Pick<Reading, 'hasRead' | 'until'>> {
  const { topicPrefix, onMessages, signal } = settings;
  const positions = new Map<string, bigint>();
  const placeOf = (type: string, partition: number) => `${type} ${partition}`;
  let batches = 0;
  let failed: Error | undefined;
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
    if (!restart) failed ??= error;
  });
  const eachBatch: EachBatchHandler = async ({ batch, heartbeat }) => {
    if (failed) return;
    const type = batch.topic.slice(topicPrefix.length) as EventType;
    try {
      await onMessages(type, batch.partition, batch.messages);
    } catch (error) {
      failed = error as Error;
      return;
    }
    const [place, next] = [placeOf(type, batch.partition), BigInt(batch.lastOffset()) + 1n];
    if (next > (positions.get(place) ?? 0n)) positions.set(place, next);
    batches += 1;
    await heartbeat();
  };
  await consumer.connect();
  // No offset is ever committed: whoever joins anew reads from the beginning, and what comes twice has come.
  await consumer.subscribe({ topics: types.map((type) => topicPrefix + type), fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch });
  const isBehind = ({ type, partition, low, high }: OffsetRange) =>
    high > low && (positions.get(placeOf(type, partition)) ?? 0n) < high;
  const hasRead = (extents: readonly OffsetRange[]) => {
    signal?.throwIfAborted();
    if (failed) throw failed;
    return !extents.some(isBehind);
  };
  const until = async (extents: readonly OffsetRange[]) => {
    for (let seen = -1, since = 0; !hasRead(extents); await sleep(10)) {
      if (batches !== seen) [seen, since] = [batches, performance.now()];
      else if (performance.now() - since > givesUpAfterMs)
        throw new Error(`Kafka gives nothing of ${extents.find(isBehind)?.type} for a minute`);
    }
  };
  return { hasRead, until };
}
