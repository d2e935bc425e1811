import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { newEventId } from '@accord/core/runtime';
import type { EventType } from '@accord/events';
import { openKafka, openSender } from '@accord/kafka';
import type { TestService } from './test-service.ts';
import { until } from './waiting.ts';

// Acts as a foreign program that knows our topics and follows no rule of ours.

export interface RawMessage {
  /** Absent: a message without one. */
  readonly key?: string;
  readonly value: string;
  /** Default: an envelope that is as it should be. */
  readonly headers?: Record<string, string>;
  readonly partition?: number;
}

/** Puts messages on the topic unchecked. */
export async function publishRaw(
  { brokers, topicPrefix }: Pick<TestService, 'brokers' | 'topicPrefix'>,
  type: EventType,
  messages: readonly RawMessage[],
): Promise<void> {
  const log = pino({ level: 'silent' });
  const sender = await openSender(openKafka({ brokers, clientId: 'outsider', topicPrefix, log }));
  const envelope = () => ({
    ce_specversion: '1.0',
    ce_id: newEventId(),
    ce_source: '/platform/test',
    ce_type: type,
    ce_time: new Date().toISOString(),
  });
  await sender.send(messages.map((message) => ({ topic: type, headers: envelope(), ...message })));
  await sender.close();
}

interface Place {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

/** Puts messages on the topic in a transaction and takes all of them back: records and markers stay in its log. */
export const takeBack = (place: Place, type: EventType, messages: readonly RawMessage[]): Promise<void> =>
  tellInTransaction(place, type, messages, 'abort');

/** One transaction at a time; a marker of its end stays in the topic's log. */
export async function tellInTransaction(
  { brokers, topicPrefix }: Place,
  type: EventType,
  messages: readonly RawMessage[],
  end: 'commit' | 'abort',
): Promise<void> {
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
    transactionalId: `${topicPrefix}outside`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: `${topicPrefix}${type}`, messages: [...messages] });
  await transaction[end]();
  await producer.disconnect();
}

interface ParkedEvent {
  readonly status: 'waiting' | 'dead';
  readonly reason: string;
}

/** Facts of others are parked under their topic and key. */
const ofKey = `(key = $1 or right(key, length($1) + 1) = ' ' || $1)`;

/** Waits for the first parked event of `key`. */
export async function parkedEvent(t: TestService, key: string): Promise<ParkedEvent> {
  let first: ParkedEvent | undefined;
  await until(`an event of ${key} is parked`, async () => {
    [first] = await t.sql<ParkedEvent & Record<string, unknown>>(
      `select status, reason from parked_events where ${ofKey} order by seq`,
      [key],
    );
    return first !== undefined;
  });
  return first!;
}

/** Gives the parked events of `key` up, so that they are not tried again and `settled` does not wait for them. */
export async function giveUp(t: TestService, key: string): Promise<void> {
  await t.sql(`update parked_events set status = 'dead' where ${ofKey}`, [key]);
  await t.settled();
  await t.sql(`delete from parked_events where ${ofKey}`, [key]);
}
