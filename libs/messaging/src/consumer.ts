import { setTimeout as sleep } from 'node:timers/promises';
import type { EachBatchHandler, Kafka, Consumer as KafkaConsumer } from 'kafkajs';
import { newWakeup } from '@accord/core';
import { incoming, offsetsOf, toSubscribers, type Offsets } from '@accord/kafka';
import { lagMeter, type Lag, type LagMeter } from './consumer-lag.ts';
import { handleBatch, type InboxSettings } from './inbox.ts';
import { withStorableNames } from './parked-events.ts';
import { withCrashGuard, type CrashGuard } from './poison-pill.ts';
import { incomingOf, readMessage, type ReadMessage } from './read-message.ts';

export interface ConsumerSettings extends InboxSettings {
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  /** A member that was silent for so long is taken for dead. */
  readonly sessionMs: number;
  /** How old messages were, ms, when they had their effect. */
  readonly onDelays?: (topic: string, delaysMs: readonly number[]) => void;
}

export interface Consumer {
  /** Resolves once the group has been joined. */
  readonly joined: Promise<void>;
  lag(): Lag;
  stop(): Promise<void>;
}

/** Messages of one partition that follow each other, on their way to the handlers. */
interface Slice {
  readonly topic: string;
  readonly partition: number;
  readonly found: readonly ReadMessage[];
  readonly first: bigint;
  readonly next: bigint;
  readonly end: bigint;
  readonly announcedAt: number;
}

const sliceSize = 50;
/** Messages that may wait to be handled; more are left at the broker. */
const longestQueue = 400;
/** So often in a row a database that answers may be called away. */
const mostAways = 6;
const partitionsAtOnce = 16;
/** After each joining, which may follow the end of a process that an event has ended. */
const carefulForMs = 60_000;

/**
 * Consumes the topics of the subscriptions. The broker is told of a message only after it was handled or
 * parked.
 */
export function startConsumer(settings: ConsumerSettings): Consumer {
  const { kafka, group, log, sessionMs } = settings;
  const consumer = kafka.consumer({
    groupId: group,
    partitionAssigners: [toSubscribers],
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.min(1_000, sessionMs / 6),
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const nothingToHear = Object.keys(settings.subscriptions).length === 0;
  const joined = new Promise<void>((resolve) =>
    nothingToHear ? resolve() : consumer.on(consumer.events.GROUP_JOIN, () => resolve()),
  );
  const offsets = offsetsOf(consumer, log);
  const meter = meterOf(consumer);
  const queue = new Queue(settings, offsets, meter);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    meter.keep(
      (topic, partition) => memberAssignment[settings.topicPrefix + topic]?.includes(partition) ?? false,
    );
    queue.beCareful();
  });
  const eachBatch = batchHandler(settings, queue, signal);
  // kafkajs restarts by itself after what it calls retriable; after the rest it would stay down.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    log.warn({ reason: payload.error.message, restarts: payload.restart }, 'consumer crashed');
    if (!payload.restart && !signal.aborted) void run(consumer, settings, eachBatch, signal);
  });
  if (!nothingToHear) void run(consumer, settings, eachBatch, signal);
  return {
    joined,
    lag: () => ({ ...meter.read(), ...(nothingToHear && { fetchAge: 0 }) }),
    async stop() {
      stopping.abort();
      await queue.stop();
      await offsets.commit();
      await consumer.stop().catch(() => undefined);
      await consumer.disconnect().catch(() => undefined);
    },
  };
}

function meterOf(consumer: KafkaConsumer): LagMeter {
  const meter = lagMeter();
  // Its event of a fetch comes also where the connection was closed instead.
  consumer.on(consumer.events.REQUEST, ({ payload: { apiName } }) => {
    if (apiName === 'Fetch') meter.fetched();
  });
  return meter;
}

/** Joins the group, however long the broker needs. */
async function run(
  consumer: KafkaConsumer,
  settings: ConsumerSettings,
  eachBatch: EachBatchHandler,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await consumer.connect();
      await consumer.subscribe({
        topics: Object.keys(settings.subscriptions).map((type) => settings.topicPrefix + type),
        fromBeginning: true,
      });
      return await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch,
      });
    } catch (error) {
      settings.log.warn({ failures, reason: (error as Error).message }, 'consumer could not start');
      await consumer.disconnect().catch(() => undefined);
      await sleep(Math.min(3_000, 200 * failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Hands over what came, keeping its place in the group while the queue is full. */
function batchHandler(settings: ConsumerSettings, queue: Queue, signal: AbortSignal): EachBatchHandler {
  return async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
    const { partition, highWatermark } = batch;
    const topic = batch.topic.slice(settings.topicPrefix.length);
    const over = () => !isRunning() || isStale() || signal.aborted;
    for (let from = 0; from < batch.messages.length; from += sliceSize) {
      while (!over() && !(await queue.hasRoom())) await heartbeat();
      if (over()) return;
      const messages = batch.messages.slice(from, from + sliceSize);
      // Here, while others are in the database.
      const found = messages.map((message) =>
        readMessage(withStorableNames(incoming(topic, partition, message)), settings.log),
      );
      const { offset } = messages.at(-1)!;
      const announcedAt = Date.parse(incomingOf(found[0]!).headers['ce_time'] ?? '');
      queue.push({
        topic,
        partition,
        found,
        first: BigInt(messages[0]!.offset),
        next: BigInt(offset) + 1n,
        end: BigInt(highWatermark),
        announcedAt,
      });
      resolveOffset(offset);
      await heartbeat();
    }
  };
}

/**
 * Between the broker and the handlers: what arrives while one transaction is under way is handled together in
 * the next, in its order.
 */
class Queue {
  #settings: ConsumerSettings;
  #offsets: Offsets;
  #meter: LagMeter;
  #guard: CrashGuard;
  #waiting: Slice[] = [];
  #length = 0;
  #arrived = newWakeup();
  #emptied = newWakeup();
  #carefulUntil = 0;
  #stopped = false;
  #aways = 0;
  #done: Promise<void>;

  constructor(settings: ConsumerSettings, offsets: Offsets, meter: LagMeter) {
    this.#settings = {
      ...settings,
      isStopping: () => this.#stopped,
      doubtsOutage: () => this.#aways >= mostAways,
    };
    this.#offsets = offsets;
    this.#meter = meter;
    this.#guard = withCrashGuard(this.#settings);
    this.#done = this.#run();
  }

  push(slice: Slice): void {
    this.#waiting.push(slice);
    this.#length += slice.found.length;
    this.#meter.arrived(slice);
    this.#arrived.notify();
  }

  /** False after a second without room. */
  async hasRoom(): Promise<boolean> {
    this.#emptied.reset();
    if (this.#length >= longestQueue) await this.#emptied.wait(1_000);
    return this.#length < longestQueue;
  }

  /**
   * The group was joined anew, perhaps because of an event that ended another member. What waits stays:
   * kafkajs joins again for one broker's sake while the others' fetches go on after what they brought, so
   * nobody would bring it again; and what does come again the inbox drops.
   */
  beCareful(): void {
    this.#carefulUntil = performance.now() + carefulForMs;
  }

  /** Ends what is under way and leaves the rest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#arrived.notify();
    await this.#done;
    await this.#guard.stop();
  }

  #take(): readonly Slice[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    this.#emptied.notify();
    return taken;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#arrived.reset();
      if (this.#length > 0) await this.#handle(this.#take());
      else await this.#arrived.wait(1_000);
    }
  }

  /**
   * Until it is done: a database that is away makes all wait instead of filling dead letters, and so does
   * whatever else cannot be recorded. Where it answers all the same, they are divided, and the event at which
   * it seems to be away is parked.
   */
  async #handle(slices: readonly Slice[]): Promise<void> {
    const found = slices.flatMap((slice) => slice.found);
    for (let waitMs = 50; !this.#stopped; waitMs = Math.min(1_000, waitMs * 2)) {
      try {
        const isCareful = performance.now() < this.#carefulUntil;
        if (!(isCareful ? await this.#guard.handle(found) : await handleBatch(this.#settings, found))) return;
        for (const slice of slices) this.#finished(slice);
        this.#aways = 0;
        return;
      } catch (error) {
        this.#settings.log.warn({ reason: (error as Error).message }, 'consuming waits and tries again');
        this.#aways = (await this.#settings.database.answers()) ? this.#aways + 1 : 0;
        await sleep(waitMs);
      }
    }
  }

  #finished(slice: Slice): void {
    const { topic, partition, found, next } = slice;
    const { topicPrefix, onDelays } = this.#settings;
    this.#offsets.handled({ topic: topicPrefix + topic, partition, offset: String(next) });
    this.#meter.handled(slice);
    onDelays?.(
      topic,
      found
        .map((one) => Date.now() - Date.parse(incomingOf(one).headers['ce_time'] ?? ''))
        .filter((ms) => ms >= 0),
    );
  }
}
