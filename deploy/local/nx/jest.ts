// The runs of jest that `npm test` is made of.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../parts/infrastructure.ts';
import type { RanFile } from './tasks.ts';

/** Int and e2e are one run of jest: a long file at the end of a tier would leave a core idle. */
type Stage = 'unit' | 'int and e2e' | 'long';
/** For two cores. With a third, what mostly waits leaves none of them idle. */
const workers: Readonly<Record<Stage, string>> = { unit: '2', 'int and e2e': '3', long: '2' };
const silentForMs = 1_800_000;
export type Sums = { passed: number; failed: number; skipped: number };
/** `said`: all that jest said; of unit tests it was not shown meanwhile. */
export type Result = Sums & { stage: Stage; green: boolean; files: readonly RanFile[]; said: string };

const startJest = (args: readonly string[]) =>
  spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ACCORD_ENV: 'development', NODE_OPTIONS: '--no-warnings' },
  });

/** Its exit code. The runner sets no limit to a test: one that hangs is seen by the silence after the others. */
async function ended(child: ReturnType<typeof startJest>, stage: Stage, hear: (text: string) => void) {
  const silence = setTimeout(() => {
    hear(`\nNo file of ${stage} ended for ${silentForMs / 60_000} minutes: a test hangs.\n`);
    child.kill('SIGKILL');
  }, silentForMs);
  child.stderr.on('data', (chunk: Buffer) => {
    silence.refresh();
    hear(String(chunk));
  });
  return new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  ).finally(() => clearTimeout(silence));
}

/** Runs jest on these files of a stage. @throws Error with its words where it ends without a result. */
export async function jest(
  stage: Stage,
  files: readonly string[],
  options: readonly string[],
): Promise<Result> {
  const heading = `\n${stage}: ${files.length} files`;
  const shown = stage !== 'unit';
  if (shown) console.log(heading);
  let said = `${heading}\n`;
  const hear = (text: string) => {
    said += text;
    if (shown) process.stderr.write(text);
  };
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
  const code = await ended(startJest([...args, ...options, '--runTestsByPath', ...files]), stage, hear);
  try {
    if (!existsSync(output)) throw new Error(`${shown ? '' : said}jest ended (${code}) without a result`);
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
