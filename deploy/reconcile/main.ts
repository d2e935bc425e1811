// node deploy/reconcile/main.ts [--apply] [--json]: brings topics and databases together again after a database was
// set back or topics were lost (docs/restore.md). The services are stopped meanwhile.
import { runReconcile } from './command.ts';

process.exit(await runReconcile(process.argv.slice(2), process.env));
