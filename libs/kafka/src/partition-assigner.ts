import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { isUnknownTopic } from './broker-errors.ts';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;

/**
 * Assigns the partitions of each topic to the members that subscribe to it, to each about as many. kafkajs'
 * own assigner gives all members the topics of the group's leader: while an older and a newer version of a
 * service run beside each other, no member would be assigned a topic that only one of them subscribes to.
 */
export const assignToSubscribers: PartitionAssigner = ({ cluster }) => ({
  // The name of kafkajs' own; with equal subscriptions both assign alike.
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
    // The leader has no metadata yet of topics that only others subscribe to; a deleted topic has none.
    for (const topic of topics) await cluster.addMultipleTargetTopics([topic]).catch(unlessUnknown);
    const subscribersOf = topics.map(
      (topic) => [topic, sorted.filter(({ subscribed }) => subscribed.has(topic))] as const,
    );
    // Topics with few subscribers first: those with many can make up for the difference.
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

/** Other errors pass: kafkajs joins the group again. */
function unlessUnknown(error: unknown): void {
  if (!isUnknownTopic(error)) throw error;
}
