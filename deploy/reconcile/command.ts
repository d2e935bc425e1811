import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { openAdmin, openKafka } from '@accord/kafka';
import { kafkaAccess, kafkaSettings, platformSettings } from '@accord/platform';
import type { Connection } from '@accord/postgres';
import { openAuditor, openOperator } from '@accord/postgres/command';
import { compare, type Comparison } from './comparison.ts';
import { mend, type Connections } from './mending.ts';

const command = 'accord-reconcile';

const usage = `node deploy/accord.ts reconcile [--apply] [--json]

  --apply  does it; without it, it is only told
  --json   a line for a program for each lost event, with its data, and one for the sum

After a database was set back or topics were lost (docs/restore.md). No service runs meanwhile.
It takes ACCORD_AUDIT_DATABASE_URL, ACCORD_<SERVICE>_OPERATOR_DATABASE_URL of all four services,
ACCORD_KAFKA_BROKERS and ACCORD_TOPIC_PREFIX from the environment, and may move the services' groups.
Exit codes: 0 done, or nothing is to be done; 1 something is to be done and was only told; 2 it could not.`;

const settings = z.object({
  ACCORD_AUDIT_DATABASE_URL: renewed(z.url()),
  ACCORD_ORDER_OPERATOR_DATABASE_URL: renewed(z.url()),
  ACCORD_CONTRACT_OPERATOR_DATABASE_URL: renewed(z.url()),
  ACCORD_REFUND_OPERATOR_DATABASE_URL: renewed(z.url()),
  ACCORD_NOTIFICATION_OPERATOR_DATABASE_URL: renewed(z.url()),
  ...kafkaSettings.shape,
  ACCORD_PUBLIC_URL: platformSettings.shape.ACCORD_PUBLIC_URL,
});

const options = {
  apply: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command `reconcile`. @returns what the process ends with, as its usage says. */
export async function runReconcile(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  await using opened = new AsyncDisposableStack();
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) {
      console.log(`usage: ${usage}`);
      return 0;
    }
    const given = readSettings(settings, env);
    const log = pino({ level: 'silent' });
    const kafka = openKafka({ ...kafkaAccess(given), clientId: command, log });
    const connections = await open(given, kafka, opened);
    await expectAlone(connections);
    await expectStopped(connections);
    const comparison = await compare(kafka, connections.auditor);
    for (const line of values.json ? asJson(comparison) : asText(comparison)) console.log(line);
    if (comparison.missingTopics.length > 0)
      throw new Error(`there is no topic ${comparison.missingTopics.join(', ')}: run the command topics`);
    const isDone = comparison.lost.length + comparison.restatements.length === 0;
    if (!values.apply) return isDone ? 0 : 1;
    await mend(comparison, connections);
    if (!values.json) console.log('Done. Start the services, then audit.');
    return 0;
  } catch (error) {
    console.error(`reconcile: ${(error as Error).message}`);
    return 2;
  }
}

const upperCase = <T extends string>(text: T) => text.toUpperCase() as Uppercase<T>;

async function open(
  given: z.infer<typeof settings>,
  kafka: ReturnType<typeof openKafka>,
  opened: AsyncDisposableStack,
): Promise<Connections> {
  const auditor = await openAuditor(given.ACCORD_AUDIT_DATABASE_URL, command);
  opened.defer(() => auditor.end());
  const operators = new Map<ServiceName, Connection>();
  for (const service of serviceNames) {
    const url = given[`ACCORD_${upperCase(service)}_OPERATOR_DATABASE_URL`];
    const connection = await openOperator(url, service, { command });
    opened.defer(() => connection.end());
    operators.set(service, connection);
  }
  const admin = await openAdmin(kafka);
  opened.defer(() => admin.close());
  return { auditor, operators, admin, publicUrl: given.ACCORD_PUBLIC_URL };
}

/** Until the connection ends. @throws Error where another one is at work. */
async function expectAlone({ auditor }: Connections): Promise<void> {
  const { rows } = await auditor.query<{ alone: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('accord reconcile', 0)) as alone`,
  );
  if (!rows[0]!.alone) throw new Error('another reconcile is at work on this database');
}

/** A killed member is counted until its session has run out. */
const leavesWithinMs = 20_000;

/** @throws Error where a service runs: it would handle what is being counted as never told. */
async function expectStopped({ admin, operators }: Connections): Promise<void> {
  const groups = [...operators.keys()].map((service) => `accord.${service}`);
  for (const deadline = performance.now() + leavesWithinMs; ; await sleep(500)) {
    const running = [...(await admin.groupMembers(groups))].filter(([, members]) => members > 0);
    if (running.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`services run: ${running.map(([group]) => group).join(', ')}; stop them first`);
  }
}

const summaryOf = ({ lost, restatements, messages }: Comparison) => ({
  messages,
  lost: lost.length,
  goneAggregates: goneIn({ lost, restatements }).length,
  restated: restatements.length,
  lostByType: Object.fromEntries(
    [...Map.groupBy(lost, ({ type }) => type)].map(([type, { length }]) => [type, length]),
  ),
  firstLost: lost.map(({ time }) => time).sort()[0] ?? null,
  lastLost:
    lost
      .map(({ time }) => time)
      .sort()
      .at(-1) ?? null,
});

/** Things that were begun in the lost time: nothing of them is left. */
function goneIn({ lost, restatements }: Pick<Comparison, 'lost' | 'restatements'>): string[] {
  const kept = new Set(restatements.map(({ aggregate, id }) => `${aggregate} ${id}`));
  const named = lost.filter(({ version }) => version === 1).map(({ aggregate, id }) => `${aggregate} ${id}`);
  return [...new Set(named)].filter((name) => !kept.has(name));
}

const asJson = (comparison: Comparison): string[] => [
  ...comparison.lost.map((event) => JSON.stringify(event)),
  ...comparison.restatements.map((restated) => JSON.stringify({ restated })),
  JSON.stringify({ summary: summaryOf(comparison) }),
];

function asText(comparison: Comparison): string[] {
  const { messages, lost, goneAggregates, restated, firstLost, lastLost } = summaryOf(comparison);
  return [
    ...comparison.lost.map(
      ({ type, id, version, accountId, time, partition, offset }) =>
        `lost      ${type}  ${id}  version ${version}  ${accountId ?? ''}  ${time}  ${type}/${partition}/${offset}`,
    ),
    ...goneIn(comparison).map((name) => `gone      ${name}`),
    ...comparison.restatements.map(
      ({ aggregate, id, version, to }) => `restated  ${aggregate} ${id}  version ${version}, told as ${to}`,
    ),
    `${messages} messages were read; ${lost} events are lost${firstLost ? ` (${firstLost} to ${lastLost})` : ''}, ` +
      `${goneAggregates} things gone, ${restated} states are told again.`,
  ];
}
