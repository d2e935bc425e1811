// npm run -s token -- customer acc_demo | operator | platform: prints a token of the development issuer.
import { join } from 'node:path';
import { asksForHelp, home } from '../parts/data-folder.ts';
import { openSigner, type TokenKind } from '../parts/issuer.ts';

const usage = 'usage: npm run -s token -- customer <account> | operator | platform';
const [kind, accountId] = process.argv.slice(2);
if (asksForHelp(process.argv.slice(2))) {
  console.log(usage);
  process.exit(0);
}
process.env.ACCORD_ENV = 'development';
try {
  const signer = await openSigner(join(home, 'issuer.json'));
  console.log(await signer.token({ kind: kind as TokenKind, ...(accountId && { accountId }) }));
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`);
  process.exitCode = 2;
}
