import { setTimeout as sleep } from 'node:timers/promises';
import { newEventId } from '@accord/core/runtime';
import {
  headersOf,
  parseFact,
  readEvent,
  subjectOf,
  type Event,
  type EventType,
  type Fact,
} from '@accord/events';
import { speakerOf } from '@accord/events/topics';
import { readTopics, type KafkaClient, type Sender } from '@accord/kafka';
import type { Clock } from '@accord/postgres';
import { until } from './waiting.ts';

export interface Published {
  /** The event's id; the same id again is the same event again. */
  readonly id?: string;
  /** How often it is sent; default once. */
  readonly repeat?: number;
  readonly causationId?: string;
  readonly correlationId?: string;
  readonly actor?: string;
}

/** A topic that was just made may have no leader for a moment. */
async function persistently<T>(work: () => Promise<T>, tries = 20): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (tries === 1) throw error;
    await sleep(200);
    return persistently(work, tries - 1);
  }
}

export type Listener = Awaited<ReturnType<typeof listen>>;

/** Reads back the events that the service announces. */
export async function listen(kafka: KafkaClient, types: readonly EventType[]) {
  const events: Event[] = [];
  const ids = new Set<string>();
  const reader = await readTopics(kafka, {
    reader: 'listener',
    topics: types,
    onMessages(type, _partition, messages) {
      for (const { value, headers } of messages) {
        try {
          const event = readEvent(type, JSON.parse(value), headers);
          if (!ids.has(event.id)) events.push(event);
          ids.add(event.id);
        } catch {
          // Broken on purpose by a test, straight into the outbox; a service cannot announce it.
        }
      }
    },
  });
  return {
    events,
    async caughtUp() {
      const announced = await persistently(() => reader.offsetRanges());
      await until('what was announced is read back', () => reader.hasRead(announced));
    },
    stop: () => reader.close(),
  };
}

/** Puts an event on its topic, as the service that speaks of it would. Resolves with the event's id. */
export const publisher =
  (sender: Sender, clock: Clock) =>
  async (
    fact: Fact,
    {
      id = newEventId(),
      repeat = 1,
      causationId = id,
      correlationId = id,
      actor = 'platform:test',
    }: Published = {},
  ): Promise<string> => {
    const { data } = parseFact(fact.type, fact.data);
    const subject = subjectOf({ type: fact.type, data } as Fact);
    const speaker = speakerOf(fact.type);
    const event = {
      type: fact.type,
      data,
      id,
      source: speaker === 'platform' ? '/platform/test' : `/services/${speaker}`,
      time: new Date(Date.now() + clock.offsetMs),
      actor,
      causationId,
      correlationId,
      subject,
    } as Event;
    const message = {
      topic: fact.type,
      key: subject.id,
      value: JSON.stringify(data),
      headers: headersOf(event),
    };
    for (let times = 0; times < repeat; times += 1) await persistently(() => sender.send([message]));
    return id;
  };
