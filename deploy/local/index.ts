export { startKafka, type EmbeddedKafka } from './kafka.ts';
export { startPostgres, type EmbeddedPostgres } from './postgres.ts';
export { startSystem, type System, type SystemAsk } from './system.ts';
export type { Mail } from './mailbox.ts';
export type { ServiceProcess } from './service-process.ts';
export type { StoryContext } from './start.ts';
