import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './shell.ts';

/** The first node's address; Postgres and Kafka listen there too. */
export const hostAddress = '10.240.0.1';
export interface NodeNames {
  readonly name: string;
  readonly address: string;
  /** Of its pods. */
  readonly pods: string;
}
export const nodes: readonly NodeNames[] = [1, 2].map((number) => ({
  name: `node${number}`,
  address: `10.240.0.${number}`,
  pods: `10.244.${number}.0/24`,
}));
export const apiPort = 16443;
export const serviceNetwork = '10.96.0.0/16';
export const podNetwork = '10.244.0.0/16';

/** Paths of certificates and kubeconfigs by name, as the parts of Kubernetes are told them. */
export interface Credentials {
  certificate(name: string): string;
  key(name: string): string;
  kubeconfig(name: string): string;
}

const server = (...names: string[]) => names.join(',');

/** The subject of each part, and the names under which it is asked. */
const subjects: Readonly<Record<string, readonly [subject: string, names?: string]>> = {
  apiserver: [
    '/CN=kube-apiserver',
    server('DNS:kubernetes.default.svc', 'IP:127.0.0.1', 'IP:10.96.0.1', `IP:${hostAddress}`),
  ],
  admin: ['/O=system:masters/CN=admin'],
  'apiserver-to-kubelet': ['/O=system:masters/CN=apiserver-to-kubelet'],
  'controller-manager': ['/CN=system:kube-controller-manager'],
  scheduler: ['/CN=system:kube-scheduler'],
  proxy: ['/CN=system:kube-proxy'],
  ...Object.fromEntries(
    nodes.map(({ name, address }) => [
      name,
      [`/O=system:nodes/CN=system:node:${name}`, server(`DNS:${name}`, `IP:${address}`)],
    ]),
  ),
};

/** Makes an authority, and of it what every part of a cluster needs. */
export async function makeCredentials(folder: string): Promise<Credentials> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    ...['req', '-x509', ...newKey, '-days', '30', '-subj', '/CN=accord-cluster'],
    ...['-keyout', 'ca.key', '-out', 'ca.crt'],
  );
  await openssl('genrsa', '-out', 'accounts.key', '2048');
  await openssl('rsa', '-in', 'accounts.key', '-pubout', '-out', 'accounts.pub');
  for (const [name, [subject, names]] of Object.entries(subjects)) {
    writeFileSync(
      path(`${name}.ext`),
      'keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n' +
        (names ? `subjectAltName=${names}\n` : ''),
    );
    await openssl('req', ...newKey, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    await openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', '30', '-out', `${name}.crt`, '-extfile', `${name}.ext`],
    );
    writeFileSync(path(`${name}.kubeconfig`), kubeconfig(folder, name), { mode: 0o600 });
  }
  return {
    certificate: (name) => path(`${name}.crt`),
    key: (name) => path(`${name}.key`),
    kubeconfig: (name) => path(`${name}.kubeconfig`),
  };
}

/** JSON, which is YAML too. */
const kubeconfig = (folder: string, name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'accord',
        cluster: {
          server: `https://127.0.0.1:${apiPort}`,
          'certificate-authority': join(folder, 'ca.crt'),
        },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate': join(folder, `${name}.crt`),
          'client-key': join(folder, `${name}.key`),
        },
      },
    ],
    contexts: [{ name: 'accord', context: { cluster: 'accord', user: name } }],
    'current-context': 'accord',
  });
