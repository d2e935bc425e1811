import type { Admin as KafkajsAdmin, KafkaJSDeleteGroupsError } from 'kafkajs';
import { isUnknownTopic, whenCoordinated } from './broker-errors.ts';
import { kafkajsOf, type KafkaClient } from './client.ts';
import { clusterOffsets, type ClusterOffsets } from './cluster-offsets.ts';

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
  /** How many members each of these groups has now. */
  groupMembers(groups: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Where the group goes on, of each of these partitions. @throws Error where it has members. */
  setGroupOffsets(
    group: string,
    offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: bigint }[],
  ): Promise<void>;
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
  const offsets = clusterOffsets(kafkajsOf(kafka));
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
  return {
    async cluster() {
      const { clusterId, brokers } = await admin.describeCluster();
      return { id: clusterId, brokers: brokers.length };
    },
    topics: async () => ours(await admin.listTopics()),
    missingTopics: async (topics) => (await missingOf(admin, withPrefix(topics))).map(nameOf),
    groups: async () => ours((await admin.listGroups()).groups.map(({ groupId }) => groupId)),
    async offsetRanges<Topic extends string>(topics: readonly Topic[]) {
      const { lows, highs } = await offsets.of(withPrefix(topics));
      const placeOf = (topic: string, partition: number) => `${topic} ${partition}`;
      const firsts = new Map(
        lows.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => [placeOf(topic, partition), BigInt(offset)] as const),
        ),
      );
      return highs.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({
          topic: nameOf(topic) as Topic,
          partition,
          low: firsts.get(placeOf(topic, partition)) ?? 0n,
          high: BigInt(offset),
        })),
      );
    },
    deleteTopics: (topics) => admin.deleteTopics({ topics: withPrefix(topics) }),
    async deleteGroups(groups) {
      const failed = await admin.deleteGroups(withPrefix(groups)).then(() => [], failedDeletions);
      return new Map(failed.map(({ groupId, error }) => [nameOf(groupId), error?.message ?? 'unknown']));
    },
    ...groupsOf({ admin, offsets, topicPrefix }),
    async close() {
      await Promise.all([admin.disconnect(), offsets.close()]);
    },
  };
}

/** The part of an admin that looks after groups. */
function groupsOf({
  admin,
  offsets,
  topicPrefix,
}: {
  admin: KafkajsAdmin;
  offsets: ClusterOffsets;
  topicPrefix: string;
}): Pick<Admin, 'groupMembers' | 'setGroupOffsets'> {
  return {
    async groupMembers(groups) {
      const described = await whenCoordinated(() =>
        admin.describeGroups(groups.map((group) => topicPrefix + group)),
      );
      return new Map(
        described.groups.map(({ groupId, members }) => [groupId.slice(topicPrefix.length), members.length]),
      );
    },
    async setGroupOffsets(group, wanted) {
      const topics = [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topic, of]) => ({
        topic: topicPrefix + topic,
        partitions: of.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      }));
      await whenCoordinated(() => offsets.commit(topicPrefix + group, topics));
    },
  };
}
