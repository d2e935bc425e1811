import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { eventTypes } from '@accord/events';
import { serviceNames } from '@accord/events/services';
import { topicSettings } from '@accord/events/topics';
import {
  cases,
  chart,
  hasHelm,
  helm,
  named,
  parse,
  podOf,
  read,
  render,
  root,
  valueFile,
  versionOf,
  type KubernetesObject,
} from './chart.ts';

// Which values there are, what is refused, and whether the examples fit together.

if (!hasHelm) test('needs helm', () => expect(hasHelm).toBe(false));

type Schema = { $ref?: string; properties?: Record<string, Schema>; $defs: Record<string, Schema> };

test('every value that may be given stands in values.yaml, with its default', () => {
  const schema = JSON.parse(read(`${chart}/values.schema.json`)) as Schema;
  const resolved = (node: Schema): Schema => (node.$ref ? schema.$defs[node.$ref.split('/').at(-1)!]! : node);
  const missing: string[] = [];
  const walk = (node: Schema, value: unknown, path: string) => {
    const { properties } = resolved(node);
    // Empty: what is over something else, and of the same form.
    if (!properties || typeof value !== 'object' || value === null || Object.keys(value).length === 0) return;
    for (const [key, below] of Object.entries(properties)) {
      const own = (value as Record<string, unknown>)[key];
      if (own === undefined && !/\.(?:cpu|ephemeral-storage)$|^\.global$/.test(`${path}.${key}`))
        missing.push(`${path}.${key}`);
      walk(below, own, `${path}.${key}`);
    }
  };
  walk(schema, parse(read(`${chart}/values.yaml`))[0], '');
  expect(missing).toEqual([]);
});

const refusals: readonly (readonly [values: object, says: string | RegExp])[] = [
  // In Helm's words, which are others in each of its releases.
  [{ replicas: 3 }, /additional propert(ies 'replicas'|y replicas is) not allowed/i],
  [{ services: { orders: {} } }, /services'?: additional propert(ies 'orders'|y orders is) not allowed/i],
  [
    { defaults: { replicas: 0 } },
    /defaults[/.]replicas'?: (minimum: got 0, want|Must be greater than or equal to) 1/,
  ],
  [{ environment: 'staging' }, /environment must be one of|'\/environment': value must be one of/],
  [{ kafka: { brokers: ['kafka'] } }, /kafka[/.]brokers[/.]0/],
  [
    { podSecurity: { runAsUser: 0 } },
    /runAsUser'?: (minimum: got 0, want|Must be greater than or equal to) 1/,
  ],
  [{ image: { digest: 'latest' } }, /image[/.]digest/],
  [
    { settings: { logLevel: 'info' } },
    /propertyName 'logLevel'|Property name of .*logLevel.* does not match/,
  ],
  [{ profile: '' }, 'profile is baidu or alibaba, or defaults.files.PROVIDER_PROFILE mounts one of your own'],
  [{ database: { host: '' } }, 'database.host says where Postgres is'],
  [{ kafka: { brokers: [] } }, 'kafka.brokers says where Kafka is'],
  [{ mail: { from: '' } }, 'mail.from is the address that mails come from'],
  [{ tokens: { issuer: '' } }, 'tokens.issuer says whose tokens are taken'],
  [{ tokens: { jwksUrl: '' } }, "tokens.jwksUrl says where the issuer's keys are"],
  [{ development: { enabled: true } }, 'development.enabled needs environment: development'],
  [
    { defaults: { autoscaling: { by: 'lag', maxReplicas: 5 } } },
    'order: autoscaling.maxReplicas is 5, but a topic has 4 partitions: more pods would share no lag',
  ],
  [
    { services: { refund: { autoscaling: { minReplicas: 9 } } } },
    'refund: autoscaling.minReplicas is more than maxReplicas',
  ],
  [{ settings: { ACCORD_DRAIN_MS: 1 } }, 'order: settings.ACCORD_DRAIN_MS is told by another value: drainMs'],
  [
    { setup: { settings: { ACCORD_ADMIN_DATABASE_PASSWORD: 'x' } } },
    'setup: settings.ACCORD_ADMIN_DATABASE_PASSWORD is a secret: name its Secret in secretSettings',
  ],
  [
    { services: { notification: { settings: { ACCORD_HOOK: 'https://me:secret@hook.example' } } } },
    'notification: settings.ACCORD_HOOK is a secret',
  ],
  [
    { services: { notification: { settings: { ACCORD_SMTP_URL: 'smtp://mail:25' } } } },
    'notification: ACCORD_SMTP_URL is in settings, and mounted too',
  ],
  [{ routes: { customers: { host: '' } } }, 'routes.customers.host is what routes.by: gateway leads to'],
  [{ routes: { operators: { parentRefs: [] } } }, 'routes.operators.parentRefs names the Gateway'],
  [
    { routes: { operators: { host: 'api.accord.example' } } },
    "routes.operators.host is another host than the customers'",
  ],
  [
    { services: { contract: { settings: { ACCORD_TSA_URL: 'https://tsa.example' } } } },
    'networkPolicy.timeStamps.to has the peers',
  ],
  [
    { services: { contract: { settings: { ACCORD_SEAL_SIGNER_URL: 'https://signer.example/seal' } } } },
    'networkPolicy.signer.to has the peers',
  ],
  [
    { services: { notification: { settings: { ACCORD_SMS_URL: 'https://sms.example' } } } },
    'networkPolicy.sms.to has the peers',
  ],
  ...['postgres.to', 'kafka.to', 'issuer.to', 'smtp.to', 'traces.to', 'gateway.from', 'prometheus.from'].map(
    (peer) => {
      const [name, side] = peer.split('.') as [string, string];
      return [{ networkPolicy: { [name]: { [side]: [] } } }, `networkPolicy.${peer} has the peers`] as const;
    },
  ),
];

if (hasHelm)
  test.each(refusals)('%j is refused in words', (values, says) => {
    const { refusal } = helm([valueFile('production')], values);
    if (typeof says === 'string') expect(refusal).toContain(says);
    else expect(refusal).toMatch(says);
  });

if (hasHelm)
  test('values that lack everything are refused once, with all that is missing', () => {
    const { refusal } = helm([]);
    expect(refusal).toContain('These values do not fit together:');
    expect(refusal.match(/(?<=^- )[\w.]+/gm)).toEqual([
      'profile',
      'database.host',
      'kafka.brokers',
      'mail.from',
      'tokens.issuer',
      'tokens.jwksUrl',
      'contract',
      'networkPolicy.issuer.to',
      'networkPolicy.kafka.to',
      'networkPolicy.postgres.to',
      'networkPolicy.smtp.to',
    ]);
    expect(refusal).toContain('contract: files.ACCORD_SEAL_P12 mounts the seal');
  });

/** Before Helm 4 a dry run asks a cluster. */
const tellsNotes = hasHelm && /^v[4-9]/.test(versionOf('helm'));
if (hasHelm && !tellsNotes) process.stderr.write('the notes of the chart are not read: that needs Helm 4\n');

if (tellsNotes)
  test.each([
    ['production', 'https://operators.accord.example/v1/… for operators and the platform'],
    ['small', "Operators' and the platform's routes are reached from the cluster alone."],
    ['development', 'port-forward service/accord-development 8080'],
  ])('the notes of %s say where the API is, and how to try it', (name, says) => {
    const args = [
      'install',
      'accord',
      chart,
      '--dry-run=client',
      '--namespace',
      'shop',
      '-f',
      valueFile(name),
    ];
    const { stdout } = spawnSync('helm', args, { cwd: root, encoding: 'utf8' });
    const notes = stdout.split('\nNOTES:\n')[1]!;
    expect(notes).toContain(says);
    expect(notes).toContain('helm test accord --namespace shop');
    expect(notes.includes('DEVELOPMENT')).toBe(name === 'development');
  });

if (hasHelm)
  test('by lag a service has the pods that share it, within its partitions', () => {
    const objects = render(...cases['a pooler, and pods by lag']!);
    expect(objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
    for (const name of serviceNames) {
      const { spec } = named(objects, 'ScaledObject', `accord-${name}`);
      expect(spec).toMatchObject({
        scaleTargetRef: { name: `accord-${name}` },
        minReplicaCount: 2,
        maxReplicaCount: Math.min(...eventTypes.map((type) => topicSettings[type].partitions)),
      });
      expect(spec.triggers).toEqual([
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: 'a.kafka.svc:9092,b.kafka.svc:9094',
            consumerGroup: `blue.accord.${name}`,
            lagThreshold: '1000',
            offsetResetPolicy: 'earliest',
          },
          authenticationRef: { name: 'kafka' },
        },
        { type: 'cpu', metricType: 'Utilization', metadata: { value: '70' } },
      ]);
    }
  });

if (hasHelm)
  test('CTR-22 CTR-37 the contract service alone reaches the seal’s key and the time stamp authority', () => {
    const objects = render(...cases['a seal whose key lies elsewhere, with time stamps']!);
    const reached = (name: string) =>
      (named(objects, 'NetworkPolicy', `accord-${name}`).spec.egress as KubernetesObject[])
        .filter(({ to }) => JSON.stringify(to).includes('192.0.2.'))
        .map(({ to, ports }) => [to[0].ipBlock.cidr, ports[0].port]);
    expect(reached('contract')).toEqual([
      ['192.0.2.7/32', 8443],
      ['192.0.2.8/32', 443],
    ]);
    for (const name of serviceNames.filter((one) => one !== 'contract')) expect(reached(name)).toEqual([]);
  });

if (hasHelm)
  test('Prometheus gets the rules and Grafana the dashboards of this repository, as they are', () => {
    const objects = render(...cases['production']!);
    const of = (kind: string) => objects.filter((object) => object.kind === kind);
    const files = globSync('deploy/prometheus/*.yaml', { cwd: root }).filter(
      (file) => !file.endsWith('.test.yaml'),
    );
    expect(of('PrometheusRule').map(({ spec }) => spec)).toEqual(
      files.sort().map((file) => parse(read(file))[0]),
    );
    const dashboards = of('ConfigMap').filter(
      ({ metadata }) => metadata.labels!['grafana_dashboard'] === '1',
    );
    const boards = globSync('deploy/grafana/**/*.json', { cwd: root }).sort();
    expect(
      dashboards.map(({ data }) => Object.values(data as object).map((text) => JSON.parse(text))),
    ).toEqual(boards.map((file) => [JSON.parse(read(file))]));
    expect(named(objects, 'ServiceMonitor', 'accord-metrics').spec).toEqual({
      jobLabel: 'app.kubernetes.io/component',
      selector: {
        matchLabels: { 'app.kubernetes.io/name': 'accord', 'app.kubernetes.io/instance': 'accord' },
      },
      endpoints: [
        { port: 'ops', path: '/metrics', interval: '15s', scrapeTimeout: '10s', honorLabels: true },
      ],
    });
    const scraped = of('Service').filter(({ spec }) =>
      spec.ports.some(({ name }: { name: string }) => name === 'ops'),
    );
    expect(scraped.map(({ metadata }) => metadata.name).sort()).toEqual(
      [...serviceNames, 'auditor'].map((name) => `accord-${name}`).sort(),
    );
    expect(
      render(cases['small']![0]).filter(({ apiVersion }) => /coreos|keda|gateway/.test(apiVersion)),
    ).toEqual([]);
  });

const example = (file: string) => parse(read(`deploy/kubernetes/${file}`));

if (hasHelm)
  test('the examples of deploy/kubernetes fit together and to the chart', () => {
    const objects = render(...cases['the examples of deploy/kubernetes']!);
    const secrets = objects.flatMap((object) =>
      (podOf(object)?.spec.volumes ?? []).flatMap(({ projected }: KubernetesObject) =>
        (projected?.sources ?? []).flatMap(({ secret }: KubernetesObject) => secret?.name ?? []),
      ),
    );
    const kept = example('external-secrets.yaml').flatMap(({ spec }) => spec.target?.name ?? []);
    expect(kept).toEqual(expect.arrayContaining([...new Set(secrets)]));
    const postgres = example('cloudnative-pg.yaml');
    const cluster = postgres.find(({ kind }) => kind === 'Cluster')!;
    const { owner, secret, database } = cluster.spec.bootstrap.initdb;
    expect(cluster.spec.managed.roles).toEqual([
      { name: owner, ensure: 'present', login: true, createrole: true, passwordSecret: secret },
    ]);
    expect(kept).toContain(secret.name);
    const { data } = named(objects, 'ConfigMap', 'accord-order');
    const { name, namespace } = cluster.metadata;
    expect(data).toMatchObject({
      ACCORD_DATABASE_HOST: `${name}-rw.${namespace}.svc`,
      ACCORD_DATABASE_NAME: database,
    });
    const kafka = example('strimzi/kafka.yaml').find(({ kind }) => kind === 'Kafka')!;
    const [{ port }] = kafka.spec.kafka.listeners;
    const at = `${kafka.metadata.name}-kafka-bootstrap.${kafka.metadata.namespace}.svc`;
    expect(data.ACCORD_KAFKA_BROKERS).toBe(`${at}:${port}`);
    const peers = JSON.stringify(named(objects, 'NetworkPolicy', 'accord-order').spec.egress);
    expect(peers).toContain(`"cnpg.io/cluster":"${name}"`);
    expect(peers).toContain(`"strimzi.io/cluster":"${kafka.metadata.name}"`);
    const { spec: argo } = named(example('argo-cd.yaml'), 'Application', 'accord');
    const { spec: flux } = named(example('flux.yaml'), 'HelmRelease', 'accord');
    const files = argo.source.helm.valueFiles.map((file: string) => `${argo.source.path}/${file}`);
    for (const file of [...files, ...flux.chart.spec.valuesFiles]) expect(read(file)).toContain(':');
    expect([argo.source.path, flux.chart.spec.chart]).toEqual([chart, chart]);
  });
