export { openAudit, type Audit, type Report } from './audit.ts';
export { runAudit } from './command.ts';
export { checks, databaseDifferences, type Check, type Difference } from './differences.ts';
