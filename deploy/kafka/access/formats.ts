import { z } from 'zod';
import { principals, type Rule } from './rules.ts';

export const chosenFormat = z.object({
  format: z.enum(['kafka-acls', 'strimzi']),
  principal: z.string().regex(/^User:.*\{name\}/, 'is User:… with {name} in it'),
  cluster: z.string().regex(/^[a-z0-9.-]+$/, 'is the name of a Kafka resource'),
  authentication: z.enum(['scram-sha-512', 'tls']),
});
export type ChosenFormat = z.infer<typeof chosenFormat>;

const called = ({ principal }: ChosenFormat, name: string) => principal.replace('{name}', name);
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** One command for each rule: it joins every operation with every name. */
const asCommand = (ask: ChosenFormat, { principal, operations, resource, pattern, names }: Rule) =>
  [
    'kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$ADMIN"',
    `--add --allow-principal ${quoted(called(ask, principal))}`,
    ...operations.map((operation) => `--operation ${operation}`),
    `--resource-pattern-type ${pattern}`,
    ...names.map((name) => `--${resource} ${name}`),
  ].join(' ');

const asUser = (ask: ChosenFormat, name: string, rules: readonly Rule[]) => `apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: ${called(ask, name).slice('User:'.length)}
  labels:
    strimzi.io/cluster: ${ask.cluster}
spec:
  authentication:
    type: ${ask.authentication}
  authorization:
    type: simple
    acls:
${rules
  .flatMap(({ operations, resource, pattern, names }) =>
    names.map(
      (of) => `      - operations: [${operations.join(', ')}]
        resource: { type: ${resource}, name: ${of}, patternType: ${pattern === 'prefixed' ? 'prefix' : pattern} }`,
    ),
  )
  .join('\n')}`;

/** All rules, as their tool reads them. */
export function printed(ask: ChosenFormat, rules: readonly Rule[]): string {
  if (ask.format === 'kafka-acls') return rules.map((rule) => asCommand(ask, rule)).join('\n');
  return principals
    .map((name) =>
      asUser(
        ask,
        name,
        rules.filter(({ principal }) => principal === name),
      ),
    )
    .join('\n---\n');
}
