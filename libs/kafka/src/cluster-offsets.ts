import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { isRetriable } from './broker-errors.ts';

/** Of kafkajs, one behind each of its clients. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number }[];
  findGroupCoordinator(of: { readonly groupId: string }): Promise<{
    offsetCommit(ask: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
      readonly topics: readonly TopicOffsets[];
    }): Promise<unknown>;
  }>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning: boolean;
    }[],
  ): Promise<readonly TopicOffsets[]>;
}

interface TopicOffsets {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
}

export interface ClusterOffsets {
  /**
   * Of the first messages and of the next ones, of all partitions of these topics.
   *
   * @throws Error where a topic is unknown or a partition has no leader, also when asked again.
   */
  of(topics: readonly string[]): Promise<{
    readonly lows: readonly TopicOffsets[];
    readonly highs: readonly TopicOffsets[];
  }>;
  /**
   * Where the group goes on, of these partitions. @throws Error where it has members.
   */
  commit(groupId: string, topics: readonly TopicOffsets[]): Promise<void>;
  close(): Promise<void>;
}

/** As often as kafkajs tries what may succeed later. */
const tries = 5;

/**
 * kafkajs' admin asks topic by topic, twice for each, and each question waits for those before it. The cluster
 * behind its clients takes all topics in two requests to each broker.
 */
export function clusterOffsets(kafka: Kafka): ClusterOffsets {
  const makeCluster = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )!;
  const { [makeCluster]: make } = kafka as unknown as Record<symbol, (ask: object) => Cluster>;
  const cluster = make!({ allowAutoTopicCreation: false });
  let isConnected = false;
  const offsets = (topics: readonly string[], fromBeginning: boolean) =>
    cluster.fetchTopicsOffset(
      topics.map((topic) => ({
        topic,
        partitions: cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => ({ partition: partitionId })),
        fromBeginning,
      })),
    );
  const ask = async (topics: readonly string[]) => {
    await cluster.addMultipleTargetTopics(topics);
    await cluster.refreshMetadataIfNecessary();
    return { lows: await offsets(topics, true), highs: await offsets(topics, false) };
  };
  const connected = async () => {
    if (!isConnected) await cluster.connect();
    isConnected = true;
  };
  return {
    async commit(groupId, topics) {
      await connected();
      const coordinator = await cluster.findGroupCoordinator({ groupId });
      // As of no generation: the broker takes it for a group without members alone.
      await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics });
    },
    async of(topics) {
      await connected();
      for (let left = tries - 1; ; left -= 1) {
        try {
          return await ask(topics);
        } catch (error) {
          if (left === 0 || !isRetriable(error)) throw error;
          await sleep(100);
          await cluster.refreshMetadata();
        }
      }
    },
    close: async () => {
      if (isConnected) await cluster.disconnect();
    },
  };
}
