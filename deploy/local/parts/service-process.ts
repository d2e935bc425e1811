import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@accord/events/services';
import { run } from '../prerequisites.mjs';
import { answers, endLeftover, startBackground, startOnPort, type Background } from './background.ts';
import { root } from './infrastructure.ts';

export type Settings = Readonly<Record<string, string>>;

export interface ServiceProcess {
  readonly name: ServiceName;
  readonly url: string;
  readonly opsUrl: string;
  readonly log: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Resolves when it has ended. It is not started again unless the system is supervised. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /**
   * Ends it if it runs and starts it again on its ports, with `changes` to its environment; resolves when it
   * is ready.
   */
  restart(changes?: Settings): Promise<void>;
  stop(): Promise<void>;
}

interface ServiceProcessAsk {
  readonly name: ServiceName;
  readonly home: string;
  readonly settings: Settings;
  /** Folder of the sources that it runs, another release's; absent: these. */
  readonly sources?: string;
  /** Starts it again when it ends without having been asked to. */
  readonly supervised: boolean;
  readonly onEnd?: (what: string) => void;
}

/** kafkajs sets timers in the past; a small nursery keeps an idle service small. */
const nodeFlags = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=4'];
/** Longest time to be ready, ms: a start takes about one second, four at once on a busy machine more. */
const readyWithinMs = 30_000;
/** After a polite signal; then it is killed. */
const endWithinMs = 7_000;

/** Kept between starts: compiled modules, their types stripped. */
const compileCache = join(root, '.accord', 'compile-cache');

/**
 * Fills the cache where it is empty; meant for the time while others start.
 *
 * @returns its folder, for NODE_COMPILE_CACHE. It fits the flags `--max-semi-space-size=4` alone.
 */
export async function compileServices(): Promise<string> {
  if (existsSync(compileCache)) return compileCache;
  const file = fileURLToPath(new URL('../../docker/compile.ts', import.meta.url));
  await run(process.execPath, [...nodeFlags, file], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  return compileCache;
}

/** One service as a process of its own: `node services/<name>/src/main.ts`. Resolves when it is ready. */
export async function startServiceProcess(ask: ServiceProcessAsk): Promise<ServiceProcess> {
  await endLeftover(pidFileOf(ask), mainOf(ask), 'SIGKILL');
  return startOnPort(undefined, (port) =>
    startOnPort(undefined, async (opsPort) => {
      const ports = { ACCORD_PORT: String(port), ACCORD_OPS_PORT: String(opsPort) };
      const child = new Child(ask, { ...ask.settings, ...ports });
      await child.restart();
      return child;
    }),
  );
}

class Child implements ServiceProcess {
  readonly name: ServiceName;
  readonly url: string;
  readonly opsUrl: string;
  readonly log: string;
  #ask: ServiceProcessAsk;
  #settings: Settings;
  #program: Background | undefined;
  /** Ended by us, so nothing to mend. */
  #asked = new WeakSet<Background>();
  #stopping = false;
  /** Starts and restarts, one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(ask: ServiceProcessAsk, settings: Settings) {
    this.#ask = ask;
    this.#settings = settings;
    this.name = ask.name;
    this.url = `http://127.0.0.1:${settings['ACCORD_PORT']}`;
    this.opsUrl = `http://127.0.0.1:${settings['ACCORD_OPS_PORT']}`;
    this.log = join(ask.home, 'logs', `${ask.name}.log`);
  }

  get pid() {
    return this.#program!.pid;
  }

  kill(signal: NodeJS.Signals): Promise<void> {
    return this.#program!.stop(signal, endWithinMs);
  }

  restart(changes: Settings = {}): Promise<void> {
    this.#settings = { ...this.#settings, ...changes };
    const restarted = this.#changes.then(async () => {
      await this.#end();
      if (!this.#stopping) await this.#start();
    });
    this.#changes = restarted.catch(() => undefined);
    return restarted;
  }

  async stop() {
    this.#stopping = true;
    await this.#end();
    await this.#changes;
    await this.#end();
  }

  async #end() {
    if (!this.#program) return;
    this.#asked.add(this.#program);
    await this.#program.stop('SIGTERM', endWithinMs);
  }

  async #start() {
    const program = await startBackground({
      name: this.name,
      command: process.execPath,
      args: [...nodeFlags, mainOf(this.#ask)],
      env: {
        PATH: process.env.PATH,
        TZ: 'UTC',
        KAFKAJS_NO_PARTITIONER_WARNING: '1',
        NODE_COMPILE_CACHE: compileCache,
        ...this.#settings,
      },
      log: this.log,
      pidFile: pidFileOf(this.#ask),
    });
    this.#program = program;
    await answers(program, () => ready(this.opsUrl, program.pid), readyWithinMs);
    if (this.#ask.supervised) void program.ended.then((how) => this.#mend(program, how));
  }

  /** Tries until it runs again: what it needs may be away for a while. */
  async #mend(ended: Background, how: number | NodeJS.Signals) {
    const settled = () => this.#stopping || this.#asked.has(ended);
    if (settled()) return;
    this.#ask.onEnd?.(`${this.name} ended (${how}) and is started again`);
    await sleep(500);
    for (let ready = settled(); !ready && !this.#stopping;) {
      ready = await this.restart().then(
        () => true,
        (error: Error) => {
          this.#ask.onEnd?.(error.message);
          return sleep(2_000, false);
        },
      );
    }
  }
}

const pidFileOf = ({ home, name }: ServiceProcessAsk) => join(home, `${name}.pid`);
const mainOf = ({ name, sources = root }: ServiceProcessAsk) =>
  join(sources, 'services', name, 'src', 'main.ts');

async function ready(opsUrl: string, pid: number) {
  const { status, headers } = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
  if (headers.get('x-process-id') !== String(pid)) throw new Error('another process answers on its port');
  if (status !== 200) throw new Error(`/readyz answers ${status}`);
}
