export { listenOps } from './ops-server.ts';
export { runRebuild } from './rebuild-command.ts';
export type { Retention, RetentionTimes } from './retention.ts';
export { runService } from './run-service.ts';
export { migrateService } from './service-schema.ts';
export type { Service, ServiceContext } from './service.ts';
export { topicsOf } from './service-topics.ts';
export { type PlatformSettings, platformSettings } from './settings.ts';
export { type RunningService, startService } from './start-service.ts';
