import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pino } from 'pino';
import { until } from '@accord/testing';
import { applyTopics, openAdmin, openKafka, openSender } from '../src/index.ts';

// The one real broker is shown to kafkajs as two, and the second says that it leads no more.

interface Leaders {
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(ask: { nodeId: string | number }): Promise<object>;
}
const second = 9_999;

test(
  'EVT-7 a batch of which a partition moves while it is sent is not taken for sent, and nothing ' +
    'of it is lost when it is sent again',
  async () => {
    const brokers = process.env['ACCORD_KAFKA_BROKERS']!.split(',');
    const topicPrefix = `t${randomUUID().slice(0, 8)}.`;
    const log = pino({ level: 'silent' });
    await applyTopics(
      { brokers, topicPrefix, log },
      { topics: ['webhook.disabled'], replication: 1, partitions: 2 },
    );
    const kafka = openKafka({ brokers, clientId: 'test', topicPrefix, log });
    const sender = await openSender(kafka);
    const batch = Array.from({ length: 40 }, (_, i) => ({
      topic: 'webhook.disabled',
      key: `key_${i}`,
      value: '{}',
      headers: {},
    }));
    // A topic that was just made may have no leader for a moment.
    await until('its partitions take messages', () =>
      sender.send(batch).then(
        () => true,
        () => false,
      ),
    );
    const admin = await openAdmin(kafka);
    const ends = async () =>
      (await admin.offsetRanges(['webhook.disabled']))
        .toSorted((one, other) => one.partition - other.partition)
        .map(({ high }) => Number(high));
    const before = await ends();
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
    try {
      await expect(sender.send(batch)).rejects.toThrow('not the leader');
      await sender.send(batch);
    } finally {
      Object.assign(cluster, { findLeaderForPartitions, findBroker });
      await sender.close();
    }
    const came = (await ends()).map((end, partition) => end - before[partition]!);
    await admin.close();
    expect(moved).toBe(true);
    expect(came.reduce((sum, of) => sum + of)).toBeGreaterThanOrEqual(40);
    expect(Math.min(...came)).toBeGreaterThan(0);
  },
);
