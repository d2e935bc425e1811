import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import { platformSettings } from '@accord/platform';
import { openAuditor, openOperator } from '@accord/postgres/command';
import { erase, heldOf, obstaclesOf, untilErased, type Connections, type Held } from './erasure.ts';
import { exportAccount } from './exporting.ts';

const command = 'accord-account';

const usage = `node deploy/accord.ts account export <accountId>
       node deploy/accord.ts account erase <accountId> [--apply] [--json]

  export   a line of JSON for each row that is held of the account, and one for the sum
  erase    takes out what no law keeps, and tells what is kept, until when, and why
  --apply  does it; without it, it is only told
  --json   a line for a program for each table

What is held where: docs/personal-data.md. The services may run meanwhile.
It takes ACCORD_AUDIT_DATABASE_URL from the environment; erase also ACCORD_CONTRACT_OPERATOR_DATABASE_URL,
ACCORD_NOTIFICATION_OPERATOR_DATABASE_URL and ACCORD_PUBLIC_URL.
Exit codes: 0 done, or nothing is to be done; 1 something is left to be done; 2 it could not;
3 no: account.not_found, account.has_open_processes.`;

const exportSettings = z.object({ ACCORD_AUDIT_DATABASE_URL: renewed(z.url()) });
const eraseSettings = exportSettings.extend({
  ACCORD_CONTRACT_OPERATOR_DATABASE_URL: renewed(z.url()),
  ACCORD_NOTIFICATION_OPERATOR_DATABASE_URL: renewed(z.url()),
  ACCORD_PUBLIC_URL: platformSettings.shape.ACCORD_PUBLIC_URL,
});

const options = {
  apply: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface Ask {
  readonly accountId: string;
  readonly apply: boolean;
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** The command `account`. @returns what the process ends with, as its usage says. */
export async function runAccount(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  await using opened = new AsyncDisposableStack();
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) {
      console.log(`usage: ${usage}`);
      return 0;
    }
    const [name = '', accountId = '', ...more] = positionals;
    const isAsked = name === 'export' ? !values.apply && !values.json : name === 'erase';
    if (!isAsked || more.length > 0) throw new Error(`usage: ${usage}`);
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(accountId)) throw new Error('that is no account id (API-4)');
    return await (name === 'export' ? runExport : runErase)({ accountId, env, ...values }, opened);
  } catch (error) {
    console.error(`account: ${(error as Error).message}`);
    return 2;
  }
}

/** Longest wait for a row that a service has locked: then it is to be run again. */
const lockWaitMs = 4_000;

function refused(code: string, why: readonly string[]): number {
  for (const line of why) console.error(`account: ${code}: ${line}`);
  return 3;
}

const unknown = (accountId: string) => refused('account.not_found', [`nothing is held of ${accountId}`]);

async function runExport({ accountId, env }: Ask, opened: AsyncDisposableStack): Promise<number> {
  const given = readSettings(exportSettings, env);
  const auditor = await openAuditor(given.ACCORD_AUDIT_DATABASE_URL, command);
  opened.defer(() => auditor.end());
  // Each write hears of it as well.
  process.stdout.on('error', () => undefined);
  let rows = 0;
  for await (const line of exportAccount(auditor, accountId)) {
    await say(line);
    rows += 1;
  }
  if (rows === 0) return unknown(accountId);
  await say(JSON.stringify({ summary: { accountId, rows } }));
  return 0;
}

/** Resolves when it is taken: what is not yet read is not kept here. */
const say = (line: string) =>
  new Promise<void>((resolve, reject) =>
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve())),
  );

async function runErase({ accountId, apply, json, env }: Ask, opened: AsyncDisposableStack): Promise<number> {
  const connections = await open(readSettings(eraseSettings, env), opened);
  const held = await heldOf(connections, accountId);
  if (held.length === 0) return unknown(accountId);
  const obstacles = await obstaclesOf(connections, accountId);
  if (obstacles.length > 0) return refused('account.has_open_processes', obstacles);
  for (const one of held) console.log(json ? JSON.stringify(one) : asText(one));
  const isDone = held.every(({ toErase }) => toErase === 0);
  if (isDone || !apply) return isDone ? 0 : 1;
  await erase(connections, accountId);
  const left = await untilErased(connections, accountId);
  for (const { table } of left)
    console.error(`account: ${table} is not erased yet: let its service run, then repeat the command`);
  if (left.length > 0) return 1;
  if (!json) console.log('Erased. What Kafka and backups keep: docs/personal-data.md.');
  return 0;
}

async function open(
  given: z.infer<typeof eraseSettings>,
  opened: AsyncDisposableStack,
): Promise<Connections> {
  const auditor = await openAuditor(given.ACCORD_AUDIT_DATABASE_URL, command);
  opened.defer(() => auditor.end());
  const contract = await openOperator(given.ACCORD_CONTRACT_OPERATOR_DATABASE_URL, 'contract', {
    command,
    lockWaitMs,
  });
  opened.defer(() => contract.end());
  const notification = await openOperator(given.ACCORD_NOTIFICATION_OPERATOR_DATABASE_URL, 'notification', {
    command,
    lockWaitMs,
  });
  opened.defer(() => notification.end());
  return { auditor, contract, notification, publicUrl: given.ACCORD_PUBLIC_URL };
}

function asText({ table, rows, fate, toErase }: Held): string {
  const line = (word: string, count: number, why: string) =>
    `${word.padEnd(7)} ${table.padEnd(32)} ${String(count).padStart(7)}  ${why}`;
  if (!fate || fate.is === 'staff') return line('plain', rows, "nothing personal but the account's id");
  if (fate.is === 'erased') {
    const rest = fate.rest ? `; the rest is kept until ${fate.rest.until}: ${fate.rest.why}` : '';
    return line('erase', toErase, `of ${rows}: ${fate.how}${rest}`);
  }
  if (fate.is === 'kept') return line('kept', rows, `until ${fate.law.until}: ${fate.law.why}`);
  return line('gone', rows, fate.is === 'gone' ? `after ${fate.after}` : '');
}
