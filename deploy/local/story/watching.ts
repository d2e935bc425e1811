import { randomUUID } from 'node:crypto';
import { type Event, type EventType, eventTypes, readEvent } from '@accord/events';
import { kafkaOf } from '@accord/platform';
import { until } from '@accord/testing';
import { pino } from 'pino';
import type { StoryContext } from '../start.ts';

export interface Seen {
  readonly event: Event;
  readonly at: number;
}

/** What the topics carry from now on. Only a group that is made anew meanwhile reads them from their beginning: it misses nothing. */
export async function watch({ system }: StoryContext) {
  const { topicPrefix, brokers } = system;
  const seen: Seen[] = [];
  const known = new Set<string>();
  const from = Date.now();
  const kafka = kafkaOf({ brokers: brokers.split(','), clientId: 'accord-story', topicPrefix, log: pino({ level: 'silent' }) });
  const groupId = `${topicPrefix}story.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  const admin = kafka.admin();
  const endsOf = async (topic: string) => (await admin.fetchTopicOffsets(topic)).map(({ partition, offset }) => ({ topic, partition, offset }));
  await Promise.all([admin.connect(), consumer.connect()]);
  const topics = eventTypes.map((type) => topicPrefix + type);
  let ends: Awaited<ReturnType<typeof endsOf>> | undefined;
  // Topics that were made a moment ago are led a moment later.
  await until('every partition is led', async () => Boolean((ends = await Promise.all(topics.map(endsOf)).then((all) => all.flat(), () => undefined))));
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const event = readEvent(topic.slice(topicPrefix.length) as EventType, JSON.parse(String(message.value)), headers);
      if (event.time.getTime() >= from && !known.has(event.id)) {
        known.add(event.id);
        seen.push({ event, at: performance.now() });
      }
      return Promise.resolve();
    },
  });
  ends?.forEach((end) => consumer.seek(end));
  const stop = async () => {
    await consumer.disconnect();
    // A group that stays is empty and does no harm.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  };
  return { seen, stop };
}

