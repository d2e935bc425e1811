import { fork, type ChildProcess } from 'node:child_process';

/** kafkajs sets timers in the past; a small nursery, as a service has it. */
const flags = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=4'];

/**
 * A process of ours that is asked and answers with messages. Its log goes to the error output: figures alone
 * are on the other.
 */
export interface Child {
  readonly pid: number;
  /** Its next message. @throws Error where it ends instead. */
  answer<T>(): Promise<T>;
  send(ask: object): void;
  stop(): Promise<void>;
}

export function startChild(file: URL, ask?: object): Child {
  const child: ChildProcess = fork(file, {
    execArgv: flags,
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (ask) child.send(ask);
  return {
    pid: child.pid!,
    answer: <T>() =>
      Promise.race([
        new Promise<T>((resolve) => child.once('message', resolve as (message: unknown) => void)),
        ended.then((code) => Promise.reject(new Error(`${file.href} ended (${code})`))),
      ]),
    send: (more) => void child.send(more),
    async stop() {
      child.kill();
      await ended;
    },
  };
}
