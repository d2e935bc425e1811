import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import kafkajs, { Kafka, logLevel, type AclEntry } from 'kafkajs';
import { eventTypes, type ServiceName, type Speaker } from '@accord/events';
import { topicsReadBy, topicsWrittenBy } from '@accord/events/access';
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

/** The rights that a principal is found to have. */
export interface Probed {
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  /** Groups that it may join. */
  readonly groups: readonly string[];
  readonly makesTopics: boolean;
  readonly changesTopics: boolean;
  readonly deletesTopics: boolean;
}

const groups = [
  ...['order', 'contract', 'refund', 'notification'].flatMap((name) => [
    `accord.${name}`,
    `accord.rebuild.${name}.probe`,
  ]),
  'accord.audit.probe',
];

/** False where the broker says that it is not allowed. @throws any other error. */
async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    const { errors = [error] } = error as { errors?: readonly unknown[] };
    if (errors.every((one) => /_AUTHORIZATION_FAILED$/.test(brokerErrorOf(one)))) return false;
    throw error;
  }
}

async function allowedOf(names: readonly string[], attempt: (name: string) => Promise<unknown>) {
  const allowed: string[] = [];
  for (const name of names) if (await isAllowed(() => attempt(name))) allowed.push(name);
  return allowed;
}

/** Of kafkajs. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(of: { nodeId: string }): Promise<{
    fetch(ask: object): Promise<unknown>;
    findGroupCoordinator(of: { groupId: string; coordinatorType: number }): Promise<unknown>;
  }>;
}

function clusterOf(kafka: KafkaClient): Cluster {
  const inside = kafkajsOf(kafka) as unknown as Record<symbol, (ask: object) => Cluster>;
  const make = Object.getOwnPropertySymbols(inside).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )!;
  return inside[make]!({ allowAutoTopicCreation: false });
}

/** Tries everything: what is allowed happens, so the topics are of no use afterwards. */
export async function probe(kafka: KafkaClient): Promise<Probed> {
  const sender = await openSender(kafka);
  const cluster = clusterOf(kafka);
  const admin = kafkajsOf(kafka).admin();
  await Promise.all([cluster.connect(), admin.connect()]);
  await cluster.refreshMetadata();
  const broker = await cluster.findBroker({ nodeId: '1' });
  const fetch = (topic: string) =>
    broker.fetch({
      ...{ replicaId: -1, isolationLevel: 1, maxWaitTime: 1, minBytes: 0, maxBytes: 1_000 },
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: '0', maxBytes: 1_000 }] }],
    });
  const topicResource = 2;
  try {
    return {
      writes: await allowedOf(topics, (topic) =>
        sender.send([{ topic, key: 'probe', value: '{}', headers: {} }]),
      ),
      reads: await allowedOf(topics, fetch),
      groups: await allowedOf(groups, (groupId) =>
        broker.findGroupCoordinator({ groupId, coordinatorType: 0 }),
      ),
      makesTopics: await isAllowed(() =>
        admin.createTopics({ validateOnly: true, topics: [{ topic: 'of.nobody', numPartitions: 1 }] }),
      ),
      changesTopics: await isAllowed(() =>
        admin.alterConfigs({
          validateOnly: true,
          resources: [
            {
              type: topicResource,
              name: 'order.paid',
              configEntries: [{ name: 'retention.ms', value: '-1' }],
            },
          ],
        }),
      ),
      deletesTopics: await isAllowed(() => admin.deleteTopics({ topics: ['order.paid'] })),
    };
  } finally {
    await Promise.all([sender.close(), cluster.disconnect(), admin.disconnect()]);
  }
}

const inOrder = (names: readonly string[]) => topics.filter((topic) => names.includes(topic));

/** The rights that the table says. */
export const expectedOf = (): Record<string, Probed> =>
  Object.fromEntries(
    principals.map((name) => {
      const isService = ['order', 'contract', 'refund', 'notification'].includes(name);
      const reads = name === 'auditor' ? eventTypes : isService ? topicsReadBy(name as ServiceName) : [];
      return [
        name,
        {
          writes: inOrder(topicsWrittenBy(name as Speaker)),
          reads: inOrder(reads),
          groups: groups.filter((group) =>
            name === 'auditor' ? group.startsWith('accord.audit.') : group.split('.').includes(name),
          ),
          makesTopics: false,
          changesTopics: name === 'topics',
          deletesTopics: false,
        },
      ];
    }),
  );
