import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadAsk, LoadResult } from './load-process.ts';

export interface Load {
  /**
   * @param until ends it before its time.
   * @throws Error where an answer was of another status than 200 and 201.
   */
  run(ask: LoadAsk, until?: Promise<unknown>): Promise<LoadResult>;
  stop(): void;
}

export function startLoad(): Load {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), {
    serialization: 'advanced',
  });
  return {
    async run(ask, until) {
      const { result, error } = await new Promise<{ result: LoadResult; error?: string }>(
        (resolve, reject) => {
          child.once('message', resolve as (message: unknown) => void);
          child.once('exit', (code) => reject(new Error(`the load's process ended (${code})`)));
          child.send(ask);
          const end = () => child.send('end');
          until?.then(end, end);
        },
      ).finally(() => child.removeAllListeners());
      if (error) throw new Error(error);
      if (Object.keys(result.statuses).some((status) => !['200', '201'].includes(status)))
        throw new Error(`not every request was done: ${JSON.stringify(result.statuses)}`);
      return result;
    },
    stop: () => void child.kill(),
  };
}
