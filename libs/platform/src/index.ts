export { systemClock, type Clock } from './clock.ts';
export { newEventId, newId } from './ids.ts';
export { lifecycle } from './lifecycle.ts';
export { Refusal, type RefusalCode, type RefusalFacts, type RefusalKind } from './refusal.ts';
export type { ProblemTexts, Service, Surroundings } from './service.ts';
export type { Actor, Database, Decision, DueItem, Subscription, Subscriptions, Tx, Worker } from './tx.ts';
export { route, type Access, type Answer, type Ask, type FileAnswer, type Locale, type Route } from './http/route.ts';
