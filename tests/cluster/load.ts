import { readFileSync } from 'node:fs';
import type { Kubernetes } from './kubernetes.ts';
import { contained, outside, restricted } from './outside.ts';
import { productOf } from './release.ts';
import { eventually } from './shell.ts';

export interface Seen {
  readonly requests: number;
  /** Requests without the answer that was wanted. */
  readonly failed: number;
  /** Asked again with the same key, where the load may. */
  readonly asked_again: number;
  readonly placed: number;
  readonly paid: number;
  readonly cancelled: number;
  readonly slowestMs: number;
  readonly failures: readonly string[];
}

const clients = 8;
const script = readFileSync(new URL('./load.mjs', import.meta.url), 'utf8');

/**
 * Customers in a pod, half of them on connections that are kept and half on new ones, while `work` is done.
 *
 * @param retries whether what was not answered is asked again.
 */
export async function underLoad(
  kubernetes: Kubernetes,
  ask: { image: string; root: string; retries: boolean },
  work: () => Promise<void>,
): Promise<Seen> {
  const name = 'load';
  const { kubectl, apply } = kubernetes;
  await apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'load.mjs': script } },
    podOf(name, ask),
  );
  try {
    await eventually(
      'the load begins',
      async () => ((await kubectl('logs', name)).includes('serving') ? true : undefined),
      {
        withinMs: 60_000,
      },
    );
    await work();
    await kubectl('exec', name, '--', 'sh', '-c', 'kill 1');
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=90s');
    const [, last] = /^(\{.*\})\s*$/m.exec(await kubectl('logs', name)) ?? [];
    return JSON.parse(last!) as Seen;
  } finally {
    await kubectl('delete', `pod/${name}`, `configmap/${name}`, '--ignore-not-found', '--grace-period=1');
  }
}

const podOf = (
  name: string,
  { image, root, retries }: { image: string; root: string; retries: boolean },
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    ...restricted,
    restartPolicy: 'Never',
    containers: [
      {
        name,
        image,
        ...contained,
        args: ['node', '/load/load.mjs'],
        env: Object.entries({
          LOAD_ORDERS: 'http://accord-order:8080',
          LOAD_ISSUER: `http://${outside}:8081`,
          LOAD_PRODUCT: productOf(root).code,
          LOAD_CLIENTS: String(clients),
          ...(retries && { LOAD_RETRIES: 'yes' }),
        }).map(([key, value]) => ({ name: key, value })),
        volumeMounts: [{ name, mountPath: '/load', readOnly: true }],
      },
    ],
    volumes: [{ name, configMap: { name } }],
  },
});
