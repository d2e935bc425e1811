import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const mounted = '/sys/fs/cgroup';
/** Below it the kubelet makes those of the pods. */
export const cgroup = '/accord-cluster';

/** One folder for each controller, or one for all. */
const hierarchies = (): string[] =>
  existsSync(join(mounted, 'cgroup.controllers'))
    ? [mounted]
    : readdirSync(mounted).map((name) => join(mounted, name));

export function makeCgroups(node: string): void {
  for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, cgroup, node), { recursive: true });
}

/** Once no process is left in them. */
export function removeCgroups(): void {
  for (const hierarchy of hierarchies()) remove(join(hierarchy, cgroup));
}

function remove(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) remove(join(folder, entry.name));
  rmdirSync(folder);
}
