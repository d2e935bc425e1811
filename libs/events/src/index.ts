export {
  type Aggregate,
  catalogue,
  type Data,
  type Event,
  type EventAbout,
  type EventType,
  eventTypes,
  eventTypesAbout,
  type Fact,
  parseFact,
  subjectOf,
} from './catalogue.ts';
export { headersOf, keyOf, mostEventBytes, readEvent, schemaUri } from './envelope.ts';
export { deadLetterTopic, publicTopics, topicSettings, type TopicSetting } from './topics.ts';
export type { EventDefinition, ServiceName, Speaker, Subject } from './shared.ts';
export { AccountId, Holder, Instant, MoneyJson, PaymentSplit, Version } from './shared.ts';
export * from './account.ts';
export * from './order.ts';
export * from './contract.ts';
export * from './refund.ts';
export * from './notification.ts';
export {
  BillFacts,
  BillId,
  BillLine,
  BillMonth,
  InstanceFacts,
  InstanceId,
  isSumOfLines,
  OrderId,
  PaymentReference,
} from './platform.ts';
