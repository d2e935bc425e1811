export { systemClock, type Clock } from './clock.ts';
export { newEventId, newId } from './ids.ts';
export { lifecycle } from './lifecycle.ts';
export { Refusal, type RefusalCode, type RefusalFacts, type RefusalKind } from './refusal.ts';
export type { ProblemTexts } from './locale.ts';
export type { Service, Surroundings } from './service.ts';
export { isSameSubject, type Actor, type Database, type Decision, type Tx } from './tx.ts';
export { type DueItem, type Worker } from './due-work.ts';
export { type Subscription, type Subscriptions } from './subscription.ts';
export { projecting, type Projection, type ReadModel, type View } from './read-model.ts';
export { rebuild, type RebuildAsk, type Rebuilt } from './rebuild/rebuild.ts';
export { runRebuild } from './rebuild/command.ts';
export {
  heedsVersion,
  route,
  type Access,
  type Answer,
  type Ask,
  type FileAnswer,
  type Route,
} from './http/route.ts';
export { type Locale } from './locale.ts';
export type { Keeping } from './house-keeping.ts';
export { currentContext, withContext, type Context } from './context.ts';
export { openDatabase, type ServiceDatabase } from './database.ts';
export { accountTable, sharedTable, type Migration } from './table-guards.ts';
export { migrateService } from './service-schema.ts';
export { outbox } from './messaging/outbox.ts';
export { provisionDatabase, roles, rolesOf, roleUrl, schemas, type ServiceName } from './provision.ts';
export { readSettings } from './read-settings.ts';
export { platformSettings, type PlatformSettings } from './settings.ts';
export { runService, startService, type RunningService } from './run-service.ts';
export { type Incoming, kafkaOf, openSender, type Sender } from './messaging/kafka.ts';
export { applyTopics, type AppliedTopics } from './messaging/topics.ts';
export { partitionOf } from './messaging/partition.ts';
export { type Extent, openReading } from './messaging/reading.ts';
export { handleMessages } from './messaging/handling.ts';
export { startRelay, type Relay } from './messaging/relay.ts';
export { shardOf, shards } from './messaging/outbox.ts';
export { accountName, accountOf, accountRefusals } from './http/auth.ts';
export { keyedRequest, onceInTransaction } from './http/idempotency.ts';
export { requestIdOf } from './http/exchange.ts';
export { localeOf } from './http/locale.ts';
export { Problem, problemBody } from './http/problem.ts';
export { decodeCursor, decodeTimeCursor, encodeCursor, paged, pageQuery } from './http/paging.ts';
export { expectVersion } from './http/version.ts';
export { shownTo, Who } from './http/who.ts';
export { makeMetrics, type Metrics } from './observability/metrics.ts';
export { listenOps } from './observability/ops.ts';
export { openApi } from './http/openapi.ts';
export { currentTraceparent, span, withTraceparent } from './observability/tracing.ts';
