export { listenOps } from './ops-server.ts';
export { runRebuild } from './rebuild-command.ts';
export type { Retention, RetentionTimes } from './retention.ts';
export { type RunningService, runService, startService } from './run-service.ts';
export { migrateService } from './service-schema.ts';
export type { Service, ServiceContext } from './service.ts';
export { type PlatformSettings, platformSettings } from './settings.ts';
