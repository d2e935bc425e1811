// Schemathesis over each service, with each kind of token and without one: requests made of the document, right
// and wrong ones, and every answer held against it. Exits 1 where an answer is not as described.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { startForClients } from './system.ts';

const version = '4.32.5';
const usage = 'npm run schemathesis [-- [--only part-of-a-name …] [--seed S] [--examples N] [--home folder]]';
const { only, seed, examples, home } = commandLine(
  usage,
  {
    only: { type: 'string', multiple: true, default: [''] },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    examples: { type: 'string', default: '25' },
    home: { type: 'string', default: fileURLToPath(new URL('../../.accord/clients', import.meta.url)) },
  },
  ({ values, positionals }) => {
    known(positionals, []);
    return {
      ...values,
      seed: wholeNumber('seed', values.seed),
      examples: wholeNumber('examples', values.examples, 1),
    };
  },
);
console.log(`seed ${seed}`);
mkdirSync(home, { recursive: true });
const bin = join(home, 'schemathesis', 'bin');
if (!existsSync(bin)) execFileSync('python3', ['-m', 'venv', join(home, 'schemathesis')]);
if (!existsSync(join(bin, 'schemathesis')))
  execFileSync(join(bin, 'pip'), ['install', '--quiet', `schemathesis==${version}`], { stdio: 'inherit' });

const system = await startForClients(home);
try {
  const asks = [
    { kind: 'customer', accountId: 'acc_schemathesis' },
    { kind: 'operator' },
    { kind: 'platform' },
    undefined,
  ] as const;
  const services = Object.keys(system.services).filter((name) => only.some((part) => name.includes(part)));
  for (const service of services)
    for (const ask of asks) {
      const token = ask && (await system.token(ask));
      const run = spawn(
        join(bin, 'schemathesis'),
        [
          ...['--config-file', fileURLToPath(new URL('schemathesis.toml', import.meta.url))],
          ...['run', '--checks', 'all'],
          ...[`${system.url}/openapi/${service}.json`, '--url', system.url],
          ...(token ? ['--header', `Authorization: Bearer ${token}`] : []),
          ...['--seed', String(seed), '--max-examples', String(examples), '--no-color'],
        ],
        { stdio: 'inherit' },
      );
      const [status] = (await once(run, 'close')) as [number | null];
      console.log(
        `${service} ${ask ? `as ${ask.kind}` : 'without a token'}: ${status === 0 ? 'no failure' : 'failures above'}`,
      );
      if (status !== 0) process.exitCode = 1;
    }
} finally {
  await system.stop();
}
