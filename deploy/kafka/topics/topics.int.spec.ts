import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { eventTypes } from '@accord/events';
import { serviceNames } from '@accord/events/services';
import { topicSettings } from '@accord/events/topics';
import { until } from '@accord/testing';

const { CompressionTypes } = kafkajs;
const prefix = `topics${process.pid}.`;
const brokers = process.env['ACCORD_KAFKA_BROKERS'] ?? '';
const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
const own = async () => (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));

/** Runs the command as an operator does. */
const apply = (settings: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('./apply.ts', import.meta.url))], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ACCORD_ENV: 'development',
      ACCORD_TOPIC_PREFIX: prefix,
      ACCORD_TOPIC_REPLICATION: '1',
      ...settings,
    },
  });

beforeAll(() => admin.connect());
afterAll(async () => {
  await admin.deleteTopics({ topics: await own() });
  await admin.disconnect();
});

test(
  'EVT-1 one command makes a topic for every event type and ' +
    'for each service’s dead letters, as declared',
  async () => {
    await apply();
    expect((await own()).sort()).toEqual(
      [...eventTypes, ...serviceNames.map((name) => `${name}.dead_letter`)]
        .map((name) => prefix + name)
        .sort(),
    );

    const { topics } = await admin.fetchTopicMetadata({ topics: eventTypes.map((type) => prefix + type) });
    const partitions = Object.fromEntries(topics.map(({ name, partitions: made }) => [name, made.length]));
    expect(partitions).toEqual(
      Object.fromEntries(eventTypes.map((type) => [prefix + type, topicSettings[type].partitions])),
    );
  },
);

test('EVT-13 no event ever expires, whatever the broker does with other topics', async () => {
  const configNames = ['cleanup.policy', 'retention.bytes', 'retention.ms'];
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: eventTypes.map((type) => ({ type: 2, name: prefix + type, configNames })),
  });
  const kept = resources.map(({ configEntries }) =>
    configEntries
      .map(
        ({ configName, configValue, isDefault }) =>
          `${configName}=${configValue}${isDefault ? ' by default' : ''}`,
      )
      .sort(),
  );
  expect(kept).toEqual(
    eventTypes.map(() => ['cleanup.policy=delete', 'retention.bytes=-1', 'retention.ms=-1']),
  );
});

test('EVT-1 the command may be run again', async () => {
  const before = (await own()).length;
  expect(await apply()).toEqual({
    stdout: `${before} topics are there: 0 made now, of 1 replicas each; 0 settings mended\n`,
    stderr: '',
  });
  expect(await own()).toHaveLength(before);
});

test(
  'EVT-9 what unpacks to more than a message may have is ' + 'refused by the broker, not left to its readers',
  async () => {
    // The broker of a new partition is told of it after the command has ended: kafkajs asks again until then.
    const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const messages = [{ key: 'pay-1', value: 'x'.repeat(20_000_000) }];
    await expect(
      producer.send({ topic: `${prefix}payment.received`, compression: CompressionTypes.GZIP, messages }),
    ).rejects.toThrow(/larger than the max message size/);
    await producer.disconnect();
  },
);

const [topic, other] = ['order.paid', 'order.placed'].map((type) => prefix + type) as [string, string];
const week = String(7 * 24 * 3_600_000);

test(
  'EVT-1 EVT-13 a topic that is kept otherwise than declared is set as declared, and told; what ' +
    'else somebody set stays',
  async () => {
    const configEntries = Object.entries({
      'cleanup.policy': 'compact',
      'retention.ms': week,
      'max.message.bytes': '2000000',
    }).map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
    // A broker hears of it from the controller, after the command has.
    const set = async () => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic }],
      });
      return resources[0]!.configEntries
        .filter(({ configSource }) => configSource === 1)
        .map(({ configName, configValue }) => `${configName}=${configValue}`)
        .sort();
    };
    await until('the broker knows', async () => (await set()).includes('cleanup.policy=compact'));
    const { stdout } = await apply();
    expect(
      stdout
        .split('\n')
        .filter((line) => line.includes(': '))
        .slice(0, -1),
    ).toEqual([
      `${topic}: cleanup.policy was compact, is delete`,
      `${topic}: retention.ms was ${week}, is -1`,
      `${topic}: retention.bytes was not set, is -1`,
      `${topic}: compression.type was not set, is uncompressed`,
    ]);
    expect(stdout).toMatch(/; 4 settings mended\n$/);
    await until('the broker knows', async () => (await set()).includes('cleanup.policy=delete'));
    expect(await set()).toEqual([
      'cleanup.policy=delete',
      'compression.type=uncompressed',
      'max.message.bytes=2000000',
      'retention.bytes=-1',
      'retention.ms=-1',
    ]);
  },
);

test(
  'EVT-1 EVT-7 a topic with another number of partitions keeps it, for the order of its keys: the ' +
    'command does the rest, says so and fails',
  async () => {
    await admin.createPartitions({
      topicPartitions: [
        { topic, count: 5 },
        { topic: other, count: 6 },
      ],
    });
    await admin.deleteTopics({ topics: [`${prefix}order.dead_letter`] });
    await until('it is gone', async () => !(await own()).includes(`${prefix}order.dead_letter`));
    const says = [`${topic} has 5`, `${other} has 6`].map(
      (what) =>
        `topics: ${what} partitions instead of 4, and keeps them: among others its keys would lose their order\n`,
    );
    const failed = await apply().catch(
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining(': 1 made now') });
    expect(failed.stderr.split(/(?<=\n)/).sort()).toEqual(says);
    expect(await own()).toContain(`${prefix}order.dead_letter`);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic, other] });
    expect(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))).toEqual({
      [topic]: 5,
      [other]: 6,
    });
  },
);

test('EVT-1 without a broker it says in one line what is missing, and fails', async () => {
  await expect(apply({ ACCORD_KAFKA_BROKERS: '' })).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'topics: settings: ACCORD_KAFKA_BROKERS is missing\n',
  });
});
