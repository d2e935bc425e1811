import { spawn, spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

interface Asked {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

/** Runs a command to its end and gives what it wrote. @throws Error with the end of both outputs where it fails. */
export function run(command: string, args: readonly string[], ask: Asked = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: ask.env ?? process.env,
      cwd: ask.cwd,
      stdio: 'pipe',
    });
    let [out, both] = ['', ''];
    child.stdout.on('data', (chunk) => ((out += String(chunk)), (both += String(chunk))));
    child.stderr.on('data', (chunk) => (both += String(chunk)));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const end = both.trim().slice(-3_000);
      reject(new Error(`${command} ${args.slice(0, 4).join(' ')} ended with ${code ?? signal}:\n${end}`));
    });
    child.stdin.end(ask.input);
  });
}

export const isThere = (command: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** Prints a step with the time it took. */
export async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const done = await work();
  console.log(`${step}: ${seconds(performance.now() - began)}`);
  return done;
}

/** Asked again until it gives something. @throws Error of the last try where nothing has come in time. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { withinMs, everyMs = 100 }: { withinMs: number; everyMs?: number },
): Promise<T> {
  const until = performance.now() + withinMs;
  let reason: unknown;
  for (;;) {
    try {
      const found = await ask();
      if (found !== undefined) return found;
    } catch (error) {
      reason = error;
    }
    if (performance.now() > until)
      throw new Error(`${what}: not within ${seconds(withinMs)}`, { cause: reason });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
