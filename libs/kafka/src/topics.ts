import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { EventType } from '@accord/events';
import { topicSettings } from '@accord/events/topics';
import { kafkajsOf, openKafka, type KafkaSettings } from './client.ts';

/**
 * Set on every topic, whatever the broker's defaults: kept for ever (EVT-13), and uncompressed, so that the
 * broker's limit for a message also limits what readers unpack.
 */
const declared: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'compression.type': 'uncompressed',
};

interface AppliedTopics {
  /** Names of topics that were missing. */
  readonly created: readonly string[];
  /** `order.paid: retention.ms was 604800000, is -1`, a line for each setting that was not as declared. */
  readonly corrected: readonly string[];
  /**
   * `order.paid has 2 partitions instead of 4`, for each such topic. It keeps them: with another number its
   * keys would lose their order.
   */
  readonly mismatched: readonly string[];
}

interface Wanted {
  readonly topics: readonly string[];
  /** Replicas of topics that are created now. */
  readonly replication: number;
  /** Of each topic; default: as declared. */
  readonly partitions?: number;
}

/**
 * Creates the topics that are missing, with the partitions that `topicSettings` declares, and corrects the
 * settings of those that exist (EVT-1).
 */
export async function applyTopics(
  settings: Omit<KafkaSettings, 'clientId'>,
  wanted: Wanted,
): Promise<AppliedTopics> {
  const names = wanted.topics.map((topic) => settings.topicPrefix + topic);
  const partitionsOf = (name: string) =>
    wanted.partitions ?? topicSettings[name.slice(settings.topicPrefix.length) as EventType]?.partitions ?? 1;
  const admin = kafkajsOf(openKafka({ ...settings, clientId: 'accord-topics' })).admin();
  await admin.connect();
  try {
    const existing = new Map(
      (await admin.fetchTopicMetadata()).topics.map(({ name, partitions }) => [name, partitions.length]),
    );
    const created = names.filter((name) => !existing.has(name));
    if (created.length > 0)
      await createTopics(
        admin,
        created.map((topic) => ({
          topic,
          numPartitions: partitionsOf(topic),
          replicationFactor: wanted.replication,
        })),
      );
    const kept = names.filter((name) => existing.has(name));
    const mismatched = kept
      .filter((name) => existing.get(name) !== partitionsOf(name))
      .map((name) => `${name} has ${existing.get(name)} partitions instead of ${partitionsOf(name)}`);
    return { created, corrected: kept.length > 0 ? await correctSettings(admin, kept) : [], mismatched };
  } finally {
    await admin.disconnect();
  }
}

async function createTopics(admin: Admin, missing: readonly ITopicConfig[]): Promise<void> {
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
 * A broker learns of new topics a moment after they were created, on a busy machine a long one. kafkajs' own
 * wait (`waitForLeaders`) fails on that.
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

/** ConfigResource type TOPIC, and ConfigSource DYNAMIC_TOPIC_CONFIG: a setting of the topic's own. */
const topicResource = 2;
const ofTopic = 1;

/**
 * Sets also declared settings that only the broker's default fulfils: defaults change. Settings that are not
 * declared stay.
 */
async function correctSettings(admin: Admin, names: readonly string[]): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: topicResource, name })),
  });
  const corrected: string[] = [];
  const alike = resources.map(({ resourceName, configEntries }) => {
    const own = configEntries.filter(({ configSource }) => configSource === ofTopic);
    const is = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
    const differing = Object.entries(declared).filter(([name, value]) => is[name] !== value);
    corrected.push(
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
  // This request resets the settings that it does not name, so it names all of the topic's own.
  if (changed.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changed });
  return corrected;
}
