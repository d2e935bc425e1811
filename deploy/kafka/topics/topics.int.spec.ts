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
const apply = (settings: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('./apply.ts', import.meta.url))], {
    env: { ...process.env, NODE_OPTIONS: '', ACCORD_TOPIC_PREFIX: prefix, ACCORD_TOPIC_REPLICATION: '1', ...settings },
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
}, 30_000);

test('EVT-13 no event ever expires, whatever the broker does with other topics', async () => {
  const configNames = ['cleanup.policy', 'retention.bytes', 'retention.ms'];
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: eventTypes.map((type) => ({ type: 2, name: prefix + type, configNames })) });
  const kept = resources.map(({ configEntries }) => configEntries.map(({ configName, configValue, isDefault }) => `${configName}=${configValue}${isDefault ? ' by default' : ''}`).sort());
  expect(kept).toEqual(eventTypes.map(() => ['cleanup.policy=delete', 'retention.bytes=-1', 'retention.ms=-1']));
});

test('EVT-1 the command may be run again', async () => {
  const before = (await own()).length;
  await apply();
  expect(await own()).toHaveLength(before);
}, 30_000);

test('EVT-1 without a broker it says in one line what is missing, and fails', async () => {
  await expect(apply({ ACCORD_KAFKA_BROKERS: '' })).rejects.toMatchObject({ code: 1, stdout: '', stderr: 'topics: settings: ACCORD_KAFKA_BROKERS is missing\n' });
});
