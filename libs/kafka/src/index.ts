export { brokerErrorOf, isUnknownTopic } from './broker-errors.ts';
export { type Incoming, type Outgoing, type Sender, incoming, kafkaOf, openSender } from './client.ts';
export { type Offsets, offsetsOf } from './offset-commits.ts';
export { toSubscribers } from './partition-assigner.ts';
export { partitionOf } from './partitioner.ts';
export { type OffsetRange, type Reading, type ReadingSettings, readTopics } from './topic-reader.ts';
export { applyTopics } from './topics.ts';
