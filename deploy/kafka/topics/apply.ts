import { deadLetterTopic, eventTypes, type ServiceName } from '@accord/events';
import { applyTopics } from '@accord/platform';
import { pino } from 'pino';
import { z } from 'zod';

// Makes the topics that are missing, as libs/events/src/topics.ts declares them (EVT-1): `node deploy/kafka/topics/apply.ts`.
// It is run before a new version of the services; what exists stays as it is, so it may be run again.

const settings = z
  .object({
    ACCORD_KAFKA_BROKERS: z.string().min(1),
    ACCORD_TOPIC_PREFIX: z.string().default(''),
    /** 3 in production; a single broker needs 1. */
    ACCORD_TOPIC_REPLICATION: z.coerce.number().int().positive().default(3),
  })
  .parse(process.env);

const services: readonly ServiceName[] = ['order', 'contract', 'refund', 'notification'];
const topics = [...eventTypes, ...services.map(deadLetterTopic)];
const log = pino({ level: 'warn' });

await applyTopics(
  { brokers: settings.ACCORD_KAFKA_BROKERS.split(','), topicPrefix: settings.ACCORD_TOPIC_PREFIX, log },
  { topics, replication: settings.ACCORD_TOPIC_REPLICATION },
);
process.stdout.write(`${topics.length} topics are there, each of ${settings.ACCORD_TOPIC_REPLICATION} replicas when made now\n`);
