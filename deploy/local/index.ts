export { startKafka, type EmbeddedKafka } from './kafka.ts';
export { topics } from './database.ts';
export { placeOf, startPostgres, type EmbeddedPostgres } from './postgres.ts';
export { settingsFor, startSystem, type System, type SystemAsk } from './system.ts';
export type { Mail } from './mailbox.ts';
export { compileServices, startServiceProcess, type ServiceProcess, type Settings } from './service-process.ts';
export type { StoryContext } from './start.ts';
export { breaches, type Breach } from './invariants.ts';
export { playStory } from './story/story.ts';
