// npm run audit [-- --json --settle 10s --every 5m]: the auditor, of the platform in the environment or else of the `npm start` that runs here.
import { runAudit } from '@accord/audit';
import { runningPlatform } from './home.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.exit(await runAudit(process.argv.slice(2), { ...runningPlatform(), ...process.env }, stop.signal));
