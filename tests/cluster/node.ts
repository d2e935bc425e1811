import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Background } from '@accord/local/parts';
import { cgroup } from './cgroups.ts';
import { hostAddress, type Credentials, type NodeNames } from './credentials.ts';
import { eventually, run } from './shell.ts';
import { networkPlugins } from './tools.ts';

export interface ClusterHost {
  readonly home: string;
  readonly bin: string;
  readonly credentials: Credentials;
  readonly start: (name: string, command: string, args: readonly string[]) => Promise<Background>;
}

/** A node: containerd and the kubelet. Resolves when it is ready. */
export async function startNode(
  host: ClusterHost,
  node: NodeNames,
  { images, pause }: { images: readonly string[]; pause: string },
): Promise<void> {
  await startContainers(host, node, pause);
  for (const file of images) await ctr(node, 'images', 'import', file);
  await startKubelet(host, node);
  const kubectl = (...args: string[]) =>
    run(join(host.bin, 'kubectl'), ['--kubeconfig', host.credentials.kubeconfig('admin'), ...args]);
  await eventually('the node is there', () => kubectl('get', 'node', node.name), { withinMs: 60_000 });
  await kubectl('wait', '--for=condition=Ready', `node/${node.name}`, '--timeout=90s');
}

const stateOf = ({ name }: NodeNames) => `/run/containerd-${name}`;
const socketOf = (node: NodeNames) => `${stateOf(node)}.sock`;

const ctr = (node: NodeNames, ...args: string[]) =>
  run('ctr', ['--address', socketOf(node), '--namespace', 'k8s.io', ...args]);

/** Ends the first process of a container as the kernel would, without a word to the others. */
export const killContainer = (node: NodeNames, id: string): Promise<string> =>
  ctr(node, 'task', 'kill', '--signal', 'SIGKILL', id);

async function startContainers({ home, start }: ClusterHost, node: NodeNames, pause: string): Promise<void> {
  const folder = join(home, node.name);
  const network = join(folder, 'network');
  mkdirSync(network, { recursive: true });
  const bridge = {
    type: 'bridge',
    bridge: `pods-${node.name}`,
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: 'host-local', ranges: [[{ subnet: node.pods }]], routes: [{ dst: '0.0.0.0/0' }] },
  };
  const list = { cniVersion: '0.4.0', name: node.name, plugins: [bridge] };
  writeFileSync(join(network, '10-accord.conflist'), JSON.stringify(list));
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const file = join(folder, 'containerd.toml');
  writeFileSync(
    file,
    `version = 2
root = "${join(folder, 'containerd')}"
state = "${stateOf(node)}"
[grpc]
address = "${socketOf(node)}"
[${cri}]
sandbox_image = "${pause}"
disable_apparmor = true
restrict_oom_score_adj = true
[${cri}.cni]
bin_dir = "${networkPlugins}"
conf_dir = "${network}"
[${cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
`,
  );
  await start(`containerd-${node.name}`, 'containerd', ['--config', file]);
  await eventually('containerd answers', () => ctr(node, 'version'), { withinMs: 30_000 });
}

async function startKubelet({ home, bin, credentials, start }: ClusterHost, node: NodeNames): Promise<void> {
  const { certificate, key, kubeconfig } = credentials;
  const folder = join(home, node.name);
  const path = (name: string) => join(folder, name);
  writeFileSync(path('resolv.conf'), '');
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificate('ca') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: certificate(node.name),
    tlsPrivateKeyFile: key(node.name),
    containerRuntimeEndpoint: `unix://${socketOf(node)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `${cgroup}/${node.name}`,
    failCgroupV1: false,
    failSwapOn: false,
    // Without the right to make a process safer from the kernel than it is.
    oomScoreAdj: 0,
    seccompDefault: true,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    address: node.address,
    healthzBindAddress: node.address,
    readOnlyPort: 0,
    clusterDomain: 'cluster.local',
    clusterDNS: [hostAddress],
    resolvConf: path('resolv.conf'),
    volumePluginDir: path('volume-plugins'),
    podLogsDir: path('pod-logs'),
    maxPods: 60,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
  writeFileSync(path('kubelet.json'), JSON.stringify(configuration));
  await start(`kubelet-${node.name}`, join(bin, 'kubelet'), [
    `--config=${path('kubelet.json')}`,
    `--kubeconfig=${kubeconfig(node.name)}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${path('kubelet')}`,
    `--cert-dir=${path('kubelet-pki')}`,
  ]);
}
