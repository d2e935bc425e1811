export { openAudit, type Audit, type Report } from './audit.ts';
export { runAudit } from './command.ts';
export type { Check, Difference } from './check.ts';
export { checks, databaseDifferences } from './differences.ts';
