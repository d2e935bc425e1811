// The runs of jest that `npm test` is made of.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../parts/infrastructure.ts';
import type { RanFile } from './tasks.ts';

/**
 * Int and e2e are one run of jest: a long file at the end of a tier would leave a core idle. Files that mostly
 * wait have another beside it.
 */
export type Stage = 'unit' | 'int and e2e' | 'waiting';
/** For two cores, which two keep busy: with a third, tests only took longer and missed their limits. */
const workers: Readonly<Record<Stage, string>> = { unit: '2', 'int and e2e': '2', waiting: '1' };
/** For leases to run out, for groups, and for servers that come back. */
export const waits = (file: string) =>
  [
    'tests/faults/',
    'tests/instances/',
    'tests/system/killed',
    'deploy/local/parts/ports',
    'libs/kafka/test/conformance',
    'libs/messaging/test/cut-off',
    'libs/messaging/test/poison-pill',
  ].some((path) => file.startsWith(path));
export type Sums = { passed: number; failed: number; skipped: number };
/** `said`: all that was not shown meanwhile. */
export type Result = Sums & { stage: Stage; green: boolean; files: readonly RanFile[]; said: string };

/** Runs jest on these files of a stage. @throws Error with its words where it ends without a result. */
export async function jest(
  stage: Stage,
  files: readonly string[],
  options: readonly string[],
): Promise<Result> {
  const heading = `\n${stage}: ${files.length} files`;
  const shown = stage === 'int and e2e';
  if (shown) console.log(heading);
  let said = `${heading}\n`;
  mkdirSync(join(root, '.accord'), { recursive: true });
  const output = join(root, '.accord', `test-${process.pid}-${stage.replaceAll(' ', '-')}.json`);
  const args = [
    'node_modules/jest/bin/jest.js',
    '--config',
    'jest.config.mjs',
    '--maxWorkers',
    workers[stage],
    '--json',
    '--outputFile',
    output,
  ];
  const child = spawn(process.execPath, [...args, ...options, '--runTestsByPath', ...files], {
    cwd: root,
    stdio: ['ignore', 'ignore', shown ? 'inherit' : 'pipe'],
    env: {
      ...process.env,
      ACCORD_ENV: 'development',
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    },
  });
  child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  try {
    if (!existsSync(output)) throw new Error(`${said}jest ended (${code}) without a result`);
    const result = JSON.parse(readFileSync(output, 'utf8'));
    return {
      stage,
      passed: result.numPassedTests,
      // A file that did not load has no tests to count, but it failed.
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
      green: code === 0,
      files: code === 0 || result.numFailedTestSuites > 0 ? result.testResults.map(ranFile) : [],
      said,
    };
  } finally {
    rmSync(output, { force: true });
  }
}

type Suite = { name: string; status: string; assertionResults: readonly { status: string }[] };
function ranFile({ name, status, assertionResults }: Suite): RanFile {
  const count = (...of: string[]) => assertionResults.filter((one) => of.includes(one.status)).length;
  return {
    file: relative(root, name).replaceAll('\\', '/'),
    passed: count('passed'),
    skipped: assertionResults.length - count('passed', 'failed'),
    green: status === 'passed',
  };
}
