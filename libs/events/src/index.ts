export { catalogue, type Data, type Event, type EventType, eventTypes, type Fact, parseFact, subjectOf } from './catalogue.ts';
export { headersOf, keyOf, readEvent, schemaUri } from './envelope.ts';
export { deadLetterTopic, topicSettings, type TopicSetting } from './topics.ts';
export type { EventDefinition, Speaker, Subject } from './shared.ts';
export { AccountId, Holder, Instant, MoneyJson, PaymentSplit, Version } from './shared.ts';
export * from './order.ts';
export * from './contract.ts';
export * from './refund.ts';
export * from './notification.ts';
