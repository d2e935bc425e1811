import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { isInstalled } from '../installed.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const chart = 'deploy/helm/accord';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads objects of every kind
  readonly [key: string]: any;
}

/** As Kubernetes reads YAML. */
export const parse = (text: string): KubernetesObject[] =>
  YAML.parseAllDocuments(text, { version: '1.1', merge: true })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export const hasHelm = isInstalled('helm', 'version');
export const versionOf = (command: string): string =>
  spawnSync(command, ['version', '--template', '{{.Version}}'], { encoding: 'utf8' }).stdout;

/** The objects that `helm template` makes of value files and of `values` over them; or its refusal. */
export function helm(
  files: readonly string[],
  values: object = {},
): { readonly text: string; readonly refusal: string } {
  const { status, stdout, stderr, error } = spawnSync(
    'helm',
    [
      'template',
      'accord',
      chart,
      '--namespace',
      'accord',
      ...files.flatMap((file) => ['-f', file]),
      '-f',
      '-',
    ],
    { cwd: root, encoding: 'utf8', input: JSON.stringify(values), maxBuffer: 32_000_000 },
  );
  if (error) throw error;
  return { text: stdout, refusal: status === 0 ? '' : stderr };
}

const rendered = new Map<string, readonly KubernetesObject[]>();

/** Once for the same values; the objects are nobody's to change. @throws Error with what helm refuses. */
export function render(files: readonly string[], values: object = {}): readonly KubernetesObject[] {
  const key = JSON.stringify([files, values]);
  const known = rendered.get(key);
  if (known) return known;
  const { text, refusal } = helm(files, values);
  if (refusal) throw new Error(refusal);
  const objects = parse(text);
  rendered.set(key, objects);
  return objects;
}

export const valueFile = (name: string): string => `${chart}/values-${name}.yaml`;
const [production, small, development] = ['production', 'small', 'development'].map(valueFile) as [
  string,
  string,
  string,
];

/** Value files as they come, and values that nobody thought of first. */
export const cases: Readonly<Record<string, readonly [files: readonly string[], values?: object]>> = {
  production: [[production]],
  small: [[small]],
  development: [[development]],
  'the examples of deploy/kubernetes': [[production, 'deploy/kubernetes/values.yaml']],
  'a pooler, and pods by lag': [
    [production],
    {
      database: { port: 6432, sessions: { host: 'direct.postgres.svc', port: 5433 } },
      kafka: { topicPrefix: 'blue.', brokers: ['a.kafka.svc:9092', 'b.kafka.svc:9094'] },
      defaults: { autoscaling: { by: 'lag', minReplicas: 2, maxReplicas: 4, authentication: 'kafka' } },
    },
  ],
  'a platform that chooses the user': [
    [small],
    {
      fullnameOverride: 'shop',
      podSecurity: { runAsUser: null },
      image: { tag: 'v7', pullPolicy: 'Always', pullSecrets: ['registry'] },
      preStopSeconds: 5,
      drainMs: 12_345,
    },
  ],
  'roles, topics and migrations by somebody else': [
    [small],
    {
      setup: { provision: false, topics: false, migrate: false },
      auditor: { enabled: false },
      test: { enabled: false },
    },
  ],
  'a service unlike the others': [
    [production],
    {
      profile: '',
      defaults: {
        files: { PROVIDER_PROFILE: { configMap: 'our-profile', key: 'profile.json' } },
        settings: { ACCORD_BODY_BYTES_PER_SECOND: 20_971_520, ACCORD_LOG_LEVEL: 'warn' },
      },
      services: {
        refund: {
          replicas: 1,
          disruptionBudget: { enabled: false },
          autoscaling: { by: 'none' },
          settings: { ACCORD_RATE_PER_MINUTE: 0, ACCORD_RATE_SHARED: false, ACCORD_LOG_LEVEL: 'debug' },
          nodeSelector: { pool: 'quiet' },
          tolerations: [{ key: 'quiet', operator: 'Exists' }],
          priorityClassName: 'high',
          podLabels: { team: 'refunds' },
          podAnnotations: { reloader: 'yes' },
        },
      },
    },
  ],
  'a seal whose key lies elsewhere, with time stamps': [
    [production],
    {
      services: {
        contract: {
          settings: {
            ACCORD_SEAL_SIGNER_URL: 'https://signer.example:8443/v1/keys/seal/sign',
            ACCORD_TSA_URL: 'https://tsa.example/rfc3161',
            ACCORD_TSA_USER: 'accord',
          },
          secretSettings: {
            ACCORD_SEAL_PASSWORD: null,
            ACCORD_SEAL_SIGNER_TOKEN: { secret: 'accord-signer', key: 'token' },
            ACCORD_TSA_PASSWORD: { secret: 'accord-tsa', key: 'password' },
          },
          files: {
            ACCORD_SEAL_P12: null,
            ACCORD_SEAL_CERTIFICATE_FILE: { configMap: 'seal', key: 'chain.pem' },
            ACCORD_TSA_ISSUERS_FILE: { configMap: 'seal', key: 'time-stamps.pem' },
          },
        },
      },
      networkPolicy: {
        signer: { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }] },
        timeStamps: { to: [{ ipBlock: { cidr: '192.0.2.8/32' } }] },
      },
    },
  ],
  'SMS by a gateway': [
    [production],
    {
      services: {
        notification: {
          settings: { ACCORD_SMS_URL: 'https://sms.example:8443', ACCORD_SMS_SEGMENT_PRICE: '0.045 CNY' },
          secretSettings: { ACCORD_SMS_SECRET: { secret: 'accord-sms', key: 'secret' } },
        },
      },
      networkPolicy: { sms: { to: [{ ipBlock: { cidr: '192.0.2.9/32' } }] } },
    },
  ],
  'two ingresses': [
    [small],
    {
      routes: {
        by: 'ingress',
        customers: { className: 'public', annotations: { 'example.com/body-size': '64m' } },
        operators: { host: 'ops.example', className: 'internal', tlsSecret: 'ops-tls' },
      },
    },
  ],
  'development behind policies': [
    [development],
    {
      networkPolicy: {
        enabled: true,
        postgres: { to: [{ podSelector: { matchLabels: { app: 'postgres' } } }] },
        kafka: { to: [{ podSelector: { matchLabels: { app: 'kafka' } } }] },
      },
      development: { image: { repository: 'accord-development', tag: 'v7' } },
    },
  ],
};

/** The pod of a workload, a Job or a Pod; undefined of any other kind. */
export const podOf = ({ kind, metadata, spec }: KubernetesObject): KubernetesObject | undefined => {
  if (kind === 'Pod') return { apiVersion: 'v1', kind, metadata, spec };
  const template = spec?.template as KubernetesObject | undefined;
  return template && { ...template, kind: 'Pod', apiVersion: 'v1' };
};

export const named = (objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject => {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} times ${kind} ${name}`);
  return found[0]!;
};
