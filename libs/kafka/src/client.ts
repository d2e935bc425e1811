import { Kafka, logLevel } from 'kafkajs';
import type { Logger } from 'pino';
import './kafkajs-patches.ts';
import { securedBy, type KafkaSecurity } from './security.ts';

export interface KafkaSettings {
  /** `host:port` of each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Before every topic and group name; empty in production unless one broker serves several environments. */
  readonly topicPrefix: string;
  readonly log: Logger;
  /** Absent: a plain wire, without a password. */
  readonly security?: KafkaSecurity;
  /** How often a request is repeated before it fails; default 5. */
  readonly retries?: number;
}

const kafkajs = Symbol('kafkajs');

/** Settings of connections to a cluster. Names given to what is opened with it are without its prefix. */
export interface KafkaClient {
  readonly topicPrefix: string;
  readonly log: Logger;
  /** Known to this package alone. */
  readonly [kafkajs]: Kafka;
}

export const kafkajsOf = (client: KafkaClient): Kafka => client[kafkajs];

const levels = {
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
} as const;

/** Connects nowhere yet; senders, readers and members open and close their own connections. */
export function openKafka(settings: KafkaSettings): KafkaClient {
  const { brokers, clientId, topicPrefix, log, security, retries = 5 } = settings;
  const kafka = new Kafka({
    clientId,
    brokers: [...brokers],
    ...securedBy(security),
    // A connection whose session ends gives way to another (kafkajs-connections.ts).
    reauthenticationThreshold: 0,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries },
    // kafkajs calls many passing states errors; the cases that matter are logged where they are handled.
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const level = levels[entry.level as keyof typeof levels] ?? 'debug';
      log[level]({ kafka: entry.namespace, reason: entry.log['error'] ?? entry.log.message }, 'kafka client');
    },
  });
  return { topicPrefix, log, [kafkajs]: kafka };
}
