export { answers, type Background, freePort, isAlive, readOr, startBackground } from './background.ts';
export { catalogue } from './catalogue.ts';
export { startKafka, type EmbeddedKafka } from './kafka.ts';
export { asSuperuser, databaseUrl, dropDatabase, makeDatabase, topics } from './database.ts';
export { bringJars } from './prerequisites.mjs';
export { placeOf, startPostgres, type EmbeddedPostgres } from './postgres.ts';
export { all, auditSettingsOf, settingsFor, startSystem, type System, type SystemAsk } from './system.ts';
export { startMailbox, type Mail } from './mailbox.ts';
export {
  compileServices,
  startServiceProcess,
  type ServiceProcess,
  type Settings,
} from './service-process.ts';
export type { StoryContext } from './start.ts';
export { breaches, type Breach } from './invariants.ts';
export { playStory } from './story/story.ts';
