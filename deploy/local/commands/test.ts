// npm test [-- <pattern> …]: lint, types and the jest tiers, on one Postgres and one Kafka started for this
// run.
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Listr } from 'listr2';
import { endLeftover, isAlive } from '../parts/background.ts';
import { findKafka, findPostgres, root, type Part } from '../parts/infrastructure.ts';
import { removePostgres } from '../parts/postgres.ts';
import { kafkaMissing, run } from '../prerequisites.mjs';

const tiers = ['unit', 'int', 'e2e'] as const;
type Tier = (typeof tiers)[number];
/**
 * For two cores. Tests of real parts often wait, up to a minute for the lease of a mail whose sender was
 * killed: a third worker fills the gaps.
 */
const workers: Readonly<Record<Tier, string>> = { unit: '2', int: '3', e2e: '3' };
type Sums = { passed: number; failed: number; skipped: number };
/** `said`: what the unit tests would have shown. */
type Result = Sums & { green: boolean; said: string };

const node = (...args: string[]) => run(process.execPath, args);
/** The rule of the module boundaries reads the project graph that nx has made. */
const lint = async () => {
  await node('node_modules/nx/dist/bin/nx.js', 'show', 'projects');
  await node(
    'node_modules/eslint/bin/eslint.js',
    '.',
    '--cache',
    '--cache-location',
    '.accord/eslintcache',
    '--max-warnings',
    '0',
  );
};
/** False where it found something, which is shown at once. */
const lintAndTell = () =>
  lint().then(
    () => true,
    (error: Error) => {
      console.error(`\nLint:\n${error.message}`);
      return false;
    },
  );
const types = () => node('node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json');

const patterns = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const jestArguments = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const home = join(root, '.accord', `test-${process.pid}`);
const parts: Part[] = [];

async function test(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void clear().finally(() => process.exit(130)));
  const began = Date.now();
  const files = Object.fromEntries(tiers.map((tier) => [tier, specsOf(tier)])) as Record<Tier, string[]>;
  const chosen = tiers.filter((tier) => files[tier].length > 0);
  if (chosen.length === 0) throw new Error(`No test file matches ${patterns.join(' ')}`);
  let unit: Promise<Result> | undefined;
  let linted: Promise<boolean> | undefined;
  try {
    await clearLeftovers();
    unit = chosen.includes('unit') ? jest('unit', files.unit) : undefined;
    // Takes longest of what comes first, on one processor: the others begin meanwhile.
    linted = patterns.length === 0 ? lintAndTell() : undefined;
    let green = await prepare({
      everything: patterns.length === 0,
      platform: chosen.some((tier) => tier !== 'unit'),
      unit,
    });
    const sums: Sums = { passed: 0, failed: 0, skipped: 0 };
    for (const tier of chosen) {
      const result = await (tier === 'unit' ? unit! : jest(tier, files[tier]));
      green &&= result.green;
      for (const key of ['passed', 'failed', 'skipped'] as const) sums[key] += result[key];
    }
    green &&= (await linted) ?? true;
    console.log(`\n${green ? 'Green' : 'Not green'} after ${Math.round((Date.now() - began) / 1000)} s.`);
    console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
    return green ? 0 : 1;
  } finally {
    await unit?.catch(() => undefined);
    await linted;
    await clear();
  }
}

/** Spec files of a tier whose path holds one of the patterns asked for. */
function specsOf(tier: Tier): string[] {
  const all = globSync(`{libs,services,deploy,tests}/**/*.${tier}.spec.ts`, {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  });
  return all
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => new RegExp(pattern).test(path)))
    .sort();
}

/**
 * False where types found something; a platform that does not start throws. The unit tests, which need none
 * of it, run meanwhile; what they say is shown afterwards.
 */
async function prepare({
  everything,
  platform,
  unit,
}: {
  everything: boolean;
  platform: boolean;
  unit: Promise<Result> | undefined;
}): Promise<boolean> {
  const found: string[] = [];
  const check = async (checked: Promise<unknown>) => {
    await checked.catch((error: Error) => {
      found.push(error.message);
      throw new Error('not clean');
    });
  };
  const passes = async (result: Promise<Result>) => {
    if (!(await result).green) throw new Error('not green');
  };
  const find = async (part: Promise<Part>, variable: string) => {
    const { address } = parts[parts.push(await part) - 1]!;
    process.env[variable] = address;
  };
  const ask = { home, durable: false };
  const steps = new Listr(
    [
      { title: 'Types', enabled: everything, task: () => check(types()), exitOnError: false },
      { title: 'Unit tests', enabled: unit !== undefined, task: () => passes(unit!), exitOnError: false },
      { title: 'Postgres', enabled: platform, task: () => find(findPostgres(ask), 'ACCORD_POSTGRES_URL') },
      {
        title: kafkaMissing() ? 'Kafka (its jars are brought first)' : 'Kafka',
        enabled: platform,
        task: () => find(findKafka(ask), 'ACCORD_KAFKA_BROKERS'),
      },
    ],
    { concurrent: true },
  );
  await steps.run();
  found.forEach((text) => console.error(`\n${text}`));
  if (unit) console.error((await unit).said);
  return found.length === 0;
}

async function jest(tier: Tier, files: string[]): Promise<Result> {
  const heading = `\n${tier}: ${files.length} files`;
  if (tier !== 'unit') console.log(heading);
  let said = `${heading}\n`;
  mkdirSync(join(root, '.accord'), { recursive: true });
  const output = join(root, '.accord', `test-${process.pid}-${tier}.json`);
  const args = [
    'node_modules/jest/bin/jest.js',
    '--config',
    'jest.config.mjs',
    '--maxWorkers',
    workers[tier],
    '--json',
    '--outputFile',
    output,
  ];
  const which =
    patterns.length === 0 ? ['--testMatch', `**/*.${tier}.spec.ts`] : ['--runTestsByPath', ...files];
  const child = spawn(process.execPath, [...args, ...jestArguments, ...which], {
    cwd: root,
    stdio: ['ignore', 'ignore', tier === 'unit' ? 'pipe' : 'inherit'],
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
      passed: result.numPassedTests,
      // A file that did not load has no tests to count, but it failed.
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
      green: code === 0,
      said,
    };
  } finally {
    rmSync(output, { force: true });
  }
}

/** Once: Ctrl-C is heard twice, from the terminal and from the one that started us. */
const clear = () => (clearing ??= clearAll());
let clearing: Promise<void> | undefined;

async function clearAll() {
  await Promise.all(parts.splice(0).map((part) => part.stop()));
  await removePostgres(join(home, 'postgres'));
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** What killed runs left behind: their Postgres, their broker, their data. */
async function clearLeftovers() {
  mkdirSync(join(root, '.accord'), { recursive: true });
  for (const name of readdirSync(join(root, '.accord'))) {
    const pid = Number(/^test-(\d+)$/.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const left = join(root, '.accord', name);
    await removePostgres(join(left, 'postgres'));
    await endLeftover(join(left, 'broker', 'pid'), left, 'SIGKILL');
    rmSync(left, { recursive: true, force: true });
  }
}

process.exitCode = await test().catch((error: Error) => {
  console.error(error.message);
  return 1;
});
