import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openKafka, openSender } from '@accord/kafka';
import { smallService, testService } from '@accord/testing';

// When a partition's leader moves, kafkajs joins the group again from within its fetch from one broker, while
// its fetches from the others go on. Here the one real broker is shown to it as two, and the second says now
// and then that it is no longer the leader.

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
const { getNodeIds, findReadReplicaForPartitions, fetch } = group;
afterAll(() => void Object.assign(group, { getNodeIds, findReadReplicaForPartitions, fetch }));
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

test('EVT-8 EVT-12 while a leader moves no waiting message is lost, doubled or reordered', async () => {
  const seen: number[] = [];
  const slow = () =>
    smallService({
      'webhook.disabled': {
        on: async (_tx, { subject }) => void (await sleep(3), seen.push(Number(subject.id))),
      },
    });
  const t = await testService({ service: slow });
  const { ACCORD_KAFKA_BROKERS: brokers, ACCORD_TOPIC_PREFIX: topicPrefix } = t.running.settings;
  const log = pino({ level: 'silent' });
  const sender = await openSender(openKafka({ brokers, clientId: 'test', topicPrefix, log }));
  const message = (i: number) => ({
    topic: 'webhook.disabled',
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
    await sender.send(Array.from({ length: 50 }, (_, i) => message(from + i)));
    leaderMoves ||= from % 150 === 0;
    await sleep(60);
  }
  for (let waited = 0; seen.length < 1_000 && waited < 1_500; waited += 1) await sleep(100);
  await sender.close();
  await t.stop();
  expect(rejoins).toBeGreaterThan(0);
  expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
});
