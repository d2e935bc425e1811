import type { ICustomPartitioner, Producer } from 'kafkajs';
import { openAdmin } from './admin.ts';
import { kafkajsOf, type KafkaClient } from './client.ts';
import type { Outgoing } from './message.ts';
import { partitionOf } from './partitioner.ts';

export interface Sender {
  /**
   * Resolves when all in-sync replicas have the batch.
   *
   * @throws Error of the first refusal, with the broker's name of it (`brokerErrorOf`). Some of the batch may
   * have arrived also then.
   */
  send(batch: readonly Outgoing[]): Promise<void>;
  /** The topics under the client's prefix that the broker knows. */
  topics(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

const byKey: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    message.partition ?? partitionOf(String(message.key ?? ''), partitionMetadata.length);

/**
 * Acks of all replicas, and no retry: the relay retries, and opens a new sender after a failure. kafkajs' own
 * retry forgets a partition that meanwhile moved to a broker which had answered for its others, and reports
 * success.
 *
 * @param inFlight requests to a broker at a time. Batches keep their order where each waits for the one before.
 */
export async function openSender(kafka: KafkaClient, { inFlight = 1 } = {}): Promise<Sender> {
  const { topicPrefix } = kafka;
  const producer: Producer = kafkajsOf(kafka).producer({
    createPartitioner: byKey,
    maxInFlightRequests: inFlight,
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
  });
  await producer.connect();
  return {
    async send(batch) {
      const byTopic = new Map<string, Omit<Outgoing, 'topic'>[]>();
      for (const { topic, ...message } of batch) {
        const messages = byTopic.get(topic);
        if (messages) messages.push(message);
        else byTopic.set(topic, [message]);
      }
      await producer.sendBatch({
        acks: -1,
        topicMessages: [...byTopic].map(([topic, messages]) => ({ topic: topicPrefix + topic, messages })),
      });
    },
    async topics() {
      const admin = await openAdmin(kafka);
      try {
        return await admin.topics();
      } finally {
        await admin.close();
      }
    },
    close: () => producer.disconnect(),
  };
}
