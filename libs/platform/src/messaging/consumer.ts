import { setTimeout as sleep } from 'node:timers/promises';
import { type Event, type EventType, readEvent } from '@accord/events';
import type { Consumer as KafkaConsumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { isDatabaseAway, type ServiceDatabase, type Session } from '../database.ts';
import { currentTraceparent, span, withTraceparent } from '../observability/tracing.ts';
import type { Subscription, Subscriptions, Tx } from '../tx.ts';
import { type Incoming, incoming } from './kafka.ts';
import { park, type Parked, withStorableNames } from './parking.ts';

export interface ConsumerSettings {
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  /** Consumer group: `accord.order`. */
  readonly group: string;
  readonly database: ServiceDatabase;
  readonly subscriptions: Subscriptions;
  readonly lockRows?: ((tx: Tx, ids: readonly string[]) => Promise<unknown>) | undefined;
  readonly log: Logger;
  readonly onHandled?: (type: string, count: number) => void;
  readonly onFailed?: (type: string) => void;
  readonly onParked?: () => void;
  /** After each chunk: how far behind the partition is, and how old its events were when they had their effect. */
  readonly onProgress?: (progress: { topic: string; partition: number; behind: number; delaysMs: readonly number[] }) => void;
}

export interface Consumer {
  /** Resolves once the group has been joined. */
  readonly joined: Promise<void>;
  stop(): Promise<void>;
}

const chunkSize = 100;

/** Takes the events it sees for the first time and that nobody of their key waits for; names the rest (EVT-8, EVT-9). */
const intoInbox = `
  with asked as (select * from unnest($1::uuid[], $2::text[]) as a (event_id, key)),
       waiting as (select distinct key from parked_events where key = any($2::text[])),
       fresh as (
         insert into inbox (event_id) select event_id from asked where key not in (select key from waiting)
         on conflict do nothing returning event_id)
  select a.event_id as "eventId", w.key is not null as waiting, f.event_id is not null as fresh
    from asked a left join waiting w using (key) left join fresh f using (event_id)`;

export type Received = Incoming & { readonly event: Event };

/** Who an event acts as: its own account, and nobody where it belongs to none. */
export const actorOf = (event: Event) => ({
  kind: 'event' as const,
  id: event.type,
  ...(event.subject.accountId !== undefined && { accountId: event.subject.accountId }),
});

const causeOf = ({ event, headers }: Received) => {
  const traceparent = currentTraceparent() ?? headers['traceparent'];
  return { causationId: event.id, correlationId: event.correlationId, ...(traceparent && { traceparent }) };
};

const nobody = { kind: 'event' as const, id: 'chunk' };

/** Runs the handler of one event in the session's transaction. */
export async function handle(session: Session, subscriptions: Subscriptions, received: Received): Promise<void> {
  const { event, topic, partition, offset } = received;
  const subscription = subscriptions[event.type] as Subscription | undefined;
  if (!subscription) return;
  const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': topic, 'messaging.kafka.offset': offset, partition, eventId: event.id };
  await withTraceparent(received.headers['traceparent'], () =>
    span(`process ${event.type}`, attributes, async () => subscription.on(await session.as(actorOf(event), causeOf(received)), event)),
  );
}

/**
 * Handles each event in one transaction with its inbox record, in chunks; a chunk with a failing handler is rolled back and done again one by
 * one, and the failing event is parked with its key. Offsets are committed only after that.
 */
export function startConsumer(settings: ConsumerSettings): Consumer {
  const { kafka, group, log } = settings;
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const nothingToHear = Object.keys(settings.subscriptions).length === 0;
  const joined = new Promise<void>((resolve) => (nothingToHear ? resolve() : consumer.on(consumer.events.GROUP_JOIN, () => resolve())));
  // kafkajs restarts by itself after what it calls retriable; after the rest it would stay down.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    log.warn({ reason: payload.error.message, restarts: payload.restart }, 'consumer crashed');
    if (!payload.restart && !signal.aborted) void run(consumer, settings, signal);
  });
  if (!nothingToHear) void run(consumer, settings, signal);
  return {
    joined,
    async stop() {
      stopping.abort();
      await consumer.stop().catch(() => undefined);
      await consumer.disconnect().catch(() => undefined);
    },
  };
}

/** Joins the group, however long the broker needs. */
async function run(consumer: KafkaConsumer, settings: ConsumerSettings, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: Object.keys(settings.subscriptions).map((type) => settings.topicPrefix + type), fromBeginning: true });
      return await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: (batch) => eachBatch(batch, consumer, settings, signal),
      });
    } catch (error) {
      settings.log.warn({ failures, reason: (error as Error).message }, 'consumer could not start');
      await consumer.disconnect().catch(() => undefined);
      await sleep(Math.min(3_000, 200 * failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

async function eachBatch(payload: EachBatchPayload, consumer: KafkaConsumer, settings: ConsumerSettings, signal: AbortSignal) {
  const { batch, heartbeat, resolveOffset, isRunning, isStale } = payload;
  const topic = batch.topic.slice(settings.topicPrefix.length);
  for (let from = 0; from < batch.messages.length; from += chunkSize) {
    if (!isRunning() || isStale() || signal.aborted) return;
    const messages = batch.messages.slice(from, from + chunkSize).map((message) => withStorableNames(incoming(topic, batch.partition, message)));
    await untilDatabaseAnswers(settings, signal, heartbeat, () => handleChunk(settings, messages));
    const last = messages.at(-1)!;
    resolveOffset(last.offset);
    const next = String(BigInt(last.offset) + 1n);
    settings.onProgress?.({
      topic,
      partition: batch.partition,
      behind: Math.max(0, Number(BigInt(batch.highWatermark) - BigInt(last.offset) - 1n)),
      delaysMs: messages.map(({ headers }) => Date.now() - Date.parse(headers['ce_time'] ?? '')).filter((ms) => ms >= 0),
    });
    await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
    await heartbeat();
  }
}

/** A database that is away makes the partition wait, keeping its place in the group, instead of filling dead letters. */
async function untilDatabaseAnswers(settings: ConsumerSettings, signal: AbortSignal, heartbeat: () => Promise<void>, work: () => Promise<void>) {
  for (let waitMs = 50; ; waitMs = Math.min(1_000, waitMs * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || signal.aborted) throw error;
      settings.log.warn({ reason: (error as Error).message }, 'database away, consuming waits');
      await sleep(waitMs);
      await heartbeat();
    }
  }
}

/** What cannot be read at all never will be: it is parked as dead at once, in the place of its key. */
function read(settings: ConsumerSettings, message: Incoming): Received | Parked {
  try {
    return { ...message, event: readEvent(message.topic as EventType, JSON.parse(message.value), message.headers) };
  } catch (error) {
    settings.log.error({ topic: message.topic, partition: message.partition, offset: message.offset, key: message.key }, 'event cannot be read');
    return { message, status: 'dead', reason: (error as Error).message };
  }
}

async function handleChunk(settings: ConsumerSettings, messages: readonly Incoming[]): Promise<void> {
  const found = messages.map((message) => read(settings, message));
  const readable = found.filter((one): one is Received => 'event' in one);
  if (readable.length === found.length) {
    try {
      return await inOneTransaction(settings, readable);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
    }
  }
  for (const one of found) {
    if ('event' in one) await alone(settings, one);
    else await settings.database.session(nobody, (session) => park(session, settings, [one]));
  }
}

async function inOneTransaction(settings: ConsumerSettings, received: readonly Received[]): Promise<void> {
  const { database, subscriptions, lockRows } = settings;
  const handled = await database.session(nobody, async (session) => {
    const tx = await session.as(nobody, { causationId: '', correlationId: '' });
    const places = await tx.many<{ eventId: string; waiting: boolean; fresh: boolean }>(intoInbox, [
      received.map(({ event }) => event.id),
      received.map(({ key }) => key),
    ]);
    const fresh = new Set(places.filter((place) => place.fresh).map(({ eventId }) => eventId));
    const waiting = new Set(places.filter((place) => place.waiting).map(({ eventId }) => eventId));
    const todo = received.filter(({ event }) => fresh.delete(event.id));
    const ids = todo.flatMap(({ event }) => (subscriptions[event.type] as Subscription | undefined)?.locks?.(event) ?? []);
    if (lockRows && ids.length > 1) await lockRows(tx, ids);
    for (const one of todo) await handle(session, subscriptions, one);
    const behind = received.filter(({ event }) => waiting.has(event.id));
    if (behind.length > 0) {
      await park(session, settings, behind.map((message) => ({ message, status: 'waiting', reason: 'behind an event of its key' })));
    }
    return todo;
  });
  for (const { event } of handled) settings.onHandled?.(event.type, 1);
}

async function alone(settings: ConsumerSettings, one: Received): Promise<void> {
  try {
    await inOneTransaction(settings, [one]);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    const { topic, partition, offset, key } = one;
    settings.log.warn({ eventId: one.event.id, topic, partition, offset, key, reason: (error as Error).message }, 'event failed and is parked');
    settings.onFailed?.(one.event.type);
    await settings.database.session(nobody, (session) => park(session, settings, [{ message: one, status: 'waiting', reason: (error as Error).message }]));
  }
}
