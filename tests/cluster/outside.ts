import type { Kubernetes } from './kubernetes.ts';
import { eventually } from './shell.ts';

export const outside = 'outside';
const issuer = 'http://127.0.0.1:8081';
const labels = { app: outside };

/** As a platform has it: an issuer of tokens and a mail server, in a pod that is no part of the release. */
const objects = (image: string): object[] => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: outside },
    spec: {
      selector: labels,
      ports: [
        { name: 'issuer', port: 8081 },
        { name: 'smtp', port: 2525 },
      ],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: outside },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...restricted,
          containers: [
            {
              name: outside,
              image,
              ...contained,
              args: ['node', 'deploy/local/commands/gateway.ts'],
              env: [
                { name: 'ACCORD_ENV', value: 'development' },
                { name: 'ACCORD_HOME', value: '/home/accord' },
                { name: 'ACCORD_SERVICE_URL', value: 'http://accord-{service}:8080' },
              ],
              readinessProbe: { httpGet: { path: '/.well-known/jwks.json', port: 8081 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'home', mountPath: '/home/accord' }],
            },
          ],
          volumes: [{ name: 'home', emptyDir: {} }],
        },
      },
    },
  },
];

/** As pod security `restricted` asks of a pod, and of a container. */
export const restricted = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};
export const contained = {
  imagePullPolicy: 'IfNotPresent',
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

export async function startOutside(kubernetes: Kubernetes, image: string): Promise<void> {
  await kubernetes.apply(...objects(image));
  await kubernetes.kubectl('rollout', 'status', `deployment/${outside}`, '--timeout=120s');
}

/** A token of the issuer. */
export async function tokenOf(kubernetes: Kubernetes, who: object): Promise<string> {
  const body = JSON.stringify(JSON.stringify(who));
  const code = `const answer = await fetch('${issuer}/token', { method: 'POST', body: ${body} });
    console.log((await answer.json()).access_token)`;
  return (await eventually('a token', () => kubernetes.script(outside, code), { withinMs: 20_000 })).trim();
}

/** Asks a service from a pod. @throws Error with the answer where it is none of success. */
export async function askService(
  kubernetes: Kubernetes,
  ask: { method: string; url: string; token: string; body: object },
): Promise<void> {
  const code = `const { method, url, token, body } = ${JSON.stringify(ask)};
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + token };
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(answer.status + ' ' + (await answer.text()));`;
  await kubernetes.script(outside, code);
}
