// node deploy/account/main.ts export|erase <accountId>: what is held of an account, and its erasure
// (docs/personal-data.md).
import { runAccount } from './command.ts';

process.exit(await runAccount(process.argv.slice(2), process.env));
