import type { Admin as KafkajsAdmin, KafkaJSDeleteGroupsError } from 'kafkajs';
import { isUnknownTopic } from './broker-errors.ts';
import { kafkajsOf, type KafkaClient } from './client.ts';

/** The messages that a partition has, as offsets. */
export interface OffsetRange<Topic extends string = string> {
  readonly topic: Topic;
  readonly partition: number;
  /** Offset of its first message. */
  readonly low: bigint;
  /** Offset of the message that comes next. */
  readonly high: bigint;
}

/** Topics and groups are named without the client's prefix. */
export interface Admin {
  /** The cluster's id, and how many brokers have registered with it. */
  cluster(): Promise<{ readonly id: string; readonly brokers: number }>;
  topics(): Promise<ReadonlySet<string>>;
  /** The ones among these that the cluster does not have; none is made by the question. */
  missingTopics(topics: readonly string[]): Promise<string[]>;
  groups(): Promise<ReadonlySet<string>>;
  /** Of all partitions of these topics. @throws Error where a partition has no leader (yet). */
  offsetRanges<Topic extends string>(topics: readonly Topic[]): Promise<OffsetRange<Topic>[]>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  /**
   * @returns the broker's reason for each group that stays, as one that still has members; a killed member is
   * counted for some seconds.
   */
  deleteGroups(groups: readonly string[]): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

function failedDeletions(error: Error): KafkaJSDeleteGroupsError['groups'] {
  if (error.name === 'KafkaJSDeleteGroupsError') return (error as KafkaJSDeleteGroupsError).groups;
  throw error;
}

async function missingOf(admin: KafkajsAdmin, topics: string[]): Promise<string[]> {
  try {
    await admin.fetchTopicMetadata({ topics });
    return [];
  } catch (error) {
    if (!isUnknownTopic(error)) throw error;
    const there = new Set(await admin.listTopics());
    return topics.filter((topic) => !there.has(topic));
  }
}

export async function openAdmin(kafka: KafkaClient): Promise<Admin> {
  const { topicPrefix } = kafka;
  const admin = kafkajsOf(kafka).admin();
  try {
    await admin.connect();
  } catch (error) {
    await admin.disconnect();
    throw error;
  }
  const withPrefix = (names: readonly string[]) => names.map((name) => topicPrefix + name);
  const nameOf = (name: string) => name.slice(topicPrefix.length);
  const ours = (names: readonly string[]) =>
    new Set(names.filter((name) => name.startsWith(topicPrefix)).map(nameOf));
  const asked = new Set<string>();
  const rangesOf = async <Topic extends string>(topic: Topic): Promise<OffsetRange<Topic>[]> =>
    (await admin.fetchTopicOffsets(topicPrefix + topic)).map(({ partition, low, high }) => ({
      topic,
      partition,
      low: BigInt(low),
      high: BigInt(high),
    }));
  return {
    async cluster() {
      const { clusterId, brokers } = await admin.describeCluster();
      return { id: clusterId, brokers: brokers.length };
    },
    topics: async () => ours(await admin.listTopics()),
    missingTopics: async (topics) => (await missingOf(admin, withPrefix(topics))).map(nameOf),
    groups: async () => ours((await admin.listGroups()).groups.map(({ groupId }) => groupId)),
    async offsetRanges<Topic extends string>(topics: readonly Topic[]) {
      // The first question about a topic makes it known, under a lock that waits no longer than one request may
      // take: those are asked one after the other.
      for (const topic of topics.filter((one) => !asked.has(one))) {
        await rangesOf(topic);
        asked.add(topic);
      }
      return (await Promise.all(topics.map(rangesOf))).flat();
    },
    deleteTopics: (topics) => admin.deleteTopics({ topics: withPrefix(topics) }),
    async deleteGroups(groups) {
      const failed = await admin.deleteGroups(withPrefix(groups)).then(() => [], failedDeletions);
      return new Map(failed.map(({ groupId, error }) => [nameOf(groupId), error?.message ?? 'unknown']));
    },
    close: () => admin.disconnect(),
  };
}
