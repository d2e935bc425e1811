import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogue, type EventDefinition, type EventType, eventTypes, type Speaker } from '@accord/events';
import { kafkaOf } from '@accord/platform';
import type { Logger } from 'pino';
import type { Difference } from './differences.ts';
import { announcedIn, type Sightings } from './versions.ts';

export interface TopicsAsk {
  readonly brokers: readonly string[];
  /** Before every topic. */
  readonly topicPrefix: string;
  readonly log: Logger;
}

/** All topics, each message read once: what was read stays known. */
export interface Topics {
  /**
   * Reads all that the topics hold now. What a topic itself lacks is a difference.
   *
   * @throws Error where the broker gives nothing for a minute; then it has to be opened anew.
   */
  catchUp(): Promise<Difference[]>;
  /** Messages read, and those among them that are no events: what its consumers gave up stays in its topic. */
  readonly read: { readonly messages: number; readonly unreadable: number };
  close(): Promise<void>;
}

interface Partition {
  readonly type: EventType;
  readonly partition: number;
  /** Of its first message, and of the one that comes next. */
  readonly low: bigint;
  readonly high: bigint;
}

const givesUpAfterMs = 60_000;

/** @param sightings is told of every version that a message carries. */
export async function openTopics({ brokers, topicPrefix, log }: TopicsAsk, sightings: Sightings): Promise<Topics> {
  const kafka = kafkaOf({ brokers, topicPrefix, clientId: 'accord-audit', log });
  const groupId = `${topicPrefix}accord.audit.${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50, sessionTimeout: 10_000, heartbeatInterval: 1_000, allowAutoTopicCreation: false });
  const close = async () => {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch((error: Error) => log.warn({ groupId, reason: error.message }, 'the consumer group stays'));
    await admin.disconnect();
  };
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const types = eventTypes.filter((type) => existing.has(topicPrefix + type));
    const partitionsOf = async (type: EventType): Promise<Partition[]> =>
      (await admin.fetchTopicOffsets(topicPrefix + type)).map(({ partition, low, high }) => ({ type, partition, low: BigInt(low), high: BigInt(high) }));
    const reading = await startReading(consumer, { types, topicPrefix }, sightings);
    return {
      read: reading.read,
      close,
      async catchUp() {
        const partitions = (await Promise.all(types.map(partitionsOf))).flat();
        await reading.until(partitions);
        return [...eventTypes.filter((type) => !types.includes(type)).map(missingTopic), ...partitions.filter(({ low }) => low > 0n).map(cutTopic)];
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Consumer = ReturnType<ReturnType<typeof kafkaOf>['consumer']>;

async function startReading(consumer: Consumer, { types, topicPrefix }: { types: readonly EventType[]; topicPrefix: string }, sightings: Sightings) {
  const read = { messages: 0, unreadable: 0 };
  const positions = new Map<string, bigint>();
  let crashed: Error | undefined;
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
    if (!restart) crashed = error;
  });
  await consumer.connect();
  // No offset is ever committed: whoever joins anew reads from the beginning, and what is seen twice was seen.
  await consumer.subscribe({ topics: types.map((type) => topicPrefix + type), fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const type = batch.topic.slice(topicPrefix.length) as EventType;
      for (const { value } of batch.messages) {
        read.messages += 1;
        if (!see(type, value, sightings)) read.unreadable += 1;
      }
      positions.set(`${type} ${batch.partition}`, BigInt(batch.lastOffset()) + 1n);
      await heartbeat();
    },
  });
  const isBehind = ({ type, partition, low, high }: Partition) => high > low && (positions.get(`${type} ${partition}`) ?? 0n) < high;
  return {
    read,
    async until(partitions: readonly Partition[]) {
      for (let seen = -1, since = 0; partitions.some(isBehind); await sleep(10)) {
        if (crashed) throw crashed;
        if (read.messages !== seen) [seen, since] = [read.messages, performance.now()];
        else if (performance.now() - since > givesUpAfterMs) throw new Error(`Kafka gives nothing of ${partitions.find(isBehind)?.type} for a minute`);
      }
    },
  };
}

/** False where it is no event of its type. */
function see(type: EventType, value: Buffer | null, sightings: Sightings): boolean {
  try {
    for (const { aggregate, id, version } of announcedIn(type, JSON.parse(String(value)))) sightings.see(aggregate, id, version);
    return true;
  } catch {
    return false;
  }
}

/** Who sees to it that the topic is there: who speaks on it, or who it was made for. */
const keeperOf = (type: EventType): Speaker => {
  const { speaker } = catalogue[type] as EventDefinition;
  if (speaker !== 'platform') return speaker;
  return type === 'bill.issued' ? 'contract' : 'order';
};

const missingTopic = (type: EventType): Difference => ({
  rule: 'EVT-1',
  says: 'every event type has its topic',
  id: type,
  found: 'there is no such topic',
  mends: keeperOf(type),
  mark: '',
});

const cutTopic = ({ type, partition, low }: Partition): Difference => ({
  rule: 'EVT-13',
  says: 'a topic keeps all its events',
  id: `${type}/${partition}`,
  found: `begins at offset ${low}`,
  mends: keeperOf(type),
  mark: '',
});
