import { pino } from 'pino';
import { openKafka, type KafkaClient } from '@accord/kafka';

/** By the wire that these settings say; without any, in the plain. Code that reads settings is loaded then alone. */
export async function kafkaOf(ask: {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly wire?: NodeJS.ProcessEnv;
}): Promise<KafkaClient> {
  const { brokers, topicPrefix, wire } = ask;
  const around = { clientId: 'bench', topicPrefix, log: pino({ level: 'silent' }) };
  if (!wire) return openKafka({ brokers, ...around });
  const { accessOf } = await import('./kafka-access.ts');
  return openKafka({ ...accessOf(wire), ...around });
}
