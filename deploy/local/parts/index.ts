export { answers, type Background, freePort, isAlive, readOr, startBackground } from './background.ts';
export { asSuperuser, databaseUrl, dropDatabase, makeDatabase, topics } from './database.ts';
export { type EmbeddedKafka, startKafka } from './kafka.ts';
export { type EmbeddedPostgres, placeOf, startPostgres } from './postgres.ts';
export { all } from './system.ts';
export { bringJars } from '../prerequisites.mjs';
