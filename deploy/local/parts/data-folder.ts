import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOr } from './background.ts';
import { root } from './infrastructure.ts';

/** Data, logs and keys of `npm start`. */
export const home = process.env.ACCORD_HOME ?? join(root, '.accord');
export const database = 'accord';
/** The front door's, where it is free. */
export const port = Number(process.env.ACCORD_PORT ?? 8080);

export const asksForHelp = (args: readonly string[]) =>
  args.some((word) => word === '--help' || word === '-h');

const pidFile = join(home, 'start.pid');
const platformFile = join(home, 'platform.json');

/** The pid of an `npm start` that runs on this folder. */
export function runningStart(): number | undefined {
  const pid = Number(readOr(pidFile, ''));
  const mine = pid === process.pid;
  return pid > 0 && !mine && readOr(`/proc/${pid}/cmdline`, '').includes('deploy/local/commands/start.ts')
    ? pid
    : undefined;
}

/** @throws Error where another runs on this folder. */
export function claimHome() {
  const other = runningStart();
  if (other) throw new Error(`npm start runs already in this folder (pid ${other}).`);
  mkdirSync(home, { recursive: true });
  writeFileSync(pidFile, String(process.pid));
}

/** Remembers what the commands beside this `npm start` need. */
export const tellPlatform = (settings: Readonly<Record<string, string>>) =>
  writeFileSync(platformFile, JSON.stringify(settings), { mode: 0o600 });

/** The settings told of the `npm start` that runs on this folder; nothing where none does. */
export const runningPlatform = (): Record<string, string> =>
  runningStart() ? (JSON.parse(readOr(platformFile, '{}')) as Record<string, string>) : {};

export function leaveHome() {
  if (readOr(pidFile, '') !== String(process.pid)) return;
  rmSync(platformFile, { force: true });
  rmSync(pidFile);
}
