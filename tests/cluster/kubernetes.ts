import { join } from 'node:path';
import { serviceNames } from '@accord/events/services';
import { eventually, run } from './shell.ts';

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly containerID?: string;
      readonly state: { readonly running?: { readonly startedAt: string } };
      readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
    }[];
  };
}

/** kubectl and Helm, in one namespace of the cluster that the environment's KUBECONFIG names. */
export interface Kubernetes {
  readonly namespace: string;
  kubectl(...args: string[]): Promise<string>;
  helm(...args: string[]): Promise<string>;
  apply(...objects: readonly object[]): Promise<void>;
  /** Of the release; of one component where it is named. */
  pods(component?: string): Promise<readonly Pod[]>;
  /** Runs a script of Node in a pod of the deployment, and gives what it printed. */
  script(deployment: string, code: string): Promise<string>;
  /** The answer of a pod on its ops port, by way of the API server. */
  ops(pod: string, path: string): Promise<string>;
}

export function openKubernetes(namespace: string, ask: { bin?: string; kubeconfig?: string }): Kubernetes {
  const env = {
    ...process.env,
    ...(ask.kubeconfig && { KUBECONFIG: ask.kubeconfig }),
    PATH: [ask.bin, process.env['PATH']].filter(Boolean).join(':'),
  };
  const command =
    (name: string) =>
    (...args: string[]) =>
      run(name, ['--namespace', namespace, ...args], { env });
  const [kubectl, helm] = [command('kubectl'), command('helm')];
  return {
    namespace,
    kubectl,
    helm,
    async apply(...objects) {
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      await run('kubectl', ['--namespace', namespace, 'apply', '-f', '-'], { env, input });
    },
    async pods(component) {
      const selector = [
        'app.kubernetes.io/name=accord',
        component && `app.kubernetes.io/component=${component}`,
      ];
      const found = await kubectl('get', 'pods', '-o', 'json', '-l', selector.filter(Boolean).join(','));
      return (JSON.parse(found) as { items: Pod[] }).items;
    },
    script: (deployment, code) =>
      kubectl('exec', `deployment/${deployment}`, '--', 'node', '--input-type=module', '-e', code),
    ops: (pod, path) =>
      kubectl('get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:9090/proxy${path}`),
  };
}

export const isReady = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp && (status.containerStatuses ?? []).some(({ ready }) => ready);

/** Waits until each service has as many ready pods as it is to have, and no others. */
export const allReady = (kubernetes: Kubernetes, replicas: number, withinMs = 60_000): Promise<true> =>
  eventually(
    'all pods are ready',
    async () => {
      const pods = (await kubernetes.pods()).filter(({ metadata }) =>
        serviceNames.some((name) => metadata.labels['app.kubernetes.io/component'] === name),
      );
      return pods.length === replicas * serviceNames.length && pods.every(isReady) ? true : undefined;
    },
    { withinMs, everyMs: 300 },
  );

export const chartOf = (root: string): string => join(root, 'deploy/helm/accord');
