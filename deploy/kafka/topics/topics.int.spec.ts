import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventTypes, topicSettings } from '@accord/events';
import { Kafka, logLevel } from 'kafkajs';

const prefix = `topics${process.pid}.`;
const brokers = process.env['ACCORD_KAFKA_BROKERS'] ?? '';
const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
const own = async () => (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));

/** Runs the command as an operator does. */
const apply = () =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('./apply.ts', import.meta.url))], {
    env: { ...process.env, NODE_OPTIONS: '', ACCORD_TOPIC_PREFIX: prefix, ACCORD_TOPIC_REPLICATION: '1' },
  });

beforeAll(() => admin.connect());
afterAll(async () => {
  await admin.deleteTopics({ topics: await own() });
  await admin.disconnect();
});

test('EVT-1 one command makes a topic for every event type and for each service’s dead letters, as declared', async () => {
  await apply();
  const services = ['order', 'contract', 'refund', 'notification'];
  expect((await own()).sort()).toEqual([...eventTypes, ...services.map((name) => `${name}.dead_letter`)].map((name) => prefix + name).sort());

  const { topics } = await admin.fetchTopicMetadata({ topics: eventTypes.map((type) => prefix + type) });
  const partitions = Object.fromEntries(topics.map(({ name, partitions: made }) => [name, made.length]));
  expect(partitions).toEqual(Object.fromEntries(eventTypes.map((type) => [prefix + type, topicSettings[type].partitions])));

  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: eventTypes.map((type) => ({ type: 2, name: prefix + type, configNames: ['retention.ms'] })),
  });
  expect(new Set(resources.map(({ configEntries }) => configEntries[0]?.configValue))).toEqual(new Set(['-1']));
}, 30_000);

test('EVT-1 the command may be run again', async () => {
  const before = (await own()).length;
  await apply();
  expect(await own()).toHaveLength(before);
}, 30_000);
