// npm run audit [-- --json --settle 10s --every 5m]: the auditor, of the platform in the environment or else
// of the `npm start` that runs here.
import { runAudit } from '@accord/audit';
import { asksForHelp, runningPlatform } from '../parts/data-folder.ts';

const args = process.argv.slice(2);
const settings = { ...runningPlatform(), ...process.env };
const known = Boolean(settings.ACCORD_AUDIT_DATABASE_URL) || asksForHelp(args);
if (!known)
  console.error(
    'npm start does not run in this folder; set ACCORD_AUDIT_DATABASE_URL and ACCORD_KAFKA_BROKERS',
  );
process.exit(known ? await runAudit(args, settings) : 2);
