export { openAudit, type Audit, type Report } from './audit.ts';
export { runAudit } from './command.ts';
export type { Check, Difference } from './check.ts';
export { checks, databaseDifferences } from './differences.ts';
export { listDisowned } from './disowned.ts';
export { order, product, resource, type Announced } from './snapshots.ts';
export { announcedIn, missingOf, owners, Sightings, versionsOf, type Owner } from './versions.ts';
