import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { named, podOf, type KubernetesObject } from './chart.ts';

/** A key of a Secret or ConfigMap, and the setting that is mounted from it. */
interface Mounted {
  readonly from: string;
  readonly key: string;
  readonly setting: string;
}

/** The container of that name. */
export const containerOf = (workload: KubernetesObject, name: string): KubernetesObject =>
  podOf(workload)!.spec.containers.find((container: { name: string }) => container.name === name);

/**
 * The environment that Kubernetes would give a container, but for the folder in which its mounted files are.
 *
 * @param folder made where it is not there; one for each container.
 * @param contentOf what a mounted file has.
 */
export function environmentOf(
  objects: readonly KubernetesObject[],
  {
    workload,
    container,
    folder,
    contentOf,
  }: {
    readonly workload: KubernetesObject;
    readonly container: string;
    readonly folder: string;
    readonly contentOf: (mounted: Mounted) => string;
  },
): Record<string, string> {
  const { env, envFrom, volumeMounts } = containerOf(workload, container);
  const { volumes } = podOf(workload)!.spec;
  mkdirSync(folder, { recursive: true });
  for (const mount of volumeMounts ?? []) {
    const { projected } = volumes.find(({ name }: { name: string }) => name === mount.name);
    for (const { secret, configMap } of projected?.sources ?? []) {
      const { name, items } = secret ?? configMap;
      for (const { key, path } of items)
        writeFileSync(join(folder, path), `${contentOf({ from: name, key, setting: path })}\n`);
    }
  }
  const told: readonly (readonly [string, string])[] = [
    ...(envFrom ?? []).flatMap(({ configMapRef }: KubernetesObject) =>
      Object.entries(named(objects, 'ConfigMap', configMapRef.name).data),
    ),
    ...(env ?? []).map(({ name, value }: { name: string; value: string }) => [name, value]),
  ];
  return Object.fromEntries(
    told.map(([name, value]) => [name, value.replace(/^\/run\/secrets\/accord/, folder)]),
  );
}
