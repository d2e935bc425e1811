import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBackground, type Background } from '@accord/local/parts';
import { joinCgroup, makeCgroups } from './cgroups.ts';
import {
  apiPort,
  hostAddress,
  makeCredentials,
  nodes,
  podNetwork,
  serviceNetwork,
  type NodeNames,
} from './credentials.ts';
import { startNode, type ClusterHost } from './node.ts';
import { eventually, run, timed } from './shell.ts';

export interface OwnCluster {
  /** Path; of a user who may do everything. */
  readonly kubeconfig: string;
  /** Names of Services, as pods look them up, with their addresses. */
  tellNames(addresses: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Two nodes and the parts of Kubernetes as processes, in the namespaces that this process is in: they are its own, so
 * that network, mounts and processes are gone with it.
 *
 * @param images files for containerd.
 */
export async function startOwnCluster(ask: {
  home: string;
  bin: string;
  images: readonly string[];
  pause: string;
}): Promise<OwnCluster> {
  const { home, bin, images, pause } = ask;
  const started: Background[] = [];
  const stop = async () => {
    for (const part of started.toReversed()) await part.stop('SIGTERM', 10_000);
  };
  const start = async (name: string, command: string, args: readonly string[]) => {
    const env = { ...process.env, GOMAXPROCS: '2' };
    const part = await startBackground({ name, command, args, env, log: join(home, 'logs', `${name}.log`) });
    started.push(part);
    return part;
  };
  try {
    for (const { name } of nodes) makeCgroups(name);
    joinCgroup();
    await prepareFolders(home);
    const host = { home, bin, start, credentials: await makeCredentials(join(home, 'credentials')) };
    await timed('control plane', () => startControlPlane(host));
    const begin = (node: NodeNames) => startNode(host, node, { images, pause });
    await timed('two nodes', () => Promise.all(nodes.map(begin)));
    await startProxy(host);
    const names = await startNames(host);
    return { kubeconfig: host.credentials.kubeconfig('admin'), tellNames: names, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An interface with the nodes' addresses; and folders that would else be the machine's. */
async function prepareFolders(home: string): Promise<void> {
  const ip = (...args: string[]) => run('ip', args);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'node0', 'type', 'bridge');
  for (const { address } of nodes) await ip('addr', 'add', `${address}/24`, 'dev', 'node0');
  await ip('link', 'set', 'node0', 'up');
  await ip('route', 'add', 'default', 'dev', 'node0');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  for (const folder of ['/run', '/var/lib/cni', '/var/lib/kubelet', '/var/log']) {
    mkdirSync(folder, { recursive: true });
    await run('mount', ['-t', 'tmpfs', 'accord', folder]);
  }
  // The kubelet sets these of the whole machine; it finds them set, and leaves the machine as it is.
  for (const [setting, value] of Object.entries({
    'vm/overcommit_memory': '1',
    'kernel/panic': '10',
    'kernel/panic_on_oops': '1',
  })) {
    const file = join(home, setting.replace('/', '.'));
    writeFileSync(file, `${value}\n`);
    await run('mount', ['--bind', file, `/proc/sys/${setting}`]);
  }
}

async function startControlPlane({ home, bin, credentials, start }: ClusterHost): Promise<void> {
  const { certificate, key, kubeconfig } = credentials;
  const store = 'http://127.0.0.1:12379';
  const peer = 'http://127.0.0.1:12380';
  await start('etcd', join(bin, 'etcd'), [
    `--data-dir=${join(home, 'etcd')}`,
    `--listen-client-urls=${store}`,
    `--advertise-client-urls=${store}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  await start('kube-apiserver', join(bin, 'kube-apiserver'), [
    `--etcd-servers=${store}`,
    `--secure-port=${apiPort}`,
    `--advertise-address=${hostAddress}`,
    `--service-cluster-ip-range=${serviceNetwork}`,
    `--tls-cert-file=${certificate('apiserver')}`,
    `--tls-private-key-file=${key('apiserver')}`,
    `--client-ca-file=${certificate('ca')}`,
    `--service-account-key-file=${join(home, 'credentials', 'accounts.pub')}`,
    `--service-account-signing-key-file=${key('accounts')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${certificate('apiserver-to-kubelet')}`,
    `--kubelet-client-key=${key('apiserver-to-kubelet')}`,
    `--kubelet-certificate-authority=${certificate('ca')}`,
  ]);
  await eventually(
    'the API server answers',
    () => run(join(bin, 'kubectl'), ['--kubeconfig', kubeconfig('admin'), 'get', '--raw', '/readyz']),
    { withinMs: 120_000 },
  );
  const identity = (name: string) =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
      (flag) => `--${flag}=${kubeconfig(name)}`,
    );
  const alone = ['--leader-elect=false', '--bind-address=127.0.0.1'];
  await start('kube-controller-manager', join(bin, 'kube-controller-manager'), [
    ...identity('controller-manager'),
    ...alone,
    `--service-account-private-key-file=${key('accounts')}`,
    `--root-ca-file=${certificate('ca')}`,
    '--use-service-account-credentials',
    `--cluster-signing-cert-file=${certificate('ca')}`,
    `--cluster-signing-key-file=${key('ca')}`,
  ]);
  await start('kube-scheduler', join(bin, 'kube-scheduler'), [...identity('scheduler'), ...alone]);
}

/** One for both nodes: they share a network. */
const startProxy = ({ bin, credentials, start }: ClusterHost) =>
  start('kube-proxy', join(bin, 'kube-proxy'), [
    `--kubeconfig=${credentials.kubeconfig('proxy')}`,
    `--hostname-override=${nodes[0]!.name}`,
    `--cluster-cidr=${podNetwork}`,
    '--proxy-mode=nftables',
    '--oom-score-adj=0',
    '--conntrack-max-per-core=0',
  ]);

/** Answers pods with the addresses of Services, as CoreDNS would. */
async function startNames({ home, start }: ClusterHost): Promise<OwnCluster['tellNames']> {
  const hosts = join(home, 'hosts');
  writeFileSync(hosts, '');
  const server = await start('dnsmasq', 'dnsmasq', [
    '--keep-in-foreground',
    '--user=root',
    '--pid-file=',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--local-ttl=5',
    '--local=/cluster.local/',
    '--bind-interfaces',
    `--listen-address=${hostAddress}`,
    `--addn-hosts=${hosts}`,
  ]);
  return async (addresses) => {
    const lines = Object.entries(addresses).map(([name, address]) => `${address} ${name}\n`);
    writeFileSync(hosts, lines.join(''));
    server.kill('SIGHUP');
  };
}
