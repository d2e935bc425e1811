export { answers, type Background, freePort, isAlive, readOr, startBackground } from './parts/background.ts';
export { catalogue } from './demo/catalogue.ts';
export { startKafka, type EmbeddedKafka } from './parts/kafka.ts';
export { asSuperuser, databaseUrl, dropDatabase, makeDatabase, topics } from './parts/database.ts';
export { bringJars } from './prerequisites.mjs';
export { placeOf, startPostgres, type EmbeddedPostgres } from './parts/postgres.ts';
export {
  all,
  auditSettingsOf,
  settingsFor,
  startSystem,
  type System,
  type SystemAsk,
} from './parts/system.ts';
export { startMailbox, type Mail } from './parts/mailbox.ts';
export {
  compileServices,
  startServiceProcess,
  type ServiceProcess,
  type Settings,
} from './parts/service-process.ts';
export { machineMonth } from './demo/context.ts';
export type { DemoSettings } from './demo/settings.ts';
export { breaches, type Breach } from './parts/invariants.ts';
export { playStory } from './demo/story.ts';
