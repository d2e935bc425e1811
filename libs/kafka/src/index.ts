export { openAdmin, type OffsetRange } from './admin.ts';
export { brokerErrorOf, isRetriable, isUnknownTopic } from './broker-errors.ts';
export { openKafka, type KafkaClient } from './client.ts';
export { joinGroup, type GroupMember, type MessageSlice } from './group-member.ts';
export type { Incoming, Outgoing } from './message.ts';
export { partitionOf } from './partitioner.ts';
export { openSender, type Sender } from './sender.ts';
export { readTopics, type TopicReader, type TopicReaderSettings } from './topic-reader.ts';
export { applyTopics } from './topics.ts';
