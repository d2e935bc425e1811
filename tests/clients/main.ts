// Clients in several languages, made of the document of a running system; each places an order there. Exits 1
// where a tool makes no client, a client does not compile, or its order is not there.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { System } from '@accord/local';
import { clientOf } from '@accord/testing';
import { commandLine, known } from '../command-line.ts';
import { languages, type Language, type Step } from './languages.ts';
import { startForClients } from './system.ts';

const usage = 'npm run clients [-- [--only part-of-a-name …] [--home folder]]';
const { only, home } = commandLine(
  usage,
  {
    only: { type: 'string', multiple: true, default: [''] },
    home: { type: 'string', default: fileURLToPath(new URL('../../.accord/clients', import.meta.url)) },
  },
  ({ values, positionals }) => {
    known(positionals, []);
    return values;
  },
);

const isThere = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** Not in one go: the front door is in this process, and answers meanwhile. */
async function perform(
  { command: [command, ...args], in: cwd, unless }: Step,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  if (unless !== undefined && existsSync(unless)) return '';
  const settings = { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)(command, args, settings)).stdout;
}

/** @throws Error where something on the way to the order fails. */
async function tryOut(language: Language, system: System): Promise<string> {
  for (const step of language.steps) await perform(step);
  const token = await system.token({ kind: 'customer', accountId: 'acc_clients' });
  const env = { ACCORD_API: system.url, ACCORD_TOKEN: token, ACCORD_PRODUCT: 'BCC' };
  const [orderId = '', ...amount] = (await perform(language.run, env)).trim().split(' ');
  const { status, body } = await clientOf(system.url, () => Promise.resolve(token)).get(
    `/v1/orders/${orderId}`,
  );
  const { payableAmount: is } = body as { payableAmount?: { amount: string; currency: string } };
  if (status !== 200 || amount.join(' ') !== `${is?.amount} ${is?.currency}`)
    throw new Error(`the order is not there as the client says: ${orderId} ${amount.join(' ')}`);
  return `${orderId}, ${amount.join(' ')}`;
}

mkdirSync(home, { recursive: true });
const system = await startForClients(home);
try {
  const document = join(home, 'openapi.json');
  writeFileSync(document, await (await fetch(`${system.url}/v1/openapi.json`)).text());
  const chosen = languages(document, home).filter(({ name }) => only.some((part) => name.includes(part)));
  for (const language of chosen) {
    const missing = language.needs.filter((command) => !isThere(command));
    if (missing.length > 0) {
      console.log(`${language.name}: left out, there is no ${missing.join(' and no ')}`);
      continue;
    }
    try {
      console.log(`${language.name}: ${await tryOut(language, system)}`);
    } catch (error) {
      const { message, stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string };
      console.error(`${language.name}: ${message.split('\n')[0]}\n${(stdout + stderr).slice(-4_000)}`);
      process.exitCode = 1;
    }
  }
} finally {
  await system.stop();
}
