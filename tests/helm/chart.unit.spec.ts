import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '@accord/events/services';
import { isInstalled } from '../installed.ts';
import {
  cases,
  chart,
  hasHelm,
  named,
  parse,
  podOf,
  read,
  render,
  root,
  valueFile,
  type KubernetesObject,
} from './chart.ts';

// The chart as rendered: what holds for every object with every values.

if (!hasHelm) {
  test('the chart is rendered where helm is installed', () => {
    process.stderr.write('the chart is not rendered: helm is not installed\n');
  });
}
const rendered = new Map<string, readonly KubernetesObject[]>();
if (hasHelm)
  for (const [name, [files, values]] of Object.entries(cases)) rendered.set(name, render(files, values));
const each = (title: string, check: (objects: readonly KubernetesObject[], name: string) => void) => {
  for (const [name, objects] of rendered) test(`${title}: ${name}`, () => check(objects, name));
};
const pods = (objects: readonly KubernetesObject[]) => objects.flatMap((object) => podOf(object) ?? []);
const labelsFit = (selector: Readonly<Record<string, string>>, { metadata }: KubernetesObject) =>
  Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value);

each('names are said once, and no Secret is made', (objects) => {
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
});

each(
  'every container is as `restricted` asks, writes nothing, and knows nothing of the API server',
  (objects) => {
    expect(pods(objects).length).toBeGreaterThanOrEqual(4);
    for (const { metadata, spec } of pods(objects)) {
      expect({ of: metadata.labels, ...spec }).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec[key]).toBeUndefined();
      for (const { hostPath } of spec.volumes ?? []) expect(hostPath).toBeUndefined();
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        // The entry point computes the heap from the limit.
        expect([container.command, container.args[0]]).toEqual([undefined, 'node']);
        expect(container.resources.limits.memory).toMatch(/Mi$/);
        expect(container.resources.limits.cpu).toBeUndefined();
      }
    }
  },
);

each('what a pod names is there: its account, settings, ports and volumes', (objects) => {
  const has = (kind: string, name: string) =>
    objects.some((object) => object.kind === kind && object.metadata.name === name);
  for (const { spec } of pods(objects)) {
    const volumes = (spec.volumes ?? []).map(({ name }: { name: string }) => name);
    expect(spec.serviceAccountName === undefined || has('ServiceAccount', spec.serviceAccountName)).toBe(
      true,
    );
    const mounted = spec.containers.flatMap(({ volumeMounts }: KubernetesObject) => volumeMounts ?? []);
    expect(new Set(mounted.map(({ name }: { name: string }) => name))).toEqual(new Set(volumes));
    for (const container of spec.containers) {
      for (const { configMapRef } of container.envFrom ?? [])
        expect(has('ConfigMap', configMapRef.name)).toBe(true);
      const ports = (container.ports ?? []).map(({ name }: { name: string }) => name);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
        if (container[probe]) expect(ports).toContain(container[probe].httpGet.port);
    }
  }
});

each('a selector selects the pods of one workload, and no label of it changes with a release', (objects) => {
  for (const { kind, metadata, spec } of objects) {
    if (!['Service', 'Deployment', 'PodDisruptionBudget'].includes(kind)) continue;
    const selector = kind === 'Service' ? spec.selector : spec.selector.matchLabels;
    expect(Object.keys(selector).sort()).toEqual([
      'app.kubernetes.io/component',
      'app.kubernetes.io/instance',
      'app.kubernetes.io/name',
    ]);
    const selected = objects.filter((object) => podOf(object) && labelsFit(selector, podOf(object)!));
    expect([metadata.name, selected.length]).toEqual([metadata.name, 1]);
    const ports = podOf(selected[0]!)!.spec.containers[0].ports;
    if (kind === 'Service')
      for (const { targetPort } of spec.ports)
        expect(ports.map(({ name }: { name: string }) => name)).toContain(targetPort);
  }
});

each('objects that come before the services are hooks, in their order, and leave nothing', (objects) => {
  const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
  for (const { metadata } of hooks)
    expect(metadata.annotations).toMatchObject({
      'helm.sh/hook': expect.stringMatching(/^(?:pre-install,pre-upgrade|test)$/),
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
  const weightOf = ({ metadata }: KubernetesObject) => Number(metadata.annotations?.['helm.sh/hook-weight']);
  const jobs = objects.filter(({ kind }) => kind === 'Job');
  const inOrder = jobs.toSorted((a, b) => weightOf(a) - weightOf(b)).map(podOf);
  if (jobs.length > 0) {
    expect(inOrder.map((pod) => pod!.metadata.labels!['app.kubernetes.io/component'])).toEqual([
      'provision',
      'topics',
      'migrate',
    ]);
    expect(new Set(jobs.map(weightOf)).size).toBe(3);
  }
  for (const hook of hooks.filter(({ kind }) => kind !== 'Job' && kind !== 'Pod'))
    expect(weightOf(hook)).toBeLessThan(hook.metadata.annotations!['helm.sh/hook'] === 'test' ? 0 : -15);
});

each(
  "passwords of owners and of the administrator are in the setup's jobs alone, each where it is needed",
  (objects) => {
    for (const object of objects) {
      const pod = podOf(object);
      const owners =
        JSON.stringify(pod ?? {}).match(/accord_\w+_owner|accord-database-(?:owners|admin)/g) ?? [];
      if (object.kind !== 'Job') expect([object.metadata.name, owners]).toEqual([object.metadata.name, []]);
    }
    const migrate = objects.find(
      ({ kind, metadata }) => kind === 'Job' && metadata.name.endsWith('-migrate'),
    );
    if (!migrate) return;
    const { containers, volumes } = podOf(migrate)!.spec;
    expect(containers.map(({ name }: KubernetesObject) => name)).toEqual(serviceNames);
    for (const service of serviceNames) {
      const { volumeMounts } = containers.find(({ name }: { name: string }) => name === service);
      expect(volumeMounts).toEqual([{ name: service, mountPath: '/run/secrets/accord', readOnly: true }]);
      const { projected } = volumes.find(({ name }: { name: string }) => name === service);
      expect(projected.sources).toEqual([
        {
          secret: {
            name: 'accord-database-owners',
            items: [{ key: `accord_${service}_owner`, path: 'ACCORD_OWNER_DATABASE_PASSWORD' }],
          },
        },
      ]);
    }
  },
);

each('a pod of a service has the time that its stop takes', (objects) => {
  for (const { kind, metadata, spec } of objects) {
    if (kind !== 'Deployment' || !serviceNames.some((name) => metadata.name.endsWith(`-${name}`))) continue;
    const { data } = named(objects, 'ConfigMap', metadata.name);
    const { containers, terminationGracePeriodSeconds } = spec.template.spec;
    const preStop = containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
    const stopsWithin = preStop + Number(data.ACCORD_DRAIN_MS) / 1_000 + 10;
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(stopsWithin);
    expect(terminationGracePeriodSeconds).toBeLessThan(stopsWithin + 1);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(Object.keys(containers[0]).filter((key) => key.endsWith('Probe'))).toEqual([
      'startupProbe',
      'livenessProbe',
      'readinessProbe',
    ]);
  }
});

if (hasHelm)
  test('every object of Kubernetes is as its schema asks, with no field that it does not know', () => {
    const all = [...rendered.values()].flat().map((object) => JSON.stringify(object));
    const validator = 'kubernetes-validate';
    const has = isInstalled(validator, '--version');
    const line = has
      ? `schemas are looked at by ${validator}`
      : `schemas are not looked at: ${validator} is not installed`;
    process.stderr.write(`${line}\n`);
    if (!has) return;
    const folder = mkdtempSync(join(tmpdir(), 'accord-chart-'));
    try {
      const file = join(folder, 'all.yaml');
      writeFileSync(file, [...new Set(all)].join('\n---\n'));
      const { stderr, stdout } = spawnSync(validator, ['-k', '1.37', '--strict', file], { encoding: 'utf8' });
      const lines = `${stdout}${stderr}`.split('\n').filter((text) => /^(?:ERROR|WARN)/.test(text));
      const unknown = lines.map((text) => /schema for kind (\w+)/.exec(text)?.[1] ?? text);
      expect([...new Set(unknown)].sort()).toEqual([
        'HTTPRoute',
        'PrometheusRule',
        'ScaledObject',
        'ServiceMonitor',
      ]);
      expect(stdout + stderr).toContain('passed for resource deployment/accord-order');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

if (hasHelm)
  test.each(['production', 'small', 'development'])('helm lint finds nothing in %s', (name) => {
    const { stdout, status } = spawnSync('helm', ['lint', '--strict', chart, '-f', valueFile(name)], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stdout.match(/\[(?:WARNING|ERROR)\].*/g)]).toEqual([0, null]);
  });

test('the chart has the version of the release', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(parse(read(`${chart}/Chart.yaml`))[0]).toMatchObject({ version, appVersion: version });
});
