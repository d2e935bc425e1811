import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { eventTypes, readEvent, type Event, type EventType } from '@accord/events';
import { joinGroup, openAdmin, openKafka } from '@accord/kafka';
import { untilOf } from './request.ts';
import type { DemoSettings } from './settings.ts';

export interface Seen {
  readonly event: Event;
  readonly at: number;
}

/**
 * Watches the events that the topics carry from now on. Only a group that is made anew meanwhile reads them
 * from their beginning: it misses nothing.
 */
export async function watch(settings: DemoSettings) {
  const { system } = settings;
  const { topicPrefix, brokers } = system;
  const seen: Seen[] = [];
  const known = new Set<string>();
  const from = Date.now();
  const kafka = openKafka({
    brokers: brokers.split(','),
    clientId: 'accord-story',
    topicPrefix,
    log: pino({ level: 'silent' }),
  });
  const admin = await openAdmin(kafka);
  // A topic that was just made may have no leader for some seconds.
  const ends = await untilOf(settings)('every topic has a leader', () =>
    admin.offsetRanges(eventTypes).catch(() => undefined),
  );
  const group = `story.${randomUUID()}`;
  const member = joinGroup(kafka, {
    group,
    topics: eventTypes,
    sessionMs: 10_000,
    startAt: ends,
    hasRoom: () => Promise.resolve(true),
    onSlice({ topic, messages }) {
      for (const { value, headers } of messages) {
        const event = readEvent(topic as EventType, JSON.parse(value), headers);
        if (event.time.getTime() >= from && !known.has(event.id)) {
          known.add(event.id);
          seen.push({ event, at: performance.now() });
        }
      }
    },
  });
  await member.joined;
  const stop = async () => {
    await member.leave();
    // A group that stays is empty and does no harm.
    await admin.deleteGroups([group]).catch(() => undefined);
    await admin.close();
  };
  return { seen, stop };
}
