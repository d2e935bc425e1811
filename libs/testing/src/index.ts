export { type Client, clientOf, type Reply } from './client.ts';
export { startIssuer, type TestIssuer } from './issuer.ts';
export { productSnapshot } from './product-snapshot.ts';
export { knowledgeOf, rebuildOf } from './rebuilding.ts';
export { samplePdf } from './sample-pdf.ts';
export { smallService } from './small-service.ts';
export {
  developmentPassword,
  schemaSources,
  type TestDatabase,
  testDatabase,
  urlsOf,
} from './test-database.ts';
export { type TestService, testService, type TestServiceOptions } from './test-service.ts';
export { until } from './waiting.ts';
