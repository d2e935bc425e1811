export { type Actor, actorId, isSameSubject } from './actor.ts';
export { type Decision, amend, changed, recorded, unchanged } from './decision.ts';
export type { DueItem, Worker } from './due-work.ts';
export { newId } from './ids.ts';
export { type LeasedWork, leasedWork } from './leased-work.ts';
export { lifecycle } from './lifecycle.ts';
export type { Locale } from './locale.ts';
// With a star, so that other packages can add to `RefusalCodes`.
export * from './refusal.ts';
export type { Database, Tx } from './tx.ts';
export { expectVersion } from './version.ts';
