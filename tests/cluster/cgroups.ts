import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mounted = '/sys/fs/cgroup';
/** Below it the kubelet makes those of the pods. */
export const cgroup = '/accord-cluster';

/** One folder for each controller, or one for all. */
const hierarchies = (): string[] =>
  existsSync(join(mounted, 'cgroup.controllers'))
    ? [mounted]
    : readdirSync(mounted).map((name) => join(mounted, name));

/**
 * For the pods of a node. The cluster has eight times the processor time of what else runs on the machine, as one on
 * machines of its own.
 */
export function makeCgroups(node: string): void {
  for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, cgroup, node), { recursive: true });
  giveTime(cgroup, 8);
}

/** This process and its children, the parts of Kubernetes and what lies beside it, are not starved by the pods. */
export function joinCgroup(): void {
  const own = join(cgroup, 'parts');
  for (const hierarchy of withTime()) {
    mkdirSync(join(hierarchy, own), { recursive: true });
    // 0 is the writer.
    writeFileSync(join(hierarchy, own, 'cgroup.procs'), '0');
  }
  giveTime(own, 4);
}

/** Hierarchies that share processor time out. */
const withTime = () =>
  hierarchies().filter((hierarchy) => existsSync(join(hierarchy, cgroup, timeFile(hierarchy)[0])));

function giveTime(group: string, times: number): void {
  for (const hierarchy of withTime()) {
    const [file, usual] = timeFile(hierarchy);
    writeFileSync(join(hierarchy, group, file), String(times * usual));
  }
}

const timeFile = (hierarchy: string): readonly [file: string, usual: number] =>
  hierarchy === mounted ? ['cpu.weight', 100] : ['cpu.shares', 1_024];

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
