import { catalogue, eventTypes, type EventType } from './catalogue.ts';
import type { EventDefinition } from './definition.ts';
import type { ServiceName, Speaker } from './services.ts';

/** How a topic is kept. Events never expire, so that read models can be rebuilt from them (EVT-13). */
interface TopicSetting {
  readonly partitions: number;
  readonly retention: 'forever';
}

const usual: TopicSetting = { partitions: 4, retention: 'forever' };

/**
 * The one place that says how the topics are kept (EVT-1); replication is the installation's (3 in
 * production, 1 locally). A number of partitions is never lowered, and raised only while the topic is empty:
 * it decides which partition a key is in.
 */
export const topicSettings = Object.fromEntries(eventTypes.map((type) => [type, usual])) as Record<
  EventType,
  TopicSetting
>;

/** The one that writes to the topic. */
export const speakerOf = (topic: EventType): Speaker => (catalogue[topic] as EventDefinition).speaker;

/** In the order of the catalogue. */
export const topicsSpokenBy = (speaker: Speaker): readonly EventType[] =>
  eventTypes.filter((topic) => speakerOf(topic) === speaker);

/** Topics that other services of the platform write to (EVT-14); the rest is ours alone. */
export const publicTopics: ReadonlySet<string> = new Set<EventType>([
  'account.updated',
  'bill.issued',
  'resource.reported',
  'payment.received',
]);

/** The topic of the messages that a service gave up (EVT-9). */
export const deadLetterTopic = (service: ServiceName): string => `${service}.dead_letter`;
