import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceDatabase } from '@accord/postgres';

/** A portion of a mass takes about so long, ms: a request that meets one waits for no more of the event loop. */
const portionMs = 20;
const [leastSize, firstSize, mostSize] = [5, 10, 200];
/** In parts of what a turn took: the rest after it, and the longest while other transactions are under way. */
const [leastRest, longestRest] = [0.5, 2];
const longestRestMs = 200;

/**
 * Background work beside requests, which go first: after a turn it waits while others are under way in this process.
 * The longer its turns take the busier the machine is, and the longer it rests.
 */
export interface Turns {
  /** How many items the next portion of a mass should have. */
  readonly size: number;
  /** Does one item, again and again while it has more (`Worker.run`), and gives way in between. */
  take(work: () => Promise<unknown>): Promise<void>;
  /** Does a portion of a mass, and rests. */
  takeMany(items: number, work: () => Promise<void>): Promise<void>;
}

/** Half way to as many as would have taken the time of a portion. */
export function nextSize(size: number, { items, tookMs }: { items: number; tookMs: number }): number {
  const fitting = (items * portionMs) / Math.max(tookMs, 1);
  return Math.min(mostSize, Math.max(leastSize, Math.round((size + fitting) / 2)));
}

export function openTurns({ isBusy }: Pick<ServiceDatabase, 'isBusy'>, signal: AbortSignal): Turns {
  let size = firstSize;

  async function giveWay(tookMs: number, least: number): Promise<void> {
    const rested = performance.now();
    const longest = Math.min(longestRest * tookMs, longestRestMs);
    await sleep(Math.min(least * tookMs, longest));
    while (isBusy() && performance.now() - rested < longest && !signal.aborted) await sleep(1);
  }

  return {
    get size() {
      return size;
    },
    async take(work) {
      for (let isMore = true; isMore && !signal.aborted;) {
        const began = performance.now();
        isMore = (await work()) === true;
        if (isMore) await giveWay(performance.now() - began, 0);
      }
    },
    async takeMany(items, work) {
      const began = performance.now();
      await work();
      const tookMs = performance.now() - began;
      // The last ones of a look may be few.
      if (items >= size) size = nextSize(size, { items, tookMs });
      await giveWay(tookMs, leastRest);
    },
  };
}
