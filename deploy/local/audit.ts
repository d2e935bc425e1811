// npm run audit [-- --json --settle 10s --every 5m]: the auditor, of the platform in the environment or else of the `npm start` that runs here.
import { runAudit } from '@accord/audit';
import { runningPlatform } from './home.ts';

const settings = { ...runningPlatform(), ...process.env };
if (!settings.ACCORD_AUDIT_DATABASE_URL) console.error('npm start does not run in this folder; set ACCORD_AUDIT_DATABASE_URL and ACCORD_KAFKA_BROKERS');
process.exit(settings.ACCORD_AUDIT_DATABASE_URL ? await runAudit(process.argv.slice(2), settings) : 2);
