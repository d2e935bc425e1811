export { type ConsumerSettings, startConsumer } from './consumer.ts';
export { handleMessages } from './inbox.ts';
export { messagingMetrics, showLag } from './metrics.ts';
export { type OutboxRow, outbox, shardOf, shards } from './outbox.ts';
export { startRetries } from './retries.ts';
export { type Projection, type ReadModel, type ProjectionWriter, projecting } from './read-model.ts';
export { type Relay, startRelay } from './relay.ts';
export { messagingTables } from './schema.ts';
export type { Subscription, Subscriptions } from './subscription.ts';
