export { type ConsumerSettings, startConsumer } from './consumer.ts';
export { handleMessages } from './inbox.ts';
export { keepNewest } from './keep-newest.ts';
export { messagingMetrics, showLag } from './metrics.ts';
export { type OutboxRow, outbox, shardOf, shards } from './outbox.ts';
export {
  eventsAbout,
  type Projection,
  type ProjectionWriter,
  projecting,
  type ReadModel,
} from './read-model.ts';
export { startRelay } from './relay.ts';
export { startRetries } from './retries.ts';
export { messagingTables } from './schema.ts';
export type { Subscription, Subscriptions } from './subscription.ts';
