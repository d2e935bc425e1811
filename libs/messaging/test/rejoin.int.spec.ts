import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { applyTopics, kafkaOf, openSender } from '@accord/kafka';
import { smallService, testService } from '@accord/testing';

// When a partition's leader moves, kafkajs joins the group again from within its fetch of one broker, while
// its fetches of the others go on. Here the one real broker is shown to it as two, and the second says now
// and then that it leads no more.

interface Leaders {
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(ask: { nodeId: string | number }): Promise<object>;
}
interface Group {
  readonly cluster: { getNodeIds(): number[]; findBroker(ask: { nodeId: number }): unknown; twofold?: true };
  readonly groupId: string;
  getNodeIds(): number[];
  findReadReplicaForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  fetch(nodeId: number): Promise<unknown[]>;
  recoverFromFetch(error: Error): Promise<void>;
}
const { prototype: group } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
  prototype: Group;
};
const { findReadReplicaForPartitions, fetch } = group;
const second = 9_999;
let rejoins = 0;
let leaderMoves = false;

group.getNodeIds = function () {
  const [first] = this.cluster.getNodeIds();
  return first === undefined ? [] : [first, second];
};
group.findReadReplicaForPartitions = function (topic, partitions): Record<string, number[]> {
  const [first] = Object.keys(findReadReplicaForPartitions.call(this, topic, partitions));
  if (first === undefined) return {};
  return {
    [first]: partitions.filter((partition) => partition === 0),
    [second]: partitions.filter((partition) => partition !== 0),
  };
};
group.fetch = async function (nodeId) {
  const { cluster } = this;
  const findBroker = cluster.findBroker.bind(cluster);
  if (!cluster.twofold)
    Object.assign(cluster, {
      twofold: true,
      findBroker: (ask: { nodeId: number }) =>
        findBroker({ nodeId: ask.nodeId === second ? cluster.getNodeIds()[0]! : ask.nodeId }),
    });
  if (nodeId === second && leaderMoves && this.groupId.includes('accord.notification')) {
    leaderMoves = false;
    rejoins += 1;
    await this.recoverFromFetch(
      Object.assign(new Error('not the leader'), { type: 'NOT_LEADER_FOR_PARTITION' }),
    );
    return [];
  }
  return fetch.call(this, nodeId);
};

test('EVT-8 EVT-12 a leader that moves while messages wait to be handled loses none, doubles none and keeps their order', async () => {
  const seen: number[] = [];
  const slow = () =>
    smallService({
      'webhook.disabled': {
        on: async (_tx, { subject }) => void (await sleep(3), seen.push(Number(subject.id))),
      },
    });
  const t = await testService({ service: slow });
  const { ACCORD_KAFKA_BROKERS: brokers, ACCORD_TOPIC_PREFIX: topicPrefix } = t.running.settings;
  const producer = kafkaOf({
    brokers,
    clientId: 'test',
    topicPrefix,
    log: pino({ level: 'silent' }),
  }).producer();
  await producer.connect();
  const message = (i: number) => ({
    key: String(i),
    partition: 0,
    value: JSON.stringify({ endpointId: String(i), version: 1, accountId: 'acc_1', reason: 'test' }),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/test',
      ce_type: 'webhook.disabled',
      ce_time: '2026-01-01T00:00:00.000Z',
    },
  });
  for (let from = 0; from < 1_000; from += 50) {
    await producer.send({
      topic: `${topicPrefix}webhook.disabled`,
      messages: Array.from({ length: 50 }, (_, i) => message(from + i)),
    });
    leaderMoves ||= from % 150 === 0;
    await sleep(60);
  }
  for (let waited = 0; seen.length < 1_000 && waited < 300; waited += 1) await sleep(100);
  await producer.disconnect();
  await t.stop();
  expect(rejoins).toBeGreaterThan(0);
  expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
}, 90_000);

test('EVT-7 a batch of which a partition moves while it is sent is not taken for sent, and nothing of it is lost when it is sent again', async () => {
  const { prototype: cluster } = createRequire(import.meta.url)('kafkajs/src/cluster') as {
    prototype: Leaders;
  };
  const { findLeaderForPartitions, findBroker } = cluster;
  let moved = false;
  // Odd partitions are led by the second broker, until it is asked to take something.
  cluster.findLeaderForPartitions = function (topic, partitions): Record<string, number[]> {
    const [[first] = ['']] = Object.entries(findLeaderForPartitions.call(this, topic, partitions));
    const odd = partitions.filter((partition) => Number(partition) % 2 === 1);
    return moved || odd.length === 0
      ? { [first]: partitions }
      : { [first]: partitions.filter((partition) => Number(partition) % 2 === 0), [second]: odd };
  };
  cluster.findBroker = async function ({ nodeId }) {
    if (Number(nodeId) !== second) return findBroker.call(this, { nodeId });
    const refuse = () => {
      moved = true;
      return Promise.reject(
        Object.assign(new Error('not the leader'), {
          name: 'KafkaJSProtocolError',
          type: 'NOT_LEADER_FOR_PARTITION',
          retriable: true,
        }),
      );
    };
    return { nodeId: second, produce: refuse };
  };
  const brokers = process.env['ACCORD_KAFKA_BROKERS']!.split(',');
  const topicPrefix = `t${randomUUID().slice(0, 8)}.`;
  const log = pino({ level: 'silent' });
  await applyTopics(
    { brokers, topicPrefix, log },
    { topics: ['webhook.disabled'], replication: 1, partitions: 2 },
  );
  const kafka = kafkaOf({ brokers, clientId: 'test', topicPrefix, log });
  const sender = await openSender(kafka, topicPrefix);
  const batch = Array.from({ length: 40 }, (_, i) => ({
    topic: 'webhook.disabled',
    key: `key_${i}`,
    value: '{}',
    headers: {},
  }));
  try {
    await expect(sender.send(batch)).rejects.toThrow('not the leader');
    await sender.send(batch);
  } finally {
    Object.assign(cluster, { findLeaderForPartitions, findBroker });
    await sender.close();
  }
  const admin = kafka.admin();
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(`${topicPrefix}webhook.disabled`)).map(({ offset }) =>
    Number(offset),
  );
  await admin.disconnect();
  expect(moved).toBe(true);
  expect(ends.reduce((sum, end) => sum + end)).toBeGreaterThanOrEqual(40);
  expect(Math.min(...ends)).toBeGreaterThan(0);
}, 30_000);
