import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import kafkajs, { Kafka, logLevel, type AclEntry } from 'kafkajs';
import { eventTypes } from '@accord/events';
import { topicsReadBy, topicsWrittenBy } from '@accord/events/access';
import { serviceNames, type Speaker } from '@accord/events/services';
import { brokerErrorOf, openSender, type KafkaClient } from '@accord/kafka';
import { topics } from '@accord/local/parts';
import { principals } from '../../deploy/kafka/access/rules.ts';
import { kafkajsOf } from '../../libs/kafka/src/client.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const upper = (word: string) => word.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

/** As kafka-acls.sh reads one of its commands: each operation with each name. */
function entriesOf(line: string): AclEntry[] {
  const all = (option: string) =>
    [...line.matchAll(new RegExp(`--${option} '?([^' ]+)'?`, 'g'))].map(([, value]) => value!);
  const [principal] = all('allow-principal');
  const [pattern] = all('resource-pattern-type');
  const resource = line.includes('--topic ') ? 'topic' : 'group';
  return all('operation').flatMap((operation) =>
    all(resource).map((resourceName) => ({
      principal: principal!,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      operation: AclOperationTypes[upper(operation) as 'READ'],
      resourceType: AclResourceTypes[upper(resource) as 'TOPIC'],
      resourcePatternType: ResourcePatternTypes[upper(pattern!) as 'LITERAL'],
      resourceName,
    })),
  );
}

const door = fileURLToPath(new URL('../../deploy/accord.ts', import.meta.url));

/** Gives the broker the access lists that the command prints, and no others. */
export async function allow(brokers: string): Promise<void> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [door, 'access', '--principal', 'User:{name}'],
    {
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    },
  );
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createAcls({ acl: stdout.trim().split('\n').flatMap(entriesOf) });
  await admin.disconnect();
}

/** By an operation of Kafka on a kind of resource, the names on which a principal may do it. */
export type Rights = Readonly<Record<string, readonly string[]>>;

/** Groups that somebody may join, with one that nobody may, and one each whose name only begins as another's. */
const groups = [
  ...serviceNames.flatMap((name) => [
    `accord.${name}`,
    `accord.${name}.of.nobody`,
    `accord.rebuild.${name}.probe`,
  ]),
  'accord.audit.probe',
  'of.nobody',
];

/** Of the broker: it let the request through, and found something else. */
const looked = new Set([
  'TOPIC_ALREADY_EXISTS',
  'INVALID_PARTITIONS',
  'INVALID_REPLICA_ASSIGNMENT',
  'UNKNOWN_MEMBER_ID',
  'GROUP_ID_NOT_FOUND',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** False where the broker says that it is not allowed. @throws any other error. */
async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    const { errors = [error] } = error as { errors?: readonly unknown[] };
    const [type] = errors.map(brokerErrorOf);
    if (/_AUTHORIZATION_FAILED$/.test(type!)) return false;
    if (looked.has(type!)) return true;
    throw error;
  }
}

async function allowedOf(names: readonly string[], attempt: (name: string) => Promise<unknown>) {
  const allowed: string[] = [];
  for (const name of names) if (await isAllowed(() => attempt(name))) allowed.push(name);
  return allowed;
}

/** Requests of Kafka's protocol, as kafkajs makes them. */
type Request =
  | 'fetch'
  | 'metadata'
  | 'createTopics'
  | 'createPartitions'
  | 'deleteTopics'
  | 'describeConfigs'
  | 'alterConfigs'
  | 'findGroupCoordinator'
  | 'heartbeat'
  | 'deleteGroups'
  | 'initProducerId'
  | 'describeAcls';
type Broker = Readonly<Record<Request, (ask: unknown) => Promise<unknown>>>;

/** Of kafkajs. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(of: { nodeId: string }): Promise<Broker>;
}

function clusterOf(kafka: KafkaClient): Cluster {
  const inside = kafkajsOf(kafka) as unknown as Record<symbol, (ask: object) => Cluster>;
  const make = Object.getOwnPropertySymbols(inside).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )!;
  return inside[make]!({ allowAutoTopicCreation: false });
}

const [ofTopic, ofBroker] = [2, 4];
const ofTopics = (broker: Broker, send: (topic: string) => Promise<unknown>) => {
  const config = (topic: string) => ({ type: ofTopic, name: topic });
  const entries = [{ name: 'retention.ms', value: '-1' }];
  return {
    Write: send,
    Read: (topic: string) =>
      broker.fetch({
        ...{ replicaId: -1, isolationLevel: 1, maxWaitTime: 1, minBytes: 0, maxBytes: 1_000 },
        topics: [{ topic, partitions: [{ partition: 0, fetchOffset: '0', maxBytes: 1_000 }] }],
      }),
    Describe: (topic: string) => broker.metadata([topic]),
    Create: (topic: string) =>
      broker.createTopics({
        validateOnly: true,
        topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries: [], replicaAssignment: [] }],
      }),
    Alter: (topic: string) =>
      broker.createPartitions({ validateOnly: true, topicPartitions: [{ topic, count: 99 }] }),
    DescribeConfigs: (topic: string) => broker.describeConfigs({ resources: [config(topic)] }),
    AlterConfigs: (topic: string) =>
      broker.alterConfigs({
        validateOnly: true,
        resources: [{ ...config(topic), configEntries: entries }],
      }),
    Delete: (topic: string) => broker.deleteTopics({ topics: [topic] }),
  };
};

const ofGroups = (broker: Broker) => ({
  Describe: (groupId: string) => broker.findGroupCoordinator({ groupId, coordinatorType: 0 }),
  Read: (groupId: string) => broker.heartbeat({ groupId, groupGenerationId: 1, memberId: 'nobody' }),
  async Delete(groupId: string) {
    const { results } = (await broker.deleteGroups([groupId])) as { results: { error?: Error }[] };
    if (results[0]?.error) throw results[0].error;
  },
});

const ofCluster = (broker: Broker): Readonly<Record<string, () => Promise<unknown>>> => ({
  'write in transactions': () =>
    broker.initProducerId({ transactionalId: 'of.nobody', transactionTimeout: 1_000 }),
  'read access lists': () =>
    broker.describeAcls({ resourceType: 1, resourcePatternType: 1, operation: 1, permissionType: 1 }),
  'alter a broker': () =>
    broker.alterConfigs({
      validateOnly: true,
      resources: [
        { type: ofBroker, name: '1', configEntries: [{ name: 'log.cleaner.threads', value: '1' }] },
      ],
    }),
});

/** Tries everything: what is allowed happens, so the topics are of no use afterwards. */
export async function probe(kafka: KafkaClient): Promise<Rights> {
  const sender = await openSender(kafka);
  const cluster = clusterOf(kafka);
  await cluster.connect();
  await cluster.refreshMetadata();
  const broker = await cluster.findBroker({ nodeId: '1' });
  const rights: Record<string, readonly string[]> = {};
  try {
    const send = (topic: string) => sender.send([{ topic, key: 'probe', value: '{}', headers: {} }]);
    // To delete them comes last.
    for (const [operation, attempt] of Object.entries(ofTopics(broker, send)))
      rights[`topic ${operation}`] = await allowedOf([...topics, 'of.nobody'], attempt);
    for (const [operation, attempt] of Object.entries(ofGroups(broker)))
      rights[`group ${operation}`] = await allowedOf(groups, attempt);
    const ways = ofCluster(broker);
    rights['cluster'] = await allowedOf(Object.keys(ways), (way) => ways[way]!());
    return rights;
  } finally {
    await Promise.all([sender.close(), cluster.disconnect()]);
  }
}

const inOrder = (names: readonly string[]) => topics.filter((topic) => names.includes(topic));

/** The rights that the table says. To read or write includes to describe; to alter settings, to describe them. */
export const expectedOf = (): Readonly<Record<string, Rights>> =>
  Object.fromEntries(
    principals.map((name) => {
      const service = serviceNames.find((one) => one === name);
      const reads = name === 'auditor' ? eventTypes : service ? topicsReadBy(service) : [];
      const writes = topicsWrittenBy(name as Speaker);
      const kept = name === 'topics' ? topics : [];
      const own = groups.filter((group) => {
        if (name === 'auditor') return group.startsWith('accord.audit.');
        return group === `accord.${name}` || group.startsWith(`accord.rebuild.${name}.`);
      });
      return [
        name,
        {
          'topic Write': inOrder(writes),
          'topic Read': inOrder(reads),
          'topic Describe': inOrder([...writes, ...reads, ...kept]),
          'topic Create': kept,
          'topic Alter': [],
          'topic DescribeConfigs': kept,
          'topic AlterConfigs': kept,
          'topic Delete': [],
          'group Describe': own,
          'group Read': own,
          'group Delete': own.filter((group) => group !== `accord.${name}`),
          cluster: [],
        },
      ];
    }),
  );
