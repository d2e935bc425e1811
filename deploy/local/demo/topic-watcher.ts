import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { eventTypes, readEvent, type Event, type EventType } from '@accord/events';
import { kafkaOf } from '@accord/kafka';
import type { StoryContext } from '../commands/start.ts';
import { untilOf } from './request.ts';

export interface Seen {
  readonly event: Event;
  readonly at: number;
}

/**
 * What the topics carry from now on. Only a group that is made anew meanwhile reads them from their
 * beginning: it misses nothing.
 */
export async function watch(context: StoryContext) {
  const { system } = context;
  const { topicPrefix, brokers } = system;
  const seen: Seen[] = [];
  const known = new Set<string>();
  const from = Date.now();
  const kafka = kafkaOf({
    brokers: brokers.split(','),
    clientId: 'accord-story',
    topicPrefix,
    log: pino({ level: 'silent' }),
  });
  const groupId = `${topicPrefix}story.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, sessionTimeout: 10_000 });
  const admin = kafka.admin();
  const endsOf = async (topic: string) =>
    (await admin.fetchTopicOffsets(topic)).map(({ partition, offset }) => ({ topic, partition, offset }));
  await admin.connect();
  const topics = eventTypes.map((type) => topicPrefix + type);
  // A topic that was just made may have no leader for some seconds.
  const ends = (
    await untilOf(context)('every topic has a leader', () =>
      Promise.all(topics.map(endsOf)).catch(() => undefined),
    )
  ).flat();
  const run = async () => {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ topic, message }) => {
        const headers = Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        );
        const event = readEvent(
          topic.slice(topicPrefix.length) as EventType,
          JSON.parse(String(message.value)),
          headers,
        );
        if (event.time.getTime() >= from && !known.has(event.id)) {
          known.add(event.id);
          seen.push({ event, at: performance.now() });
        }
        return Promise.resolve();
      },
    });
  };
  consumer.on(consumer.events.GROUP_JOIN, () => ends.forEach((end) => consumer.seek(end)));
  // A broker that is still making its topics has no coordinator for some seconds, and kafkajs does not wait
  // for it.
  consumer.on(consumer.events.CRASH, ({ payload }) => void (payload.restart || run().catch(() => undefined)));
  await run();
  const stop = async () => {
    await consumer.disconnect();
    // A group that stays is empty and does no harm.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  };
  return { seen, stop };
}
