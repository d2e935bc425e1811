import { randomBytes } from 'node:crypto';
import { type Event, headersOf } from '@accord/events';
import { applyTopics } from '@accord/platform';
import { log } from './ground.ts';

export const topic = 'order.cancelled';

export interface Message {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** Messages of the size and the headers that services really send, each key's versions in order. */
export function messages(count: number, keys: number, sample: Event): Message[] {
  const value = JSON.stringify(sample.data);
  return Array.from({ length: count }, (_, i) => {
    const key = `ord_${i % keys}`;
    const event = { ...sample, id: crypto.randomUUID(), subject: { ...sample.subject, id: key, version: Math.floor(i / keys) + 1 } } as Event;
    return { key, value, headers: headersOf(event, { source: '/services/order' }) };
  });
}

/** A prefix under which the topic exists and is empty. */
export async function freshTopic(brokers: readonly string[]): Promise<string> {
  const topicPrefix = `bench${randomBytes(4).toString('hex')}.`;
  await applyTopics({ brokers, topicPrefix, log }, { topics: [topic], replication: 1 });
  return topicPrefix;
}
