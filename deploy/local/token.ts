// npm run -s token -- customer acc_demo | operator | platform: prints a token of the development issuer.
import { join } from 'node:path';
import { home } from './home.ts';
import { openSigner, type TokenKind } from './issuer.ts';

const [kind, accountId] = process.argv.slice(2);
process.env.ACCORD_ENV = 'development';
try {
  const signer = await openSigner(join(home, 'issuer.json'));
  console.log(await signer.token({ kind: kind as TokenKind, ...(accountId && { accountId }) }));
} catch (error) {
  console.error(`${(error as Error).message}\nusage: npm run -s token -- customer <account> | operator | platform`);
  process.exitCode = 2;
}
