import { serviceNames } from '@accord/events/services';
import { segments } from '../../deploy/local/parts/gateway.ts';
import { withDeadLetterRoutes } from '../../libs/platform/src/dead-letter-routes.ts';
import { services as allServices } from '../docs/events-page.ts';
import { cases, hasHelm, named, render, type KubernetesObject } from './chart.ts';

// Which requests and connections reach which pod.

if (!hasHelm) test('needs helm', () => expect(hasHelm).toBe(false));

/** Path to service, as an object has it. */
const tableOf = ({ kind, spec }: KubernetesObject): Record<string, string> =>
  Object.fromEntries(
    kind === 'HTTPRoute'
      ? spec.rules.flatMap(({ matches, backendRefs }: KubernetesObject) =>
          matches.map(({ path }: KubernetesObject) => {
            expect([path.type, backendRefs.length, backendRefs[0].port]).toEqual(['PathPrefix', 1, 8080]);
            return [path.value, backendRefs[0].name];
          }),
        )
      : spec.rules[0].http.paths.map(({ path, pathType, backend }: KubernetesObject) => {
          expect([pathType, backend.service.port.name]).toEqual(['Prefix', 'http']);
          return [path, backend.service.name];
        }),
  );

/** From the routes of the services and the front door's table. */
function expected(): { operators: Record<string, string>; customers: Record<string, string> } {
  const routes = allServices().flatMap((service) => withDeadLetterRoutes(service).routes);
  const of = (segment: string) => routes.filter(({ path }) => path.split('/')[2] === segment);
  const announced = ['openapi.json', 'asyncapi.json', 'schemas'];
  const table = (open: (segment: string) => boolean) =>
    Object.fromEntries(
      Object.entries(segments)
        .filter(([segment]) => announced.includes(segment) || open(segment))
        .map(([segment, service]) => [`/v1/${segment}`, `accord-${service}`]),
    );
  return {
    operators: table((segment) => of(segment).length > 0),
    customers: table((segment) =>
      of(segment).some(({ access }) => access === 'anyone' || access.customer !== undefined),
    ),
  };
}

if (hasHelm)
  test.each([
    ['HTTPRoute', 'production'],
    ['Ingress', 'two ingresses'],
  ])('%s leads where the front door leads: operators to every path, customers to theirs', (kind, name) => {
    const objects = render(...cases[name]!);
    const { operators, customers } = expected();
    expect(tableOf(named(objects, kind, 'accord-operators'))).toEqual(operators);
    expect(tableOf(named(objects, kind, 'accord-customers'))).toEqual(customers);
    const own = Object.keys(operators).filter((path) => !(path in customers));
    expect(own).toEqual(expect.arrayContaining(['/v1/remittances', '/v1/order-dead-letters']));
    // Each route of each service is behind a path of its own service.
    for (const service of allServices())
      for (const { path } of withDeadLetterRoutes(service).routes)
        expect(operators[path.split('/').slice(0, 3).join('/')]).toBe(`accord-${service.name}`);
  });

if (hasHelm)
  test('an ingress has the host, the class, the certificate and the annotations of its audience', () => {
    const objects = render(...cases['two ingresses']!);
    const [customers, operators] = ['customers', 'operators'].map((who) =>
      named(objects, 'Ingress', `accord-${who}`),
    );
    expect(customers).toMatchObject({
      metadata: { annotations: { 'example.com/body-size': '64m' } },
      spec: {
        ingressClassName: 'public',
        tls: [{ hosts: ['api.accord.example'], secretName: 'accord-tls' }],
        rules: [{ host: 'api.accord.example' }],
      },
    });
    expect(operators!.spec).toMatchObject({
      ingressClassName: 'internal',
      tls: [{ hosts: ['ops.example'], secretName: 'ops-tls' }],
      rules: [{ host: 'ops.example' }],
    });
    const routes = render(...cases['production']!).filter(({ kind }) => kind === 'HTTPRoute');
    expect(routes.map(({ spec }) => [spec.hostnames, spec.parentRefs[0].name])).toEqual([
      [['api.accord.example'], 'public'],
      [['operators.accord.example'], 'internal'],
    ]);
    expect(render(cases['small']![0]).filter(({ kind }) => kind === 'Ingress').length).toBe(1);
    expect(render(cases['development']![0]).filter(({ kind }) => /Ingress|Route/.test(kind))).toEqual([]);
  });

const nameOfPeer = ({ namespaceSelector, podSelector, ipBlock }: KubernetesObject): string =>
  ipBlock
    ? 'outside'
    : (podSelector?.matchLabels['app.kubernetes.io/component'] ??
      podSelector?.matchLabels['k8s-app'] ??
      podSelector?.matchLabels.app ??
      namespaceSelector.matchLabels['kubernetes.io/metadata.name']);

/** `gateways > order 8080`, sorted: every connection that the policies let through. */
const pairsOf = (objects: readonly KubernetesObject[]): string[] =>
  objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => {
      const { 'app.kubernetes.io/component': self } = spec.podSelector.matchLabels;
      expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
      const pairs = (rules: KubernetesObject[] | undefined, side: 'from' | 'to') =>
        (rules ?? []).flatMap(({ [side]: peers, ports }) => {
          // A rule without peers would let everybody through.
          expect(peers.length * ports.length).toBeGreaterThan(0);
          return peers.flatMap((peer: KubernetesObject) =>
            ports.map(({ port }: { port: number }) => {
              const [a, b] = side === 'from' ? [nameOfPeer(peer), self] : [self, nameOfPeer(peer)];
              return `${a} > ${b} ${port}`;
            }),
          );
        });
      return [...pairs(spec.ingress, 'from'), ...pairs(spec.egress, 'to')];
    })
    .filter((pair, i, all) => all.indexOf(pair) === i)
    .sort();

const asks = (who: readonly string[], ...whom: string[]) =>
  who.flatMap((one) => whom.map((to) => `${one} > ${to}`));

if (hasHelm)
  test('nothing is let through but the pairs that Accord needs', () => {
    const objects = render(...cases['production']!);
    const everybody = [...serviceNames, 'auditor', 'provision', 'topics', 'migrate', 'test'];
    expect(pairsOf(objects)).toEqual(
      [
        ...asks(everybody, 'kube-dns 53'),
        ...asks([...serviceNames, 'auditor', 'provision', 'migrate'], 'postgres 5432'),
        ...asks([...serviceNames, 'auditor', 'topics'], 'kafka 9092'),
        ...asks(serviceNames, 'outside 443', 'monitoring 4318'),
        'notification > outside 587',
        ...serviceNames.flatMap((name) => [`gateways > ${name} 8080`, `monitoring > ${name} 9090`]),
        'monitoring > auditor 9090',
        ...asks(['test'], 'order 8080', 'notification 8080'),
      ].sort(),
    );
    // All pods of the release, and no connection: what is not above is forbidden.
    expect(named(objects, 'NetworkPolicy', 'accord').spec).toEqual({
      podSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'accord', 'app.kubernetes.io/instance': 'accord' },
      },
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(render(cases['development']![0]).filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  });

if (hasHelm)
  test('in development the issuer, the mailbox and the front door are beside the services', () => {
    const pairs = pairsOf(render(...cases['development behind policies']!));
    expect(pairs.filter((pair) => pair.includes('development'))).toEqual(
      [
        ...asks(['development'], ...serviceNames.map((name) => `${name} 8080`), 'kube-dns 53'),
        ...asks([...serviceNames, 'test'], 'development 2525', 'development 8081'),
      ].sort(),
    );
    expect(pairs.filter((pair) => pair.includes('outside'))).toEqual([]);
  });
