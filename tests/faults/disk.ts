import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small disk of its own. */
export interface Disk {
  /** Takes all that is left. */
  fill(): void;
  free(): void;
  stop(): void;
}

/**
 * Mounts one of `megabytes` at `folder`; undefined where we may not mount, as who is not root, or root in
 * most containers.
 */
export function mountDisk(folder: string, megabytes: number): Disk | undefined {
  mkdirSync(folder, { recursive: true });
  const unmount = () => spawnSync('umount', [folder]);
  unmount(); // what a killed run left behind
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder]).status !== 0)
    return undefined;
  const ballast = join(folder, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'a');
      try {
        for (let size = 1 << 20; size >= 4_096;) {
          try {
            writeSync(file, Buffer.alloc(size));
          } catch {
            size /= 2;
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    stop: () => void execFileSync('umount', ['-l', folder]),
  };
}
