// node deploy/audit/main.ts [--json] [--settle 10s] [--every 5m]: checks EVT-30 to EVT-36 on the live
// databases and topics (docs/audit.md).
import { runAudit } from './command.ts';

process.exit(await runAudit(process.argv.slice(2), process.env));
