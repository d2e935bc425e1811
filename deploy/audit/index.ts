export { openAudit, type Audit } from './audit.ts';
export { runAudit } from './command.ts';
export type { Difference } from './check.ts';
export { checks, databaseDifferences } from './differences.ts';
export { listDisowned } from './disowned.ts';
export { announcedOrder, announcedProduct, announcedResource, type Announced } from './snapshots.ts';
export { announcedIn, missingOf, type OwnedAggregate, owners, Sightings, versionsOf } from './versions.ts';
