// A process of the simulation: plays the runs it was told on a database of its own, and tells what it found. Started by playing.ts alone.
import type { Breach } from './checks.ts';
import { plantOf } from './planted.ts';
import { rewriteSources } from './rewriting.ts';
import type { Step } from './steps.ts';

export interface Orders {
  readonly postgresUrl: string;
  /** Seeds from this one on, each `stride` more than the one before. */
  readonly seed: number;
  readonly stride: number;
  readonly runs: number;
  /** A planted bug by its name. */
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

/** After `runs` runs, the last of them with what it found, if anything; a runner ends with its first find. */
export interface Progress {
  readonly runs: number;
  readonly found?: Found;
}

const orders = JSON.parse(process.argv[2]!) as Orders;
rewriteSources(orders.plant === undefined ? undefined : plantOf(orders.plant));
const { openGround } = await import('./ground.ts');
const { prepare, replay, simulate } = await import('./run.ts');
const { shrink } = await import('./shrink.ts');

const tell = (progress: Progress) => new Promise<void>((resolve) => (process.send ? process.send(progress, () => resolve()) : resolve()));
const same = (one: readonly Breach[], other: readonly Breach[]) => one.some(({ rule, says }) => other.some((each) => each.rule === rule && each.says === says));

const ground = await openGround(orders.postgresUrl);
let ended = false;
process.once('disconnect', () => (ended = true));
try {
  await prepare(ground);
  for (let run = 0; run < orders.runs && !ended; run += 1) {
    const seed = orders.seed + run * orders.stride;
    const { breaches, script } = await (orders.script ? replay(ground, orders.script) : simulate(ground, seed));
    if (breaches.length > 0) {
      const fails = async (shorter: readonly Step[]) => !ended && same((await replay(ground, shorter)).breaches, breaches);
      const shrinkable = orders.shrinkTries > 0 && (await fails(script));
      await tell({ runs: run + 1, found: { seed, breaches, steps: script.length, script: shrinkable ? await shrink(script, fails, orders.shrinkTries) : script } });
      break;
    }
    if ((run + 1) % 10 === 0 || run + 1 === orders.runs) await tell({ runs: run + 1 });
  }
} finally {
  await ground.close();
  if (process.connected) process.disconnect();
}
