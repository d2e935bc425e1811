export type { DatabaseAddress } from './address.ts';
export { type Clock, clockOf, systemClock } from './clock.ts';
export { type Connection, type OwnConnection, connect, isDatabaseAway } from './connection.ts';
export { type ServiceDatabase, type Session, openDatabase } from './database.ts';
export { migrate, missingMigrations } from './migrations.ts';
export { pipelined } from './pipeline.ts';
export { rowSecurityProbe } from './row-security.ts';
export { type Migration, accountTable, innerTable, sharedTable } from './table-guards.ts';
export type { Outbox } from './transaction.ts';
