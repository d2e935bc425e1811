import { deadLetterTopic, eventTypes, type ServiceName } from '@accord/events';
import { applyTopics, platformSettings, readSettings } from '@accord/platform';
import { pino } from 'pino';
import { z } from 'zod';

// Makes the topics that are missing, as libs/events/src/topics.ts declares them (EVT-1): `node deploy/kafka/topics/apply.ts`.
// It is run before a new version of the services; what exists stays as it is, so it may be run again.

const { shape } = platformSettings;

const settings = z.object({
  ACCORD_KAFKA_BROKERS: shape.ACCORD_KAFKA_BROKERS,
  ACCORD_TOPIC_PREFIX: shape.ACCORD_TOPIC_PREFIX,
  /** 3 in production; a single broker needs 1. */
  ACCORD_TOPIC_REPLICATION: z.coerce.number().int().positive().default(3),
});

const services: readonly ServiceName[] = ['order', 'contract', 'refund', 'notification'];
const topics = [...eventTypes, ...services.map(deadLetterTopic)];
const log = pino({ level: 'warn' });

try {
  const { ACCORD_KAFKA_BROKERS: brokers, ACCORD_TOPIC_PREFIX: topicPrefix, ACCORD_TOPIC_REPLICATION: replication } = readSettings(settings, process.env);
  await applyTopics({ brokers, topicPrefix, log }, { topics, replication });
  console.log(`${topics.length} topics are there, each of ${replication} replicas when made now`);
} catch (error) {
  console.error(`topics: ${(error as Error).message}`);
  process.exitCode = 1;
}
