export { type Clock, systemClock } from './clock.ts';
export { type ServiceDatabase, type Session, isDatabaseAway, openDatabase } from './database.ts';
export { migrate } from './migrations.ts';
export { send } from './pipeline.ts';
export { type Migration, accountTable, innerTable, sharedTable } from './table-guards.ts';
