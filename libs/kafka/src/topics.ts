import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { EventType } from '@accord/events';
import { topicSettings } from '@accord/events/topics';
import { kafkaOf, type KafkaSettings } from './client.ts';

/**
 * Whatever the broker does unless told: kept for ever (EVT-13), and uncompressed, so that the broker's limit
 * for a message is one for what readers unpack, too.
 */
const declared: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'compression.type': 'uncompressed',
};

export interface AppliedTopics {
  /** Their names. */
  readonly made: readonly string[];
  /** `order.paid: retention.ms was 604800000, is -1`, a line for each setting that was not as declared. */
  readonly mended: readonly string[];
  /**
   * `order.paid has 2 partitions instead of 4`, for each such topic. It keeps them: among others its keys
   * would lose their order.
   */
  readonly unlike: readonly string[];
}

interface Wanted {
  readonly topics: readonly string[];
  /** Of topics that are made now. */
  readonly replication: number;
  /** Other than declared. */
  readonly partitions?: number;
}

/**
 * Makes the topics that are missing, with the partitions and retention of the one place that declares them,
 * and sets anew what is kept otherwise (EVT-1).
 */
export async function applyTopics(
  settings: Omit<KafkaSettings, 'clientId'>,
  wanted: Wanted,
): Promise<AppliedTopics> {
  const names = wanted.topics.map((topic) => settings.topicPrefix + topic);
  const partitionsOf = (name: string) =>
    wanted.partitions ?? topicSettings[name.slice(settings.topicPrefix.length) as EventType]?.partitions ?? 1;
  const admin = kafkaOf({ ...settings, clientId: 'accord-topics' }).admin();
  await admin.connect();
  try {
    const existing = new Map(
      (await admin.fetchTopicMetadata()).topics.map(({ name, partitions }) => [name, partitions.length]),
    );
    const made = names.filter((name) => !existing.has(name));
    if (made.length > 0)
      await makeTopics(
        admin,
        made.map((topic) => ({
          topic,
          numPartitions: partitionsOf(topic),
          replicationFactor: wanted.replication,
        })),
      );
    const kept = names.filter((name) => existing.has(name));
    const unlike = kept
      .filter((name) => existing.get(name) !== partitionsOf(name))
      .map((name) => `${name} has ${existing.get(name)} partitions instead of ${partitionsOf(name)}`);
    return { made, mended: kept.length > 0 ? await mendSettings(admin, kept) : [], unlike };
  } finally {
    await admin.disconnect();
  }
}

async function makeTopics(admin: Admin, missing: readonly ITopicConfig[]): Promise<void> {
  const configEntries = Object.entries(declared).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map((topic) => ({ ...topic, configEntries })),
  });
  await untilKnown(
    admin,
    missing.map(({ topic }) => topic),
  );
}

const knownWithinMs = 30_000;

/**
 * A broker learns of new topics a moment after they were made, on a busy machine a long one; kafkajs' own
 * wait fails on that.
 */
async function untilKnown(admin: Admin, topics: string[]): Promise<void> {
  for (const deadline = performance.now() + knownWithinMs; ; await sleep(50)) {
    try {
      const known = await admin.fetchTopicMetadata({ topics });
      if (
        known.topics.every(
          ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
        )
      )
        return;
      throw new Error('new topics have no leader yet');
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** Kafka's words for a topic, and for a setting of its own. */
const topicResource = 2;
const ofTopic = 1;

/**
 * What is as declared by the broker's default alone is set as well: defaults change. What nobody declared
 * stays as somebody set it.
 */
async function mendSettings(admin: Admin, names: readonly string[]): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: topicResource, name })),
  });
  const mended: string[] = [];
  const alike = resources.map(({ resourceName, configEntries }) => {
    const own = configEntries.filter(({ configSource }) => configSource === ofTopic);
    const is = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
    const differing = Object.entries(declared).filter(([name, value]) => is[name] !== value);
    mended.push(
      ...differing.map(
        ([name, value]) => `${resourceName}: ${name} was ${is[name] ?? 'not set'}, is ${value}`,
      ),
    );
    return {
      type: topicResource,
      name: resourceName,
      differs: differing.length > 0,
      configEntries: Object.entries({ ...is, ...declared }).map(([name, value]) => ({ name, value })),
    };
  });
  const changed = alike.filter(({ differs }) => differs).map(({ differs: _, ...resource }) => resource);
  // This request sets back what it does not name, so it names all that the topic has of its own.
  if (changed.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changed });
  return mended;
}
