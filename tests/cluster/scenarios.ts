import { performance } from 'node:perf_hooks';
import { serviceNames } from '@accord/events/services';
import { packagesOfImage } from '@accord/local/sbom';
import type { Images } from './images.ts';
import { allReady, isReady, type Kubernetes, type Pod } from './kubernetes.ts';
import { underLoad, type Seen } from './load.ts';
import { askService, tokenOf } from './outside.ts';
import type { Platform } from './platform.ts';
import { productOf, release, replicas, upgrade, valuesOf } from './release.ts';
import { eventually, timed } from './shell.ts';

export interface Fixture {
  readonly root: string;
  readonly kubernetes: Kubernetes;
  readonly platform: Platform;
  readonly images: Images;
  /** SIGKILL for the first process of a pod. */
  killPod(pod: Pod): Promise<unknown>;
}

/** A line for each thing that should not be. */
export type Flaws = readonly string[];

let revision = 0;
const nextRevision = ({ root, kubernetes, images, platform }: Fixture) =>
  upgrade(kubernetes, { root, values: valuesOf(images, platform), revision: (revision += 1) });

const limit = (what: string, is: number, atMost: number, unit: string): Flaws =>
  is > atMost ? [`${what}: ${is} ${unit}, wanted at most ${atMost} ${unit}`] : [];

/** From an empty namespace to the first order; how soon pods are ready, and how much memory they take. */
export async function install(fixture: Fixture): Promise<Flaws> {
  const { root, kubernetes } = fixture;
  const began = performance.now();
  await timed('helm install', () => nextRevision(fixture));
  const { code, body } = productOf(root);
  const token = await tokenOf(kubernetes, { kind: 'operator' });
  await askService(kubernetes, {
    method: 'PUT',
    url: `http://accord-order:8080/v1/products/${code}`,
    token,
    body,
  });
  await timed('helm test: an order placed, cancelled, and heard of', () =>
    kubernetes.helm('test', release, '--timeout', '2m'),
  );
  const tookS = (performance.now() - began) / 1_000;
  console.log(`from an empty namespace to the first order and its effect: ${tookS.toFixed(1)} s`);
  const together = (await podsOfServices(kubernetes)).map(readyAfterS);
  console.log(`pods that start together are ready after their containers start: ${together.join(', ')} s`);
  return [
    ...limit('to the first order', Math.round(tookS), 60, 's'),
    ...(await idleMemory(kubernetes)),
    ...(await startsAlone(kubernetes)),
    ...(await packagesDiffer(kubernetes)),
  ];
}

/** A pod of each service is taken away; its successor starts beside pods that are ready. */
async function startsAlone(kubernetes: Kubernetes): Promise<Flaws> {
  const flaws: string[] = [];
  for (const service of serviceNames) {
    const before = await kubernetes.pods(service);
    await kubernetes.kubectl('delete', 'pod', before[0]!.metadata.name);
    await allReady(kubernetes, replicas);
    const known = new Set(before.map(({ metadata }) => metadata.name));
    const fresh = (await kubernetes.pods(service)).find(({ metadata }) => !known.has(metadata.name))!;
    const readyS = readyAfterS(fresh);
    console.log(`${fresh.metadata.name} is ready ${readyS} s after its container started`);
    flaws.push(...limit(`${service} ready after its container starts`, readyS, 3, 's'));
  }
  return flaws;
}

/** Between the bill of materials and what of others lies in a pod. */
async function packagesDiffer(kubernetes: Kubernetes): Promise<Flaws> {
  const code = `import { globSync, readFileSync } from 'node:fs';
    const folder = /node_modules.(@[^/]+.)?[^/@]+.package.json$/;
    for (const file of globSync('/app/**/node_modules/**/package.json').filter((path) => folder.test(path))) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
      console.log(name + '@' + version);
    }`;
  const { packages } = packagesOfImage();
  const ofOthers = packages.filter(({ name }) => !name.startsWith('@accord/'));
  const told = new Set(ofOthers.map(({ name, version }) => `${name}@${version}`));
  const there = new Set((await kubernetes.script(`${release}-order`, code)).trim().split('\n'));
  console.log(`packages of others: ${there.size} in a pod, ${told.size} in the bill of materials`);
  return [
    ...[...there.difference(told)].map((name) => `in no bill of materials: ${name}`),
    ...[...told.difference(there)].map((name) => `in the bill of materials alone: ${name}`),
  ];
}

const podsOfServices = async (kubernetes: Kubernetes): Promise<readonly Pod[]> =>
  (await Promise.all(serviceNames.map((name) => kubernetes.pods(name)))).flat().filter(isReady);

/** In whole seconds, as Kubernetes tells times. */
function readyAfterS({ status }: Pod): number {
  const { startedAt } = status.containerStatuses![0]!.state.running!;
  const ready = status.conditions!.find(({ type }) => type === 'Ready')!;
  return (Date.parse(ready.lastTransitionTime) - Date.parse(startedAt)) / 1_000;
}

/** The memory that Kubernetes counts against the limit, of the largest pod of each service. */
async function idleMemory(kubernetes: Kubernetes): Promise<Flaws> {
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const pods = await podsOfServices(kubernetes);
  const nodes = [...new Set(pods.map(({ spec }) => spec.nodeName))];
  const figures = await Promise.all(
    nodes.map((node) => kubernetes.kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/resource`)),
  );
  const flaws = serviceNames.map((service) => {
    const line = new RegExp(
      `^container_memory_working_set_bytes\\{container="${service}",namespace="${kubernetes.namespace}".*\\} (\\S+)`,
      'gm',
    );
    const sizes = [...figures.join('\n').matchAll(line)].map(([, bytes]) =>
      Math.round(Number(bytes) / 2 ** 20),
    );
    console.log(`${service}, idle: ${sizes.join(' and ')} MiB`);
    return limit(`memory of ${service}`, Math.max(...sizes), 90, 'MiB');
  });
  return flaws.flat();
}

const lost = (what: string, seen: Seen): Flaws => {
  console.log(
    `${what}: ${seen.requests} requests, ${seen.failed} failed, ${seen.asked_again} asked again; ` +
      `${seen.placed} orders placed, ${seen.paid} paid, ${seen.cancelled} cancelled; slowest ${seen.slowestMs} ms`,
  );
  return seen.failed > 0
    ? [`${what}: ${seen.failed} of ${seen.requests} requests failed`, ...seen.failures]
    : [];
};

async function strictly(fixture: Fixture, what: string, work: () => Promise<void>): Promise<Flaws> {
  const { root, images, kubernetes } = fixture;
  return lost(what, await underLoad(kubernetes, { image: images.release, root, retries: false }, work));
}

/** Two upgrades and five restarts of everything, and no request is lost. */
export const upgrades = (fixture: Fixture): Promise<Flaws> =>
  strictly(fixture, 'upgrades and restarts', async () => {
    for (const number of [1, 2]) await timed(`upgrade ${number}`, () => nextRevision(fixture));
    const { kubectl } = fixture.kubernetes;
    const deployments = serviceNames.map((name) => `deployment/${release}-${name}`);
    for (const number of [1, 2, 3, 4, 5])
      await timed(`rolling restart ${number} of all services`, async () => {
        await kubectl('rollout', 'restart', ...deployments);
        for (const deployment of deployments) await kubectl('rollout', 'status', deployment, '--timeout=3m');
        await allReady(fixture.kubernetes, replicas);
      });
  });

export const rollbacks = (fixture: Fixture): Promise<Flaws> =>
  strictly(fixture, 'rollbacks', async () => {
    for (const number of [1, 2])
      await timed(`rollback ${number}`, async () => {
        await fixture.kubernetes.helm('rollback', release, '--wait', '--timeout', '5m');
        await allReady(fixture.kubernetes, replicas);
      });
  });

/** SIGKILL for each pod in turn; others take its work over. */
export async function kills(fixture: Fixture): Promise<Flaws> {
  const { root, images, kubernetes, platform } = fixture;
  const flaws: string[] = [];
  const seen = await underLoad(kubernetes, { image: images.release, root, retries: true }, async () => {
    for (const service of serviceNames)
      for (const pod of await kubernetes.pods(service)) {
        const { rows } = { rows: await platform.rows('select clock_timestamp() as at') };
        await fixture.killPod(pod);
        await new Promise((resolve) => setTimeout(resolve, 8_000));
        await allReady(kubernetes, replicas);
        const delayS = await slowestEffectS(platform, rows[0]!['at']);
        console.log(
          `${pod.metadata.name} killed: the slowest event had its effect after ${delayS.toFixed(1)} s`,
        );
        flaws.push(...limit(`work of ${pod.metadata.name} taken over`, delayS, 5, 's'));
      }
  });
  return [...flaws, ...lost('every pod killed', seen)];
}

/** From the commit of an event to its effect in the next service; of those that had theirs since. */
async function slowestEffectS(platform: Platform, since: unknown): Promise<number> {
  const inboxes = ['orders', 'contracts', 'refunds', 'notifications']
    .map((schema) => `select event_id, received_at from ${schema}.inbox`)
    .join(' union all ');
  const found = await platform.rows(
    `select extract(epoch from max(received_at - uuid_extract_timestamp(event_id)))::float8 as s
       from (${inboxes}) as effects
      where received_at > $1 and uuid_extract_timestamp(event_id) > $1::timestamptz - interval '1 minute'`,
    [since],
  );
  return Number(found[0]!['s'] ?? 0);
}

/** Each node is emptied; no request is lost. */
export const drains = (fixture: Fixture): Promise<Flaws> =>
  strictly(fixture, 'nodes drained', async () => {
    const { kubectl } = fixture.kubernetes;
    const all = (await kubectl('get', 'nodes', '-o', 'name')).trim().split('\n');
    const nodes = all.map((name) => name.replace('node/', ''));
    if (nodes.length < 2) return console.log('one node alone: it is not drained');
    // The load stays where it is: it is no pod of the release.
    for (const node of nodes)
      await timed(`${node} drained`, async () => {
        await kubectl('cordon', node);
        try {
          const selector = `app.kubernetes.io/instance=${release}`;
          await kubectl(
            'drain',
            node,
            '--delete-emptydir-data',
            `--pod-selector=${selector}`,
            '--timeout=3m',
          );
          await allReady(fixture.kubernetes, replicas);
        } finally {
          await kubectl('uncordon', node);
        }
      });
  });

/** The broker is killed and Postgres is restarted meanwhile; everything goes on by itself. */
export async function outages(fixture: Fixture): Promise<Flaws> {
  const { root, images, kubernetes, platform } = fixture;
  const seen = await underLoad(kubernetes, { image: images.release, root, retries: true }, async () => {
    await timed('Kafka killed and back', () => platform.restartKafka());
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await timed('Postgres restarted', () => platform.restartPostgres());
    await timed('all pods ready again', () => allReady(kubernetes, replicas));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
  });
  const restarts = (await podsOfServices(kubernetes)).filter(
    ({ status }) => status.containerStatuses![0]!.lastState.terminated?.reason === 'OOMKilled',
  );
  return [
    ...lost('broker and Postgres restarted', seen),
    ...restarts.map(({ metadata }) => `${metadata.name} was ended for want of memory`),
  ];
}

/** Until every event has had its effect. */
export const settled = (platform: Platform): Promise<true> =>
  eventually(
    'all events are published',
    async () => {
      const counts = await platform.rows(
        ['orders', 'contracts', 'refunds', 'notifications']
          .map((schema) => `select count(*)::int as left from ${schema}.outbox`)
          .join(' union all '),
      );
      return counts.every(({ left }) => left === 0) ? true : undefined;
    },
    { withinMs: 120_000, everyMs: 500 },
  );
