// npm test [-- --all] [-- <pattern> …]: lint, types and the jest tiers, on one Postgres and one Kafka started for
// this run. A tier of a project whose inputs are those of its last green run is not run again, except with `--all`
// or a pattern. npm run test:long: the suites that take minutes each.
import { globSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Listr } from 'listr2';
import { jest, type Result, type Sums } from '../nx/jest.ts';
import {
  greenOf,
  hashTasks,
  leftOut,
  linesOf,
  passedOf,
  readGreen,
  sumOf,
  taskOf,
  writeGreen,
  type Green,
  type Task,
} from '../nx/tasks.ts';
import { endLeftover, isAlive } from '../parts/background.ts';
import { findKafka, findPostgres, root, type Part } from '../parts/infrastructure.ts';
import { removePostgres } from '../parts/postgres.ts';
import { compileServices } from '../parts/service-process.ts';
import { kafkaMissing, run } from '../prerequisites.mjs';

const tiers = ['unit', 'int', 'e2e', 'long'] as const;
type Tier = (typeof tiers)[number];
const node = (...args: string[]) => run(process.execPath, args);
/** As `npm run lint` does: rules and boundaries, directions of imports, form. */
const linters = [
  ['eslint/bin/eslint.js', '.', '--cache', '--cache-location', '.accord/eslintcache', '--max-warnings', '0'],
  ['oxlint/bin/oxlint'],
  ['dependency-cruiser/bin/dependency-cruiser.mjs', 'libs', 'services', 'deploy', 'tests'],
  ['oxfmt/bin/oxfmt', '--check'],
];
/** The rule of the module boundaries reads the project graph that nx makes when it hashes. */
const lint = async () => {
  await hashed;
  for (const [file = '', ...args] of linters) await node(`node_modules/${file}`, ...args);
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
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const [all, long] = [options.includes('--all'), options.includes('--long')];
const jestArguments = options.filter((option) => !['--all', '--long'].includes(option));
/** With a pattern, or options for jest, a run neither leaves anything out nor is remembered. */
const whole = patterns.length === 0 && jestArguments.length === 0 && !long;
const greenFile = join(root, '.accord', 'green.json');
const hashed = patterns.length === 0 && !long ? hashTasks(root) : Promise.resolve([]);
hashed.catch(() => undefined);
const home = join(root, '.accord', `test-${process.pid}`);
const parts: Part[] = [];

async function test(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void clear().finally(() => process.exit(130)));
  const began = Date.now();
  const { left, green, checks, files } = await plan();
  if (left.length === 0 && tiers.every((tier) => files[tier].length === 0))
    throw new Error(`No test file matches ${patterns.join(' ')}`);
  if (left.length > 0) {
    console.log(
      'Not run, since their inputs are those of their last green run (`npm test -- --all` runs all):',
    );
    for (const line of linesOf(left, green)) console.log(`  ${line}`);
  }
  let unit: Promise<Result> | undefined;
  let linted: Promise<boolean> | undefined;
  try {
    await clearLeftovers();
    const onPlatform = [...files.int, ...files.e2e, ...files.long];
    unit = files.unit.length > 0 ? jest('unit', files.unit, jestArguments) : undefined;
    // Takes longest of what comes first, on one processor: the others begin meanwhile.
    linted = checks.lint ? lintAndTell() : undefined;
    const typesAreClean = await prepare({
      types: checks.types,
      platform: onPlatform.length > 0,
      system: files.e2e.length + files.long.length > 0,
      unit,
    });
    const results: Result[] = [];
    if (unit) results.push(await unit);
    if (onPlatform.length > 0)
      results.push(await jest(long ? 'long' : 'int and e2e', onPlatform, jestArguments));
    const lintIsClean = (await linted) ?? true;
    const checked = { lint: checks.lint && lintIsClean, types: checks.types && typesAreClean };
    if (whole) await remember({ left, green, checked, results });
    const isGreen = lintIsClean && typesAreClean && results.every((result) => result.green);
    console.log(`\n${isGreen ? 'Green' : 'Not green'} after ${Math.round((Date.now() - began) / 1000)} s.`);
    if (left.length > 0) console.log(`${passedOf(left, green)} passed before, with the same inputs`);
    const sum = (key: keyof Sums) => sumOf(results, (result) => result[key]);
    console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
    return isGreen ? 0 : 1;
  } finally {
    await unit?.catch(() => undefined);
    await linted;
    await clear();
  }
}

/** The tasks left out, with what is known of them, and the files and checks that have to run. */
async function plan() {
  const green = whole ? readGreen(greenFile) : {};
  // A fresh clone does not wait for nx.
  const tasks = Object.keys(green).length === 0 ? [] : await hashed;
  const left = leftOut(tasks, green, { all });
  const runs = (target: string) =>
    patterns.length === 0 && !long && !left.some((task) => task.target === target);
  const isLeft = (file: string) => left.some(({ id }) => id === taskOf(file, tasks)?.id);
  const files = Object.fromEntries(
    tiers.map((tier) => [tier, specsOf(tier).filter((file) => !isLeft(file))]),
  ) as Record<Tier, string[]>;
  return { left, green, files, checks: { lint: runs('lint'), types: runs('types') } };
}

/** A task left out stays as it was; one that ran is green for its inputs, or no longer remembered. */
async function remember(ask: {
  left: readonly Task[];
  green: Green;
  checked: Readonly<Record<string, boolean>>;
  results: readonly Result[];
}) {
  if (ask.results.length === 0 && !Object.values(ask.checked).includes(true)) return;
  const ran = ask.results.flatMap(({ files }) => files);
  const [before, after] = [await hashed, await hashTasks(root)];
  writeGreen(greenFile, {
    ...Object.fromEntries(ask.left.map(({ id }) => [id, ask.green[id]!])),
    ...greenOf({ ran, checked: ask.checked, before, after }),
  });
}

/** Spec files of a tier whose path holds one of the patterns asked for. */
function specsOf(tier: Tier): string[] {
  const found = globSync(`{libs,services,deploy,tests}/**/*.${tier}.spec.ts`, {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  });
  return found
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) =>
      patterns.length === 0
        ? (tier === 'long') === long
        : patterns.some((pattern) => new RegExp(pattern).test(path)),
    )
    .sort();
}

/**
 * False where types found something; a platform that does not start throws. The unit tests, which need none
 * of it, run meanwhile; what they say is shown afterwards.
 */
async function prepare({
  types: typesRun,
  platform,
  system,
  unit,
}: {
  types: boolean;
  platform: boolean;
  system: boolean;
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
      { title: 'Types', enabled: typesRun, task: () => check(types()), exitOnError: false },
      { title: 'Unit tests', enabled: unit !== undefined, task: () => passes(unit!), exitOnError: false },
      { title: 'Postgres', enabled: platform, task: () => find(findPostgres(ask), 'ACCORD_POSTGRES_URL') },
      {
        title: kafkaMissing() ? 'Kafka (its jars are brought first)' : 'Kafka',
        enabled: platform,
        task: () => find(findKafka(ask), 'ACCORD_KAFKA_BROKERS'),
      },
      // Once, before several systems start at the same time.
      { title: 'Services compiled', enabled: system, task: async () => void (await compileServices()) },
    ],
    { concurrent: true },
  );
  await steps.run();
  found.forEach((text) => console.error(`\n${text}`));
  if (unit) console.error((await unit).said);
  return found.length === 0;
}

/** Once: Ctrl-C is heard twice, from the terminal and from the one that started us. */
const clear = () => (clearing ??= clearAll());
let clearing: Promise<void> | undefined;

async function clearAll() {
  await Promise.all(parts.splice(0).map((part) => part.stop()));
  await removePostgres(join(home, 'postgres'));
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** Clears what killed runs left behind: their Postgres, their broker, their data. */
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
