import { spawnSync } from 'node:child_process';

/** Whether the command is installed. */
export const isInstalled = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args).error === undefined;
