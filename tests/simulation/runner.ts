// A process of the simulation: plays the runs it was told on a database of its own, and tells what it found.
// Started by playing.ts alone.
import { changeSource, type Change } from '../changed-source.ts';
import type { Breach } from './checks.ts';
import { plantOf } from './planted.ts';
import type { Step } from './steps.ts';

export interface Orders {
  readonly postgresUrl: string;
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

/** After `runs` runs, the last of them with what it found, if anything; a runner ends with its first find. */
export interface Progress {
  readonly runs: number;
  /** The kinds of steps that did something in them. */
  readonly did: readonly Step['do'][];
  readonly found?: Found;
}

const orders = JSON.parse(process.argv[2]!) as Orders;
const bug = orders.plant === undefined ? undefined : plantOf(orders.plant);
const quickSeal: Change = {
  file: 'services/contract/src/sealing.ts',
  fragment: "'./seal/sign-document.ts'",
  replacement: `'${new URL('quick-seal.ts', import.meta.url).href}'`,
};
changeSource(quickSeal, ...(bug?.changes ?? []));
const { openGround } = await import('./environment.ts');
const { prepare, replay, simulate } = await import('./run.ts');
const { shrink } = await import('./shrink.ts');

const tell = (progress: Progress) =>
  new Promise<void>((resolve) => (process.send ? process.send(progress, () => resolve()) : resolve()));
/** With a planted bug, what it is said to break. */
const sought = (breaches: readonly Breach[]) =>
  bug ? breaches.filter(({ rule }) => rule === bug.breaks) : breaches;
const same = (one: readonly Breach[], other: readonly Breach[]) =>
  one.some(({ rule, says }) => other.some((each) => each.rule === rule && each.says === says));

const ground = await openGround(orders.postgresUrl);
const did = new Set<Step['do']>();
let ended = false;
process.once('disconnect', () => (ended = true));
try {
  await prepare(ground);
  for (let run = 0; run < orders.runs && !ended; run += 1) {
    const seed = orders.seed + run * orders.stride;
    const { breaches, script, effective } = await (orders.script
      ? replay(ground, orders.script)
      : simulate(ground, seed));
    effective.forEach((step) => did.add(step));
    if (sought(breaches).length > 0) {
      const fails = async (shorter: readonly Step[]) =>
        !ended && same((await replay(ground, shorter)).breaches, sought(breaches));
      const shrinkable = orders.shrinkTries > 0 && (await fails(script));
      await tell({
        runs: run + 1,
        did: [...did],
        found: {
          seed,
          breaches,
          steps: script.length,
          script: shrinkable ? await shrink(script, fails, orders.shrinkTries) : script,
        },
      });
      break;
    }
    if ((run + 1) % 10 === 0 || run + 1 === orders.runs) await tell({ runs: run + 1, did: [...did] });
  }
} finally {
  await ground.close();
  if (process.connected) process.disconnect();
}
