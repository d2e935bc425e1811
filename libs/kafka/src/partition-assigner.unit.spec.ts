import { AssignerProtocol, type Cluster } from 'kafkajs';
import { assignToSubscribers } from './partition-assigner.ts';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const partitionsOf: Record<string, number> = { paid: 4, placed: 4, voided: 2 };

/** The partitions each member is given, as `topic/partition`. */
async function assigned(subscriptions: Record<string, string[]>): Promise<Record<string, string[]>> {
  const known = new Set(Object.values(subscriptions)[0]);
  const cluster = {
    addMultipleTargetTopics: (topics: string[]) =>
      Promise.resolve(topics.forEach((topic) => known.add(topic))),
    findTopicPartitionMetadata: (topic: string) =>
      Array.from({ length: known.has(topic) ? (partitionsOf[topic] ?? 0) : 0 }, (_, partitionId) => ({
        partitionId,
      })),
  } as unknown as Cluster;
  const assigner = assignToSubscribers({ cluster, groupId: 'g', logger: undefined as never });
  const members = Object.entries(subscriptions).map(([memberId, topics]) => ({
    memberId,
    memberMetadata: assigner.protocol({ topics }).metadata,
  }));
  const given = await assigner.assign({ members, topics: Object.values(subscriptions)[0]! });
  return Object.fromEntries(
    given.map(({ memberId, memberAssignment }) => {
      const { assignment } = MemberAssignment.decode(memberAssignment)!;
      return [
        memberId,
        Object.entries(assignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => `${topic}/${partition}`),
        ),
      ];
    }),
  );
}

test('EVT-12 members that subscribe to the same share each partition once, about as many each', async () => {
  const given = await assigned({
    a: ['paid', 'placed', 'voided'],
    b: ['paid', 'placed', 'voided'],
    c: ['paid', 'placed', 'voided'],
  });
  expect(Object.values(given).flat().sort()).toEqual([
    'paid/0',
    'paid/1',
    'paid/2',
    'paid/3',
    'placed/0',
    'placed/1',
    'placed/2',
    'placed/3',
    'voided/0',
    'voided/1',
  ]);
  expect(
    Object.values(given)
      .map(({ length }) => length)
      .sort(),
  ).toEqual([3, 3, 4]);
});

test(
  'EVT-12 what only a newer version subscribes to goes to its members, also where an older one ' +
    'leads and does not know the topic',
  async () => {
    const given = await assigned({ older: ['paid'], newer: ['paid', 'voided'] });
    expect(given).toEqual({
      older: ['paid/0', 'paid/1', 'paid/3'],
      newer: ['voided/0', 'voided/1', 'paid/2'],
    });
  },
);

test('a topic that is gone keeps nobody from the others', async () => {
  expect(await assigned({ a: ['paid', 'gone'] })).toEqual({ a: ['paid/0', 'paid/1', 'paid/2', 'paid/3'] });
  expect(
    MemberMetadata.decode(assignToSubscribers({} as never).protocol({ topics: ['paid'] }).metadata)?.topics,
  ).toEqual(['paid']);
});
