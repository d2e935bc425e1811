import { setTimeout as sleep } from 'node:timers/promises';
import type { Difference } from './check.ts';

/**
 * A broken difference was there in every look over the settle time; a moving one is there now, and was not
 * all the time.
 */
export interface Settled {
  readonly broken: readonly Difference[];
  readonly moving: readonly Difference[];
}

/** The same of two services is two differences. */
const keyOf = ({ rule, says, id, mends, mark }: Difference) => JSON.stringify([rule, says, id, mends, mark]);

/**
 * Looks until all that the first look found is gone, or `settleMs` have passed since. The last look begins
 * after that time, so each of its differences was there before and after. Clean at the first look: no wait.
 */
export async function settle(
  look: () => Promise<readonly Difference[]>,
  { settleMs }: { settleMs: number },
): Promise<Settled> {
  let began = performance.now();
  let now = await look();
  const settled = performance.now() + settleMs;
  let still = new Map(now.map((difference) => [keyOf(difference), difference]));
  for (let last = false; still.size > 0 && !last;) {
    const tookMs = performance.now() - began;
    await sleep(Math.min(Math.max(250, 2 * tookMs), Math.max(0, settled - performance.now())));
    began = performance.now();
    last = began >= settled;
    now = await look();
    still = new Map(
      now.map((difference) => [keyOf(difference), difference] as const).filter(([key]) => still.has(key)),
    );
  }
  return { broken: [...still.values()], moving: now.filter((difference) => !still.has(keyOf(difference))) };
}
