export { accountName, tokenVerifier } from '../auth.ts';
export { idempotencyTable, keptMs, keyedRequest, onceInTransaction } from '../idempotency.ts';
export { localeOf } from '../locale.ts';
export { Problem, problemBody, problemOf } from '../problem.ts';
export { requestIdOf } from '../request-context.ts';
export { customerScopes, supportsIfMatch, type CustomerScope } from '../route.ts';
export { httpApp } from './app.ts';
export { networksOf } from './client-address.ts';
export { listen, refuseUnreadable } from './server.ts';
