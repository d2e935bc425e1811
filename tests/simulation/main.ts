import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeOf, startPostgres } from '@accord/local/parts';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { runInProcesses, startRunner, type Found } from './child.ts';
import { planted, plantOf, type Planted } from './planted.ts';
import { inWords } from './script.ts';
import type { Step } from './steps.ts';

const home = fileURLToPath(new URL('../../.accord/simulation/', import.meta.url));
const usage = `npm run simulate -- [options]

  --runs 200 --seed 1     so many runs, with the seeds from that one on
  --replay <file>         the script that an earlier run wrote
  --plant <name>          with that known bug in the sources
  --planted               each known bug in turn, or that of --plant: after how many runs is it found?
  --processes 2           so many at once`;
const { runs, seed, processes, ...values } = commandLine(
  usage,
  {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    plant: { type: 'string' },
    planted: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
  ({ values: { runs: some, seed: first, processes: at, ...others }, positionals }) => {
    known(positionals, []);
    if (others.plant !== undefined) plantOf(others.plant);
    return {
      ...others,
      runs: wholeNumber('runs', some, 1),
      seed: wholeNumber('seed', first, 1),
      processes: wholeNumber('processes', at, 1),
    };
  },
);

/** The address in the environment, or a Postgres of its own that forgets everything. */
async function findPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['ACCORD_POSTGRES_URL'];
  if (given) return { url: given, stop: () => Promise.resolve() };
  const dataDir = join(home, `run-${process.pid}`, 'postgres');
  const postgres = await startPostgres({ dataDir, durable: false });
  return {
    url: postgres.url,
    async stop() {
      await postgres.stop();
      for (const folder of [join(home, `run-${process.pid}`), placeOf(dataDir)])
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/**
 * Writes the script beside the others and tells how to play it again; one that is played again is told of
 * alone.
 */
function report({ seed: of, breaches, steps, script }: Found): void {
  console.log(`\n${values.replay ?? `Seed ${of}`} breaks`);
  for (const { rule, says, found } of breaches) console.log(`  ${rule}  ${says}\n          ${found}`);
  const lines = script.map((step, i) => `  ${String(i + 1).padStart(2)} ${inWords(step)}`);
  console.log(`\nScript, ${script.length} of ${steps} steps:\n${lines.join('\n')}`);
  if (values.replay !== undefined) return;
  const file = join(home, `${values.plant ?? 'seed'}-${of}.json`);
  mkdirSync(home, { recursive: true });
  writeFileSync(file, `[\n${script.map((step) => `  ${JSON.stringify(step)}`).join(',\n')}\n]\n`);
  const plant = values.plant ? ` --plant ${values.plant}` : '';
  console.log(
    `\nAgain: npm run simulate --${plant} --replay ${file}\nor:    npm run simulate --${plant} --runs 1 --seed ${of}`,
  );
}

async function simulateRuns(postgresUrl: string): Promise<boolean> {
  const script =
    values.replay === undefined ? undefined : (JSON.parse(readFileSync(values.replay, 'utf8')) as Step[]);
  const began = performance.now();
  let told = began;
  const result = await runInProcesses({
    postgresUrl,
    seed,
    processes,
    shrinkTries: script ? 0 : 400,
    runs: script ? 1 : runs,
    ...(script && { script }),
    ...(values.plant && { plant: values.plant }),
    onRuns(so) {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      console.log(`${so} runs …`);
    },
  });
  const seconds = (performance.now() - began) / 1000;
  if (result.found) report(result.found);
  console.log(
    `\n${result.runs} runs in ${seconds.toFixed(1)} s, ${result.found ? 'one' : 'none'} with a breach.`,
  );
  return !result.found;
}

const most = 2_000;

/** Every planted bug must be found. Each process looks for one at a time, seed after seed. */
async function findPlanted(postgresUrl: string): Promise<boolean> {
  const left = values.plant === undefined ? [...planted] : [plantOf(values.plant)];
  let missed = 0;
  const look = async () => {
    const runner = startRunner({ postgresUrl, withPlants: true });
    for (let bug = left.shift(); bug; bug = left.shift()) {
      const ask = { seed, stride: 1, runs: most, plant: bug.name, shrinkTries: 0 };
      const { found } = await runner.run(ask);
      missed += found ? 0 : 1;
      console.log(linesOf(bug, found).join('\n'));
    }
    await runner.close();
  };
  await Promise.all(Array.from({ length: Math.min(processes, left.length) }, look));
  return missed === 0;
}

function linesOf({ name, rule, says, breaks }: Planted, found: Found | undefined): string[] {
  const result = found ? `seed ${found.seed}` : `not in ${most} runs`;
  const told = (found?.breaches ?? []).filter((breach) => breach.rule === breaks).slice(0, 2);
  return [
    `${name.padEnd(28)} ${result.padEnd(24)} ${rule}: ${says}`,
    ...told.map((breach) => `${''.padEnd(28)}   ${breach.rule}  ${breach.says}: ${breach.found}`),
  ];
}

const postgres = await findPostgres();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void postgres.stop().finally(() => process.exit(130)));
try {
  process.exitCode = (await (values.planted ? findPlanted(postgres.url) : simulateRuns(postgres.url)))
    ? 0
    : 1;
} finally {
  await postgres.stop();
}
