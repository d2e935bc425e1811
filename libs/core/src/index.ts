export type { DueItem, Worker } from './due-work.ts';
export { newEventId, newId } from './ids.ts';
export { lifecycle } from './lifecycle.ts';
export type { Locale, ProblemTexts } from './locale.ts';
export { Refusal, type RefusalCode, type RefusalFacts, type RefusalKind } from './refusal.ts';
export { readSettings } from './settings.ts';
export { type Actor, type Database, type Decision, type Tx, isSameSubject } from './tx.ts';
export { type Wakeup, newWakeup } from './wakeup.ts';
