import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Found, Orders, Place, Progress } from './runner.ts';
import type { Step } from './steps.ts';

export type { Found } from './runner.ts';

interface RunResult {
  readonly runs: number;
  /** The kinds of steps that did something. */
  readonly did: readonly Step['do'][];
  readonly found?: Found;
}

/** A process that does, one after the other, the runs it is told. */
export interface Runner {
  /** @throws Error with the end of what it wrote where the process fails. */
  run(orders: Orders, onRuns?: (runs: number) => void): Promise<RunResult>;
  /** Ends it within its run; what it runs then resolves with what it had told. @throws Error as `run` does. */
  close(): Promise<void>;
}

const runner = fileURLToPath(new URL('runner.ts', import.meta.url));

export function startRunner(place: Place): Runner {
  const child = fork(runner, [JSON.stringify(place)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  let wrote = '';
  child.stderr!.on('data', (bytes: Buffer) => (wrote = (wrote + String(bytes)).slice(-4_000)));
  const ended = new Promise<void>((resolve, reject) =>
    child.once('error', reject).once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the simulation failed:\n${wrote}`));
    }),
  );
  ended.catch(() => undefined);
  return {
    run: (orders, onRuns) =>
      new Promise((resolve, reject) => {
        let last: Progress = { runs: 0, did: [] };
        const finish = () => {
          child.off('message', hear);
          resolve(last);
        };
        const hear = (progress: Progress) => {
          onRuns?.(progress.runs - last.runs);
          last = progress;
          if (progress.ended) finish();
        };
        child.on('message', hear);
        ended.then(finish, reject);
        if (child.connected) child.send(orders);
      }),
    close() {
      if (child.connected) child.disconnect();
      return ended;
    },
  };
}

type Ask = Omit<Orders, 'stride'> &
  Pick<Place, 'postgresUrl'> & {
    readonly processes: number;
    readonly onRuns?: (done: number) => void;
  };

/**
 * Runs in several processes beside each other; ends with the first find, that of the lowest seed where
 * several come together.
 */
export async function runInProcesses({ processes, onRuns, postgresUrl, ...ask }: Ask): Promise<RunResult> {
  let finished = 0;
  const share = (nth: number) => Math.floor(ask.runs / processes) + (nth < ask.runs % processes ? 1 : 0);
  const runners = Array.from({ length: processes }, (_, nth) => nth)
    .filter((nth) => share(nth) > 0)
    .map((nth) => ({ nth, ...startRunner({ postgresUrl, withPlants: ask.plant !== undefined }) }));
  const closeAll = () => Promise.allSettled(runners.map(({ close }) => close()));
  const all = await Promise.allSettled(
    runners.map(async ({ nth, run }) => {
      const count = (runs: number) => onRuns?.((finished += runs));
      try {
        const one = await run({ ...ask, seed: ask.seed + nth, stride: processes, runs: share(nth) }, count);
        if (one.found) void closeAll();
        return one;
      } catch (error) {
        void closeAll();
        throw error;
      }
    }),
  );
  await closeAll();
  const failed = all.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
  const done = all.map((one) => (one as PromiseFulfilledResult<RunResult>).value);
  const found = done.flatMap((one) => one.found ?? []).sort((a, b) => a.seed - b.seed)[0];
  return {
    runs: done.reduce((sum, { runs }) => sum + runs, 0),
    did: [...new Set(done.flatMap(({ did }) => did))],
    ...(found && { found }),
  };
}
