import { createRequire } from 'node:module';
import { printed } from './formats.ts';
import { accessRules, principals } from './rules.ts';

/** Of the local platform, whose package it is. */
const { parseAllDocuments } = createRequire(new URL('../../local/package.json', import.meta.url))('yaml') as {
  parseAllDocuments(text: string): { toJS(): unknown }[];
};

const rules = accessRules('eu.');
const ask = { principal: 'User:accord-{name}', cluster: 'events', authentication: 'tls' } as const;

interface KafkaUser {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly authentication: { readonly type: string };
    readonly authorization: {
      readonly acls: readonly {
        readonly operations: readonly string[];
        readonly resource: { readonly type: string; readonly name: string; readonly patternType: string };
      }[];
    };
  };
}

test('EVT-15 a service writes what it speaks of, and nobody else does', () => {
  const writers = (topic: string) =>
    rules
      .filter(({ operations, names }) => operations.includes('Write') && names.includes(topic))
      .map(({ principal }) => principal);
  expect(writers('eu.order.placed')).toEqual(['order']);
  expect(writers('eu.refund.dead_letter')).toEqual(['refund']);
  expect(writers('eu.payment.received')).toEqual(['platform']);
  expect(writers('eu.account.updated')).toEqual(['contract', 'platform']);
});

test('EVT-15 as KafkaUsers of Strimzi and as commands of kafka-acls.sh they say the same', () => {
  const users = parseAllDocuments(printed({ ...ask, format: 'strimzi' }, rules)).map(
    (document) => document.toJS() as KafkaUser,
  );
  expect(users.map(({ metadata }) => metadata)).toEqual(
    principals.map((name) => ({ name: `accord-${name}`, labels: { 'strimzi.io/cluster': 'events' } })),
  );
  const ofUsers = users.flatMap(({ metadata: { name }, spec: { authorization } }) =>
    authorization.acls.flatMap(({ operations, resource: { type, name: of, patternType } }) =>
      operations.map((operation) => [`User:${name}`, operation, type, of, patternType.slice(0, 6)].join(' ')),
    ),
  );
  const commands = printed({ ...ask, format: 'kafka-acls' }, rules).split('\n');
  const ofCommands = commands.flatMap((line) => {
    const all = (option: string) =>
      [...line.matchAll(new RegExp(`--${option} '?([^' ]+)'?`, 'g'))].map(([, value]) => value!);
    const type = line.includes('--topic ') ? 'topic' : 'group';
    const pattern = all('resource-pattern-type')[0]!.slice(0, 6);
    return all('operation').flatMap((operation) =>
      all(type).map((name) => [all('allow-principal')[0], operation, type, name, pattern].join(' ')),
    );
  });
  expect(ofUsers.toSorted()).toEqual(ofCommands.toSorted());
  expect(ofUsers).toContain('User:accord-auditor Read group eu.accord.audit. prefix');
});
