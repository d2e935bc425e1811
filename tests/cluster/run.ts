import { nodes } from './credentials.ts';
import type { Images } from './images.ts';
import { openKubernetes } from './kubernetes.ts';
import { killContainer } from './node.ts';
import { startOutside } from './outside.ts';
import { startOwnCluster, type OwnCluster } from './own-cluster.ts';
import { startPlatform } from './platform.ts';
import { makeNamespace, prepareNamespace, audit, uninstall } from './release.ts';
import {
  drains,
  install,
  kills,
  outages,
  rollbacks,
  settled,
  upgrades,
  type Flaws,
  type Fixture,
} from './scenarios.ts';
import { timed } from './shell.ts';

const scenarios = {
  install,
  upgrade: upgrades,
  rollback: rollbacks,
  kill: kills,
  drain: drains,
  outage: outages,
} as const;
export type ScenarioName = keyof typeof scenarios;
export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];

/** Runs the scenarios on a cluster that it makes, and ends the cluster. Gives the exit code. */
export async function run(ask: {
  root: string;
  home: string;
  bin: string;
  images: Images;
  files: readonly string[];
  scenarios: readonly ScenarioName[];
}): Promise<number> {
  const { root, home, bin, images, files } = ask;
  await using started = new AsyncDisposableStack();
  const cluster = await startOwnCluster({ home, bin, images: files, pause: images.pause });
  started.defer(cluster.stop);
  const platform = await timed('Postgres and Kafka', () => startPlatform(home));
  started.defer(platform.stop);
  const kubernetes = openKubernetes('accord', { bin, kubeconfig: cluster.kubeconfig });
  const names = tellNames(cluster, kubernetes.kubectl);
  started.defer(names.stop);
  await makeNamespace(kubernetes);
  await startOutside(kubernetes, images.development);
  await prepareNamespace(kubernetes, platform);
  const killPod: Fixture['killPod'] = ({ spec, status }) => {
    const id = status.containerStatuses![0]!.containerID!.replace('containerd://', '');
    return killContainer(
      nodes.find(({ name }) => name === spec.nodeName)!,
      id,
    );
  };
  const flaws = await runAll(ask.scenarios, { root, kubernetes, platform, images, killPod });
  for (const flaw of flaws) console.error(`✗ ${flaw}`);
  console.log(flaws.length === 0 ? 'all as it should be' : `${flaws.length} flaws`);
  return flaws.length === 0 ? 0 : 1;
}

async function runAll(names: readonly ScenarioName[], fixture: Fixture): Promise<Flaws> {
  const flaws: string[] = [];
  for (const name of names) {
    console.log(`— ${name}`);
    try {
      flaws.push(...(await scenarios[name](fixture)));
    } catch (error) {
      flaws.push(`${name}: ${(error as Error).message}`);
      if (name === 'install') return flaws;
    }
  }
  console.log('— end');
  try {
    await settled(fixture.platform);
    console.log((await audit(fixture.kubernetes)).trim().split('\n').at(-1));
  } catch (error) {
    flaws.push(`the auditor: ${(error as Error).message}`);
  }
  const left = await timed('uninstall', () => uninstall(fixture.kubernetes));
  return [...flaws, ...left.map((name) => `left of the release: ${name}`)];
}

/** As long as the cluster runs, pods find the Services that there are. */
function tellNames(cluster: OwnCluster, kubectl: (...args: string[]) => Promise<string>): { stop(): void } {
  let told = '';
  const look = async () => {
    const path =
      '{range .items[*]}{.metadata.name}.{.metadata.namespace}.svc.cluster.local {.spec.clusterIP}{"\\n"}{end}';
    const found = await kubectl('get', 'services', '--all-namespaces', '-o', `jsonpath=${path}`);
    if (found === told) return;
    told = found;
    await cluster.tellNames(
      Object.fromEntries(
        found
          .trim()
          .split('\n')
          .map((line) => line.split(' ')),
      ),
    );
  };
  const looking = setInterval(() => void look().catch(() => undefined), 1_000);
  return { stop: () => clearInterval(looking) };
}
