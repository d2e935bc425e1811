import type { Logger } from 'pino';
import { readJson } from '@accord/core/runtime';
import { eventTypes, readEvent, type EventType } from '@accord/events';
import type { Speaker } from '@accord/events/services';
import { speakerOf } from '@accord/events/topics';
import { openKafka, readTopics, type Incoming, type KafkaSecurity, type OffsetRange } from '@accord/kafka';
import type { Difference } from './check.ts';
import { ToldFacts } from './told-facts.ts';
import { announcedIn, type Sightings } from './versions.ts';

interface TopicsAsk {
  readonly brokers: readonly string[];
  /** Before every topic. */
  readonly topicPrefix: string;
  readonly security?: KafkaSecurity;
  readonly log: Logger;
}

/** All topics, each message read once: what was read stays known. */
interface Topics {
  /**
   * Reads all that the topics hold now. Anything a topic itself lacks is a difference.
   *
   * @throws Error where the broker gives nothing for a minute; then it has to be opened anew.
   */
  catchUp(): Promise<Difference[]>;
  /**
   * Messages read, and those among them that are no events: what its consumers gave up stays in its topic.
   */
  readonly read: { readonly messages: number; readonly unreadable: number };
  close(): Promise<void>;
}

interface Seen {
  /** Every version that a message carries. */
  readonly sightings: Sightings;
  /** Facts that the platform tells. */
  readonly facts: ToldFacts;
  /** Identities of events that count as never told. */
  readonly disowned: ReadonlySet<string>;
}

/** @param seen is told of each message once. */
export async function openTopics(ask: TopicsAsk, seen: Seen): Promise<Topics> {
  const kafka = openKafka({ ...ask, clientId: 'accord-audit' });
  const read = { messages: 0, unreadable: 0 };
  const onMessages = (type: EventType, _partition: number, messages: readonly Incoming[]) => {
    for (const message of messages) {
      read.messages += 1;
      if (!see(type, message, seen)) read.unreadable += 1;
    }
  };
  const reading = await readTopics(kafka, { reader: 'audit', topics: eventTypes, onMessages });
  return {
    read,
    close: () => reading.close(),
    async catchUp() {
      const ranges = await reading.offsetRanges();
      await reading.untilRead(ranges);
      return [...reading.missing.map(missingTopic), ...ranges.filter(({ low }) => low > 0n).map(cutTopic)];
    },
  };
}

/** False where it is no event of its type. */
function see(type: EventType, { value, headers }: Incoming, { sightings, facts, disowned }: Seen): boolean {
  if (disowned.has(`${headers['ce_id']} ${headers['ce_source']}`)) return true;
  try {
    const data = readJson(value);
    if (ToldFacts.lookFor(type)) facts.see(readEvent(type, data, headers));
    const [subject, ...others] = announcedIn(type, data);
    const from = Number(headers['ce_restatedfrom'] ?? subject!.version);
    sightings.see(subject!.aggregate, subject!.id, subject!.version, from);
    for (const { aggregate, id, version } of others) sightings.see(aggregate, id, version);
    return true;
  } catch {
    return false;
  }
}

/** The service that sees to it that the topic is there: its speaker, or the one it was made for. */
const keeperOf = (type: EventType): Speaker => {
  const speaker = speakerOf(type);
  if (speaker !== 'platform') return speaker;
  return type === 'bill.issued' ? 'contract' : 'order';
};

const missingTopic = (type: EventType): Difference => ({
  rule: 'EVT-1',
  says: 'every event type has its topic',
  id: type,
  found: 'there is no such topic',
  mends: keeperOf(type),
  mark: '',
});

const cutTopic = ({ topic, partition, low }: OffsetRange<EventType>): Difference => ({
  rule: 'EVT-13',
  says: 'a topic keeps all its events',
  id: `${topic}/${partition}`,
  found: `begins at offset ${low}`,
  mends: keeperOf(topic),
  mark: '',
});
