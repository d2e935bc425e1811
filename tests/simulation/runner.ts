// A process of the simulation: does the runs it is told, on a database of its own, and tells what it found.
// Started by child.ts alone.
import { on } from 'node:events';
import { changeSource, type Change } from '../changed-source.ts';
import type { Breach } from './checks.ts';
import { awake, planted, plantOf } from './planted.ts';
import type { Step } from './steps.ts';

export interface Place {
  readonly postgresUrl: string;
  /** With all planted bugs in its sources, asleep until an order names one; else its sources are as they stand. */
  readonly withPlants: boolean;
}

export interface Orders {
  /** Seeds from this one on, each `stride` more than the one before. */
  readonly seed: number;
  readonly stride: number;
  readonly runs: number;
  /** A planted bug by its name; then only a breach of the rule that it breaks is a find. */
  readonly plant?: string;
  /** Instead of runs with seeds: the steps of a script. */
  readonly script?: readonly Step[];
  /** So many runs at most are spent on shrinking what was found to the steps that show it. */
  readonly shrinkTries: number;
}

export interface Found {
  readonly seed: number;
  readonly breaches: readonly Breach[];
  readonly steps: number;
  readonly script: readonly Step[];
}

/** After `runs` runs, the last of them with what it found, if anything; an order ends with its first find. */
export interface Progress {
  readonly runs: number;
  /** The kinds of steps that did something in them. */
  readonly did: readonly Step['do'][];
  readonly found?: Found;
  readonly ended?: true;
}

const { postgresUrl, withPlants } = JSON.parse(process.argv[2]!) as Place;
const quickSeal: Change = {
  file: 'services/contract/src/sealing.ts',
  fragment: "'./seal/sign-document.ts'",
  replacement: `'${new URL('quick-seal.ts', import.meta.url).href}'`,
};
changeSource(quickSeal, ...(withPlants ? planted.flatMap(awake.changesOf) : []));
const { openEnvironment } = await import('./environment.ts');
const { prepare, replay, simulate } = await import('./run.ts');
const { shrink } = await import('./shrink.ts');

const tell = (progress: Progress) =>
  new Promise<void>((resolve) => (process.send ? process.send(progress, () => resolve()) : resolve()));
const same = (one: readonly Breach[], other: readonly Breach[]) =>
  one.some(({ rule, says }) => other.some((each) => each.rule === rule && each.says === says));

const environment = await openEnvironment(postgresUrl);
let ended = false;
process.once('disconnect', () => (ended = true));

async function runOrders({
  seed: first,
  stride,
  runs,
  plant,
  script: given,
  shrinkTries,
}: Orders): Promise<void> {
  const bug = plant === undefined ? undefined : plantOf(plant);
  /** With a planted bug, what it is said to break. */
  const sought = (breaches: readonly Breach[]) =>
    bug ? breaches.filter(({ rule }) => rule === bug.breaks) : breaches;
  const did = new Set<Step['do']>();
  for (let run = 0; run < runs && !ended; run += 1) {
    const seed = first + run * stride;
    const { breaches, script, effective } = await (given
      ? replay(environment, given)
      : simulate(environment, seed));
    effective.forEach((step) => did.add(step));
    if (sought(breaches).length > 0) {
      const fails = async (shorter: readonly Step[]) =>
        !ended && same((await replay(environment, shorter)).breaches, sought(breaches));
      const shrinkable = shrinkTries > 0 && (await fails(script));
      const shown = shrinkable ? await shrink(script, fails, shrinkTries) : script;
      const found = { seed, breaches, steps: script.length, script: shown };
      return tell({ runs: run + 1, did: [...did], found, ended: true });
    }
    const isLast = run + 1 === runs;
    if ((run + 1) % 10 === 0 || isLast)
      await tell({ runs: run + 1, did: [...did], ...(isLast && { ended: true }) });
  }
}

try {
  await prepare(environment);
  const told = on(process, 'message', { close: ['disconnect'] }) as AsyncIterable<[Orders]>;
  for await (const [orders] of ended ? [] : told) {
    const sleep = await awake.wake(environment, orders.plant);
    await runOrders(orders);
    await sleep();
  }
} finally {
  await environment.close();
  if (process.connected) process.disconnect();
}
