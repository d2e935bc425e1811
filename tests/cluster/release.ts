import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { roles } from '@accord/postgres/provision';
import type { Images } from './images.ts';
import { chartOf, type Kubernetes } from './kubernetes.ts';
import { outside, tokenOf } from './outside.ts';
import type { Platform } from './platform.ts';
import { run } from './shell.ts';

export const release = 'accord';
export const replicas = 2;
const product = 'HELM_TEST';

const everywhere = [{ ipBlock: { cidr: '0.0.0.0/0' } }];

/** Over values-small.yaml: production, two pods of each service, without TLS within the cluster. */
export const valuesOf = (images: Images, platform: Platform): object => {
  const [repository, tag] = images.release.split(/:(?=[^:]*$)/);
  return {
    image: { repository, tag },
    tokens: { issuer: 'accord-development', jwksUrl: `http://${outside}:8081/.well-known/jwks.json` },
    database: { host: platform.databaseHost, port: platform.databasePort },
    kafka: { brokers: [platform.brokers], replication: 1 },
    settings: { ACCORD_PLAIN_WIRES: 'kafka,postgres,jwks,smtp', ACCORD_KAFKA_SESSION_MS: 3_000 },
    routes: { by: 'none' },
    auditor: { every: '5m' },
    networkPolicy: {
      postgres: { to: everywhere },
      kafka: { to: everywhere },
      issuer: { to: everywhere },
      smtp: { to: everywhere, port: 2525 },
    },
  };
};

const secret = (name: string, values: Readonly<Record<string, string | Buffer>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});

/** The Secrets that the chart refers to, with random passwords. */
export async function prepareNamespace(kubernetes: Kubernetes, platform: Platform): Promise<void> {
  const password = () => randomBytes(18).toString('base64url');
  const passwords = (of: (role: string) => boolean) =>
    Object.fromEntries(roles.filter(of).map((role) => [role, password()]));
  const isOwner = (role: string) => role.endsWith('_owner');
  await kubernetes.apply(
    secret(
      'accord-database-services',
      passwords((role) => !isOwner(role)),
    ),
    secret('accord-database-owners', passwords(isOwner)),
    secret('accord-database-admin', platform.admin),
    secret('accord-mail', { url: `smtp://${outside}:2525` }),
    secret('accord-seal', await makeSeal()),
    secret('accord-test', {
      token: await tokenOf(kubernetes, { kind: 'customer', accountId: 'acc_helm_test' }),
    }),
  );
}

/** Every right is taken away that pod security `restricted` takes. */
export const makeNamespace = (kubernetes: Kubernetes): Promise<void> =>
  kubernetes.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: kubernetes.namespace,
      labels: {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  });

async function makeSeal(): Promise<{ 'seal.p12': Buffer; password: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'accord-seal-'));
  const password = randomBytes(12).toString('hex');
  try {
    const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    writeFileSync(
      join(folder, 'seal.cnf'),
      '[req]\ndistinguished_name=name\nprompt=no\nx509_extensions=seal\n[name]\nCN=Accord on a cluster\nO=Accord\n' +
        '[seal]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n',
    );
    const made = ['-days', '365', '-config', 'seal.cnf', '-keyout', 'key', '-out', 'crt'];
    await openssl('req', '-x509', ...newKey, ...made);
    const [from, to] = [
      ['-inkey', 'key', '-in', 'crt'],
      ['-out', 'seal.p12', '-passout', `pass:${password}`],
    ];
    await openssl('pkcs12', '-export', ...from, ...to);
    return { 'seal.p12': readFileSync(join(folder, 'seal.p12')), password };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Installs it, or makes another of it whose pods are new. */
export async function upgrade(
  kubernetes: Kubernetes,
  ask: { root: string; values: object; revision: number },
): Promise<void> {
  const { root, values, revision } = ask;
  const folder = mkdtempSync(join(tmpdir(), 'accord-values-'));
  const file = join(folder, 'values.json');
  try {
    const more = { defaults: { podAnnotations: { 'accord/proved': String(revision) } } };
    writeFileSync(file, JSON.stringify({ ...values, ...more }));
    await kubernetes.helm(
      ...['upgrade', '--install', release, chartOf(root), '--wait', '--timeout', '5m'],
      ...['-f', join(chartOf(root), 'values-small.yaml'), '-f', file],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of the product that `helm test` and the load order. */
export const productOf = (root: string): { code: string; body: object } => {
  const values = readFileSync(join(chartOf(root), 'values.yaml'), 'utf8');
  if (!values.includes(`productCode: ${product}`)) throw new Error(`the chart tests no ${product}`);
  return {
    code: product,
    body: {
      name: { 'zh-CN': '测试', en: 'Test' },
      category: 'test',
      brand: 'baidu',
      form: 'instance',
      chargeTypes: ['subscription'],
      invoicingEntity: 'baidu_cloud',
      prices: [{ chargeType: 'subscription', amount: '1.00', currency: 'CNY', unit: 'month' }],
      contractable: true,
      refundable: true,
    },
  };
};

/** The auditor's whole report. @throws Error with it where anything differs. */
export const audit = (kubernetes: Kubernetes): Promise<string> =>
  kubernetes.kubectl('exec', 'deployment/accord-auditor', '--', 'node', 'deploy/accord.ts', 'audit');

/** Takes it away and gives the objects that are left of it, of every kind, once its pods had their time to end. */
export async function uninstall(kubernetes: Kubernetes): Promise<readonly string[]> {
  await kubernetes.helm('uninstall', release, '--wait', '--timeout', '2m');
  // Helm waits for its own objects, and not for the pods of them.
  await kubernetes.kubectl(
    ...['wait', '--for=delete', 'pod', '--timeout=60s', '-l', `app.kubernetes.io/instance=${release}`],
  );
  const kinds = (await kubernetes.kubectl('api-resources', '--namespaced', '--verbs=list', '-o', 'name'))
    .trim()
    .split('\n')
    .filter((kind) => !kind.startsWith('events'));
  const left = await kubernetes.kubectl(
    ...['get', kinds.join(','), '-o', 'name', '--ignore-not-found'],
    ...['-l', `app.kubernetes.io/instance=${release}`],
  );
  return left.trim().split('\n').filter(Boolean);
}
