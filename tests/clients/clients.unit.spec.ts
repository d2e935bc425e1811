import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { languages } from './languages.ts';

const document = fileURLToPath(new URL('../../libs/http/openapi.json', import.meta.url));
const home = fileURLToPath(new URL('../../.accord/clients-of-tests', import.meta.url));

test('API-3 a TypeScript client is made of the document, has Order, Money and Refund, and compiles', () => {
  const [typescript] = languages(document, home);
  for (const { command } of typescript!.steps) execFileSync(command[0], command.slice(1), { stdio: 'pipe' });
  const client = readFileSync(`${home}/typescript/accord.ts`, 'utf8');
  for (const name of ['Order', 'Money', 'Refund'])
    expect(client).toMatch(new RegExp(`^ {8}${name}: \\{`, 'm'));
});
