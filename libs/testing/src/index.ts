export { smallService } from './small-service.ts';
export { type BadInput, badInputCases, flawsUnderBadInput } from './bad-input.ts';
export { type Client, clientOf, type Reply } from './client.ts';
export { startIssuer, type TestIssuer } from './issuer.ts';
export { giveUp, parkedEvent, type ParkedEvent, publishRaw, type RawMessage } from './outsider.ts';
export { flawsUnderRepeats, type Granted, type GrantedRequests } from './repeats.ts';
export { rowsOf } from './rows.ts';
export {
  developmentPassword,
  schemaSources,
  type TestDatabase,
  testDatabase,
  urlsOf,
} from './test-database.ts';
export { type Published, type TestService, testService, type TestServiceOptions } from './test-service.ts';
export { knowledgeOf, rebuildOf } from './rebuilding.ts';
export { until } from './waiting.ts';
