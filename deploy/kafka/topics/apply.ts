import { pino } from 'pino';
import { z } from 'zod';
import { readSettings } from '@accord/core/runtime';
import { eventTypes } from '@accord/events';
import { serviceNames } from '@accord/events/services';
import { deadLetterTopic } from '@accord/events/topics';
import { applyTopics } from '@accord/kafka';
import { kafkaAccess, kafkaSettings } from '@accord/platform';

// Makes the topics that are missing, as libs/events/src/topics.ts declares them, and sets what is kept
// otherwise (EVT-1): `node deploy/kafka/topics/apply.ts`. It is run before a new version of the services, and
// may be run again. It fails where a topic has another number of partitions, which it leaves.

const settings = kafkaSettings.extend({
  /** 3 in production; a single broker needs 1. */
  ACCORD_TOPIC_REPLICATION: z.coerce.number().int().positive().default(3),
});

const topics = [...eventTypes, ...serviceNames.map(deadLetterTopic)];
const log = pino({ level: 'warn' });

try {
  const given = readSettings(settings, process.env);
  const replication = given.ACCORD_TOPIC_REPLICATION;
  const { created, corrected, mismatched } = await applyTopics(
    { ...kafkaAccess(given), log },
    { topics, replication },
  );
  for (const line of corrected) console.log(line);
  console.log(
    `${topics.length} topics are there: ${created.length} made now, of ${replication} replicas each; ` +
      `${corrected.length} settings mended`,
  );
  for (const line of mismatched)
    console.error(`topics: ${line}, and keeps them: among others its keys would lose their order`);
  process.exitCode = mismatched.length > 0 ? 1 : 0;
} catch (error) {
  console.error(`topics: ${(error as Error).message}`);
  process.exitCode = 1;
}
