import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchHandler } from 'kafkajs';
import type { OffsetRange } from './admin.ts';
import { kafkajsOf, type KafkaClient } from './client.ts';
import { incoming, type Incoming } from './message.ts';
import { offsetCommits } from './offset-commits.ts';
import { assignToSubscribers } from './partition-assigner.ts';

/**
 * Messages of one partition that follow each other. None where the partition only goes on, by markers of
 * transactions, records of aborted ones or gaps.
 */
export interface MessageSlice {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Incoming[];
  /** Offset of the first message; without any, the offset at which the partition goes on. */
  readonly first: bigint;
  /** The offset at which the partition goes on after them. */
  readonly next: bigint;
  /** The broker's end of the partition when they were fetched. */
  readonly end: bigint;
}

interface GroupMemberSettings {
  /** Without the client's prefix, as the topics. */
  readonly group: string;
  /** A member without any joins no group. */
  readonly topics: readonly string[];
  /** The group takes a member that was silent for so long for dead, ms. */
  readonly sessionMs: number;
  /**
   * Where each joining begins to read, instead of at the committed offsets: at `high`. Partitions that it
   * does not name begin at their committed offsets, or at their first message.
   */
  readonly startAt?: readonly OffsetRange[];
  /** Whether the next slice may be handed over; may resolve late, within a second, to see whether it will. */
  readonly hasRoom: () => Promise<boolean>;
  /**
   * Slices of a partition come in its order. Messages come again whose offsets were not committed when the
   * group was joined anew, and also some whose were.
   */
  readonly onSlice: (slice: MessageSlice) => void;
  /** The group was joined (anew), and has assigned this member its partitions. */
  readonly onAssigned?: (isAssigned: (topic: string, partition: number) => boolean) => void;
  /** The broker answered a fetch, also one that brought nothing; or its connection was closed instead. */
  readonly onFetched?: () => void;
}

export interface GroupMember {
  /** Resolves once the group has been joined. */
  readonly joined: Promise<void>;
  /** All before the end of the slice has been handled: its offset is committed within 200 ms. */
  handled(slice: MessageSlice): void;
  /** Hands over no more, and joins no more. */
  stopReceiving(): void;
  /** Commits the offsets of what was handled, and leaves the group. */
  leave(): Promise<void>;
}

const sliceSize = 50;
const partitionsAtOnce = 16;

/**
 * Joins a consumer group, however long the broker needs, and stays in it: also while the receiver has no room,
 * and after crashes of the client.
 */
export function joinGroup(kafka: KafkaClient, settings: GroupMemberSettings): GroupMember {
  const { topicPrefix, log } = kafka;
  const { group, topics, sessionMs } = settings;
  const consumer = kafkajsOf(kafka).consumer({
    groupId: topicPrefix + group,
    partitionAssigners: [assignToSubscribers],
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.min(1_000, sessionMs / 6),
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const joined =
    topics.length === 0
      ? Promise.resolve()
      : new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  const offsets = offsetCommits(consumer, log);
  listen(consumer, topicPrefix, settings, signal);
  const start = () => run({ consumer, kafka, settings, signal });
  // kafkajs restarts by itself after errors that it calls retriable; after others it would stay down.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    log.warn({ reason: payload.error.message, restarts: payload.restart }, 'consumer crashed');
    if (!payload.restart && !signal.aborted) void start();
  });
  if (topics.length > 0) void start();
  return {
    joined,
    handled: ({ topic, partition, next }) =>
      offsets.handled({ topic: topicPrefix + topic, partition, offset: String(next) }),
    stopReceiving: () => stopping.abort(),
    async leave() {
      stopping.abort();
      await offsets.commit();
      await consumer.stop().catch(() => undefined);
      await consumer.disconnect().catch(() => undefined);
    },
  };
}

function listen(
  consumer: Consumer,
  topicPrefix: string,
  { startAt = [], onSlice, onAssigned, onFetched }: GroupMemberSettings,
  signal: AbortSignal,
): void {
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    for (const { topic, partition, high } of startAt)
      consumer.seek({ topic: topicPrefix + topic, partition, offset: String(high) });
    onAssigned?.((topic, partition) => memberAssignment[topicPrefix + topic]?.includes(partition) ?? false);
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const { topic, partition, batchSize, lastOffset, highWatermark } = payload;
    if (batchSize > 0 || signal.aborted) return;
    const next = BigInt(lastOffset) + 1n;
    const place = { topic: topic.slice(topicPrefix.length), partition };
    onSlice({ ...place, messages: [], first: next, next, end: BigInt(highWatermark) });
  });
  consumer.on(consumer.events.REQUEST, ({ payload: { apiName } }) => {
    if (apiName === 'Fetch') onFetched?.();
  });
}

interface Run {
  readonly consumer: Consumer;
  readonly kafka: KafkaClient;
  readonly settings: GroupMemberSettings;
  readonly signal: AbortSignal;
}

/** Joins the group, however long the broker needs. */
async function run({ consumer, kafka, settings, signal }: Run): Promise<void> {
  const { topicPrefix, log } = kafka;
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await consumer.connect();
      await consumer.subscribe({
        topics: settings.topics.map((topic) => topicPrefix + topic),
        fromBeginning: true,
      });
      return await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: slicesOf(topicPrefix, settings, signal),
      });
    } catch (error) {
      log.warn({ failures, reason: (error as Error).message }, 'consumer could not start');
      await consumer.disconnect().catch(() => undefined);
      await sleep(Math.min(3_000, 200 * failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Hands over the messages of a fetch, and sends heartbeats while the receiver has no room for the next. */
function slicesOf(
  topicPrefix: string,
  { hasRoom, onSlice }: GroupMemberSettings,
  signal: AbortSignal,
): EachBatchHandler {
  return async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
    const { partition, highWatermark } = batch;
    const topic = batch.topic.slice(topicPrefix.length);
    const over = () => !isRunning() || isStale() || signal.aborted;
    for (let from = 0; from < batch.messages.length; from += sliceSize) {
      while (!over() && !(await hasRoom())) await heartbeat();
      if (over()) return;
      const messages = batch.messages.slice(from, from + sliceSize);
      const { offset: last } = messages.at(-1)!;
      const isEnd = from + sliceSize >= batch.messages.length;
      onSlice({
        topic,
        partition,
        messages: messages.map((message) => incoming(topic, partition, message)),
        first: BigInt(messages[0]!.offset),
        next: BigInt(isEnd ? batch.lastOffset() : last) + 1n,
        end: BigInt(highWatermark),
      });
      resolveOffset(last);
      await heartbeat();
    }
  };
}
