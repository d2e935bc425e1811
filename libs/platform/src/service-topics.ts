import { deadLetterTopic, topicsSpokenBy } from '@accord/events/topics';
import { openAdmin, type KafkaClient } from '@accord/kafka';
import type { Service } from './service.ts';

/** The topics that a service writes or reads, without prefix. */
export const topicsOf = ({ name, subscriptions }: Pick<Service, 'name' | 'subscriptions'>): string[] => [
  ...new Set([...topicsSpokenBy(name), ...Object.keys(subscriptions), deadLetterTopic(name)]),
];

/** @throws Error that names the topics which the broker does not have, or says why it was not asked. */
export async function checkTopics(kafka: KafkaClient, service: Service): Promise<void> {
  const admin = await openAdmin(kafka);
  try {
    const missing = await admin.missingTopics(topicsOf(service));
    if (missing.length > 0) throw new Error(`topics are missing (command topics): ${missing.join(', ')}`);
  } finally {
    await admin.close();
  }
}
