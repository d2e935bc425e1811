import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Both of its outputs are appended here. */
  readonly log: string;
  /** User and group it runs as; absent: ours. */
  readonly userId?: number;
  /** Where its pid is kept, so that a later start can end what an earlier, killed one left behind. */
  readonly pidFile?: string;
}

export interface Background {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Resolves when it has ended, with its exit code or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  running(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end with `signal`, and makes it after `withinMs`. */
  stop(signal: NodeJS.Signals, withinMs: number): Promise<void>;
}

/**
 * Starts a program in a process group of its own: a Ctrl-C in the terminal reaches us alone, and we stop the
 * programs in their order.
 *
 * @throws Error where the command cannot be run.
 */
export async function startBackground(program: Program): Promise<Background> {
  mkdirSync(dirname(program.log), { recursive: true });
  const log = openSync(program.log, 'a');
  const { userId } = program;
  const child = spawn(program.command, program.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: program.env,
    ...(userId === undefined ? {} : { uid: userId, gid: userId }),
  });
  closeSync(log);
  const ended = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 0)),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error(`${program.name} cannot be started: ${program.command}`, { cause })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program.name} has no pid`);
  if (program.pidFile) writeFileSync(program.pidFile, String(pid));
  child.unref();

  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    name: program.name,
    pid,
    log: program.log,
    ended,
    running,
    kill: (signal) => void child.kill(signal),
    async stop(signal, withinMs) {
      // Its end is waited for, also where nothing else keeps this process.
      child.ref();
      if (running()) child.kill(signal);
      const forced = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(forced);
      if (program.pidFile) rmSync(program.pidFile, { force: true });
    },
  };
}

/** A program that has ended is told at once; one that a loaded machine holds up is waited for. */
const patienceMs = 200_000;

/**
 * Tries `attempt` until it does not throw.
 *
 * @throws Error with the end of the program's log where it ends meanwhile, or does not answer in time.
 */
export async function answers<T>(
  program: Background,
  attempt: () => Promise<T>,
  withinMs: number = patienceMs,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (program.running() && Date.now() < deadline) {
        await sleep(50);
        continue;
      }
      const what = program.running()
        ? `does not answer within ${withinMs} ms`
        : `ended (${await program.ended})`;
      await program.stop('SIGKILL', 0);
      throw new Error(`${program.name} ${what}; the end of ${program.log}:\n${endOf(program.log)}`, {
        cause,
      });
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Ends the process named in `pidFile` if it still runs and is the one meant: its command line names `mark`.
 */
export async function endLeftover(pidFile: string, mark: string, signal: NodeJS.Signals) {
  const pid = Number(readOr(pidFile, '').split('\n')[0]);
  const isIt = () => pid > 0 && readOr(`/proc/${pid}/cmdline`, '').includes(mark);
  if (!isIt()) return;
  process.kill(pid, signal);
  for (let waited = 0; isIt() && waited < 100; waited += 1) await sleep(100);
  if (isIt()) process.kill(pid, 'SIGKILL');
  rmSync(pidFile, { force: true });
}

/**
 * Starts a server on `wanted`, or on another port where somebody has that one or takes it before `start` does.
 *
 * @throws the error of `start` where nobody else has its port.
 */
export async function startOnPort<T>(
  wanted: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const port = await freePort(wanted);
  try {
    return await start(port);
  } catch (error) {
    if (await isFree(port)) throw error;
    return startOnPort(undefined, start);
  }
}

/**
 * A port of 127.0.0.1 that nobody has now: `wanted` where that is free. One of our choice lies below those that
 * connections going out are given, so that it stays free while what listens on it is down.
 */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted && (await isFree(wanted))) return wanted;
  const port = randomInt(10_000, 32_000);
  if (chosenPorts.has(port) || !(await isFree(port))) return freePort();
  chosenPorts.add(port);
  return port;
}
const chosenPorts = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      cause.code === 'EADDRINUSE' ? resolve(false) : reject(cause),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const endOf = (log: string) => readOr(log, '(no log)').split('\n').slice(-15).join('\n');

export function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
