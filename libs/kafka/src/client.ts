import { Kafka, logLevel, type ICustomPartitioner, type KafkaMessage, type Producer } from 'kafkajs';
import type { Logger } from 'pino';
import { publicTopics } from '@accord/events/topics';
import './kafkajs-patches.ts';
import { partitionOf } from './partitioner.ts';

// What is sent and read, in the Kafka client's words; `mends.ts` knows it from within, `consumer.ts`,
// `offsets.ts`, `assignment.ts` and `reading.ts` how it joins a group.

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Before every topic and group name; empty in production unless one broker serves several environments. */
  readonly topicPrefix: string;
  readonly log: Logger;
}

export interface Outgoing {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

export interface Incoming {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

const levels = {
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
} as const;

export const kafkaOf = ({ brokers, clientId, log }: KafkaSettings) =>
  new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    // kafkajs calls many passing states errors; what matters is logged where it is handled.
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const level = levels[entry.level as keyof typeof levels] ?? 'debug';
      log[level]({ kafka: entry.namespace, reason: entry.log['error'] ?? entry.log.message }, 'kafka client');
    },
  });

export interface Sender {
  /** Resolves when all in-sync replicas have the batch; it may have arrived also when this rejects. */
  send(batch: readonly Outgoing[]): Promise<void>;
  /** Those the broker knows of this environment. */
  topics(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Every message of ours has a key. */
const byKey: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    partitionOf(String(message.key), partitionMetadata.length);

/**
 * Acks from all, no second try: the relay owns that, and takes a new sender after a failure. kafkajs' own
 * forgets a partition that meanwhile moved to a broker which had answered for its others, and reports
 * success. Batches keep their order where only one is in flight.
 */
export async function openSender(kafka: Kafka, prefix: string, { inFlight = 1 } = {}): Promise<Sender> {
  const producer: Producer = kafka.producer({
    createPartitioner: byKey,
    maxInFlightRequests: inFlight,
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
  });
  await producer.connect();
  return {
    async send(batch) {
      const byTopic = new Map<string, { key: string; value: string; headers: Record<string, string> }[]>();
      for (const { topic, key, value, headers } of batch) {
        const messages = byTopic.get(topic);
        if (messages) messages.push({ key, value, headers });
        else byTopic.set(topic, [{ key, value, headers }]);
      }
      await producer.sendBatch({
        acks: -1,
        topicMessages: [...byTopic].map(([topic, messages]) => ({ topic: prefix + topic, messages })),
      });
    },
    topics: () => topicsOf(kafka, prefix),
    close: () => producer.disconnect(),
  };
}

async function topicsOf(kafka: Kafka, prefix: string): Promise<ReadonlySet<string>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const all = await admin.listTopics();
    return new Set(
      all.filter((topic) => topic.startsWith(prefix)).map((topic) => topic.slice(prefix.length)),
    );
  } finally {
    await admin.disconnect();
  }
}

/**
 * More than any event has, and than a broker takes uncompressed; what others compressed may be anything, and
 * half a gigabyte cannot even be a text.
 */
const mostBytes = 2_000_000;

export function incoming(topic: string, partition: number, message: KafkaMessage): Incoming {
  const headers = textsOf(message.headers ?? {});
  const size = message.value?.length ?? 0;
  const value = size > mostBytes ? `${size} bytes, too many for an event` : (message.value?.toString() ?? '');
  return {
    topic,
    partition,
    offset: message.offset,
    key: laneOf(topic, message.key?.toString() ?? '', headers),
    value,
    headers,
  };
}

/**
 * What waits for what: events of one aggregate, whatever their topic. Others key their facts as they like, so
 * those keep to their topic: a bill under the key of an order holds no event of the order up, and a fact
 * without a key only itself.
 */
function laneOf(topic: string, key: string, headers: Readonly<Record<string, string>>): string {
  return publicTopics.has(topic) ? `${topic} ${key || (headers['ce_id'] ?? '')}` : key;
}

function textsOf(headers: NonNullable<KafkaMessage['headers']>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) texts[name] = String(headers[name]);
  return texts;
}
