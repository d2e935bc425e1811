import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { isUnknownTopic } from './broker-errors.ts';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;

/**
 * The partitions of each topic go to the members that subscribe to it, to each about as many. kafkajs' own
 * assigner gives what the leader subscribes to to all members: while an older and a newer version of a
 * service run beside each other, nobody would hear what only one of them subscribes to.
 */
export const toSubscribers: PartitionAssigner = ({ cluster }) => ({
  // As kafkajs calls its own, which it agrees with where all subscribe to the same.
  name: 'RoundRobinAssigner',
  version: 0,

  async assign({ members }) {
    const sorted = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      subscribed: new Set(MemberMetadata.decode(memberMetadata)?.topics),
      assignment: {} as Record<string, number[]>,
      count: 0,
    }));
    sorted.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
    const topics = [...new Set(sorted.flatMap(({ subscribed }) => [...subscribed]))].sort();
    // Of topics that only others subscribe to, the leader knows nothing yet; of one that is gone, nobody
    // will.
    for (const topic of topics) await cluster.addMultipleTargetTopics([topic]).catch(unlessUnknown);
    const subscribersOf = topics.map(
      (topic) => [topic, sorted.filter(({ subscribed }) => subscribed.has(topic))] as const,
    );
    // First what few subscribe to.
    for (const [topic, subscribers] of subscribersOf.sort(([, a], [, b]) => a.length - b.length)) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const assignee = subscribers.reduce((least, other) => (other.count < least.count ? other : least));
        (assignee.assignment[topic] ??= []).push(partitionId);
        assignee.count += 1;
      }
    }
    return sorted.map(({ memberId, assignment }) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }),
    }));
  },

  protocol({ topics }) {
    return {
      name: this.name,
      metadata: MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
    };
  },
});

/** Whatever else keeps the leader from knowing a topic passes: the group is joined again. */
function unlessUnknown(error: unknown): void {
  if (!isUnknownTopic(error)) throw error;
}
