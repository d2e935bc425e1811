import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Consumer, EachBatchHandler } from 'kafkajs';
import { openAdmin, type Admin, type OffsetRange } from './admin.ts';
import { kafkajsOf, type KafkaClient } from './client.ts';
import { incoming, type Incoming } from './message.ts';

export interface TopicReaderSettings<Topic extends string = string> {
  /** `audit`: its consumer group is `accord.audit.<uuid>`, which commits no offset and is deleted on `close`. */
  readonly reader: string;
  readonly topics: readonly Topic[];
  /**
   * Handles messages of a partition, in its order, each at least once; the partition's next ones come when it
   * has resolved. An error ends the reading.
   */
  readonly onMessages: (
    topic: Topic,
    partition: number,
    messages: readonly Incoming[],
  ) => Promise<void> | void;
  /** Makes `hasRead` throw. */
  readonly signal?: AbortSignal | undefined;
}

/** Reads topics from their beginning, and follows them until it is closed. */
export interface TopicReader<Topic extends string = string> {
  /** Topics that the broker does not know. */
  readonly missing: readonly Topic[];
  /** Of all partitions, as they are now. */
  offsetRanges(): Promise<OffsetRange<Topic>[]>;
  /**
   * Whether all messages before the ends of these ranges were handled.
   *
   * @throws the error of `onMessages`, or the reason why nothing more will come, as the signal's.
   */
  hasRead(ranges: readonly OffsetRange[]): boolean;
  /** Resolves when `hasRead`. @throws Error also where the broker gives nothing for a minute. */
  untilRead(ranges: readonly OffsetRange[]): Promise<void>;
  close(): Promise<void>;
}

const givesUpAfterMs = 60_000;

export async function readTopics<Topic extends string>(
  kafka: KafkaClient,
  settings: TopicReaderSettings<Topic>,
): Promise<TopicReader<Topic>> {
  const group = `accord.${settings.reader}.${randomUUID()}`;
  const admin = await openAdmin(kafka);
  const consumer = kafkajsOf(kafka).consumer({
    groupId: kafka.topicPrefix + group,
    maxWaitTimeInMs: 50,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    allowAutoTopicCreation: false,
  });
  const close = async () => {
    await consumer.disconnect();
    await deleteGroup(kafka, admin, group);
    await admin.close();
  };
  try {
    const known = await admin.topics();
    const existing = settings.topics.filter((topic) => known.has(topic));
    return {
      missing: settings.topics.filter((topic) => !known.has(topic)),
      offsetRanges: () => admin.offsetRanges(existing),
      ...(await startReading(consumer, kafka.topicPrefix, { ...settings, topics: existing })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function deleteGroup({ topicPrefix, log }: KafkaClient, admin: Admin, group: string): Promise<void> {
  const stays = (reason: string) =>
    log.warn({ groupId: topicPrefix + group, reason }, 'the consumer group stays');
  const kept = await admin.deleteGroups([group]).catch((error: Error) => stays(error.message));
  if (kept?.has(group)) stays(kept.get(group)!);
}

const placeOf = (topic: string, partition: number) => `${topic} ${partition}`;

const incomingOf = <Topic extends string>(topic: Topic, { partition, messages }: Batch) =>
  messages.map((message) => incoming(topic, partition, message));

async function startReading<Topic extends string>(
  consumer: Consumer,
  topicPrefix: string,
  { topics, onMessages, signal }: TopicReaderSettings<Topic>,
): Promise<Pick<TopicReader, 'hasRead' | 'untilRead'>> {
  const positions = new Map<string, bigint>();
  let batches = 0;
  let failed: Error | undefined;
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
    if (!restart) failed ??= error;
  });
  // Also of what has no messages: markers of transactions, records of aborted ones and gaps are passed.
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
    if (failed) return;
    const place = placeOf(topic.slice(topicPrefix.length), partition);
    const next = BigInt(lastOffset) + 1n;
    if (next > (positions.get(place) ?? 0n)) positions.set(place, next);
    batches += 1;
  });
  const eachBatch: EachBatchHandler = async ({ batch, heartbeat }) => {
    if (failed) return;
    const topic = batch.topic.slice(topicPrefix.length) as Topic;
    try {
      await onMessages(topic, batch.partition, incomingOf(topic, batch));
    } catch (error) {
      failed = error as Error;
      return;
    }
    await heartbeat();
  };
  await consumer.connect();
  // No offset is ever committed: a consumer that joins anew reads from the beginning, so messages come twice.
  await consumer.subscribe({ topics: topics.map((topic) => topicPrefix + topic), fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch });
  const isBehind = ({ topic, partition, low, high }: OffsetRange) =>
    high > low && (positions.get(placeOf(topic, partition)) ?? 0n) < high;
  const hasRead = (ranges: readonly OffsetRange[]) => {
    signal?.throwIfAborted();
    if (failed) throw failed;
    return !ranges.some(isBehind);
  };
  const untilRead = async (ranges: readonly OffsetRange[]) => {
    for (let seen = -1, since = 0; !hasRead(ranges); await sleep(10)) {
      if (batches !== seen) [seen, since] = [batches, performance.now()];
      else if (performance.now() - since > givesUpAfterMs)
        throw new Error(`Kafka gives nothing of ${ranges.find(isBehind)?.topic} for a minute`);
    }
  };
  return { hasRead, untilRead };
}
