import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Found, Orders, Progress } from './runner.ts';
import type { Step } from './steps.ts';

export type { Found } from './runner.ts';

export interface Played {
  readonly runs: number;
  /** The kinds of steps that did something. */
  readonly did: readonly Step['do'][];
  readonly found?: Found;
}

const runner = fileURLToPath(new URL('runner.ts', import.meta.url));

/** @throws Error with the end of what it wrote where the process fails. */
function playIn(orders: Orders, onRuns: (runs: number) => void, signal: AbortSignal): Promise<Played> {
  return new Promise((resolve, reject) => {
    const child = fork(runner, [JSON.stringify(orders)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let last: Progress = { runs: 0, did: [] };
    let wrote = '';
    child.stderr!.on('data', (bytes: Buffer) => (wrote = (wrote + String(bytes)).slice(-4_000)));
    child.on('message', (progress: Progress) => {
      onRuns(progress.runs - last.runs);
      last = progress;
    });
    const stop = () => child.connected && child.disconnect();
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject).once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) resolve(last);
      else reject(new Error(`the simulation failed:\n${wrote}`));
    });
  });
}

export type Ask = Omit<Orders, 'stride'> & {
  readonly processes: number;
  readonly onRuns?: (played: number) => void;
};

/**
 * Runs in several processes beside each other; ends with the first find, that of the lowest seed where
 * several come together.
 */
export async function playRuns({ processes, onRuns, ...ask }: Ask): Promise<Played> {
  const enough = new AbortController();
  let played = 0;
  const share = (nth: number) => Math.floor(ask.runs / processes) + (nth < ask.runs % processes ? 1 : 0);
  const parts = Array.from({ length: processes }, (_, nth) => nth).filter((nth) => share(nth) > 0);
  const all = await Promise.allSettled(
    parts.map(async (nth) => {
      const count = (runs: number) => onRuns?.((played += runs));
      try {
        const one = await playIn(
          { ...ask, seed: ask.seed + nth, stride: processes, runs: share(nth) },
          count,
          enough.signal,
        );
        if (one.found) enough.abort();
        return one;
      } catch (error) {
        enough.abort();
        throw error;
      }
    }),
  );
  const failed = all.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
  const done = all.map((one) => (one as PromiseFulfilledResult<Played>).value);
  const found = done.flatMap((one) => one.found ?? []).sort((a, b) => a.seed - b.seed)[0];
  return {
    runs: done.reduce((sum, { runs }) => sum + runs, 0),
    did: [...new Set(done.flatMap(({ did }) => did))],
    ...(found && { found }),
  };
}
