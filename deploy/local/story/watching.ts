import { randomUUID } from 'node:crypto';
import { type Event, type EventType, eventTypes, readEvent } from '@accord/events';
import { kafkaOf } from '@accord/platform';
import { pino } from 'pino';
import type { StoryContext } from '../start.ts';

export interface Seen {
  readonly event: Event;
  readonly at: number;
}

/** What the topics carry from now on. They are read from their beginning, so that nothing is missed when the group is made anew. */
export async function watch({ system }: StoryContext) {
  const { topicPrefix, brokers } = system;
  const seen: Seen[] = [];
  const known = new Set<string>();
  const from = Date.now();
  const kafka = kafkaOf({ brokers: brokers.split(','), clientId: 'accord-story', topicPrefix, log: pino({ level: 'silent' }) });
  const consumer = kafka.consumer({ groupId: `${topicPrefix}story.${randomUUID()}`, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: eventTypes.map((type) => topicPrefix + type), fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const event = readEvent(topic.slice(topicPrefix.length) as EventType, JSON.parse(String(message.value)), headers);
      if (event.time.getTime() >= from && !known.has(event.id)) seen.push({ event, at: performance.now() });
      known.add(event.id);
      return Promise.resolve();
    },
  });
  return { seen, stop: () => consumer.disconnect() };
}

