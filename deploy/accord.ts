import { fileURLToPath } from 'node:url';
// Every command of a release by its name, `node deploy/accord.ts migrate order`: without npm, and on a file system
// that nobody may write to. Its exit code is the command's; 2 where there is none of that name.
import { serviceNames } from '@accord/events/services';

const commands: Readonly<Record<string, string>> = {
  provision: './postgres/provision.ts',
  migrate: './postgres/migrate.ts',
  topics: './kafka/topics/apply.ts',
  access: './kafka/access/print.ts',
  audit: './audit/main.ts',
  reconcile: './reconcile/main.ts',
  account: './account/main.ts',
  redrive: './local/commands/redrive.ts',
};

const usage = `usage: node deploy/accord.ts <command> [arguments]

  provision            roles and schemas in the database
  migrate <service>    the service's schema, up to date
  topics               the topics, as declared
  access               who may do what with which topic, for Kafka
  audit [--every 5m]   whether databases and topics agree
  reconcile [--apply]  databases and topics, after one of them was set back or lost
  account <what> <id>  all that is held of an account (export), or its erasure (erase)
  redrive <service> …  what was given up
  rebuild <service> …  the service's read models, anew from the topics

Services: ${serviceNames.join(', ')}.
--help of access, account, audit, reconcile, redrive and rebuild says more; docs/operations.md has the settings.`;

/** The command's file and its arguments. */
function commandOf([name = '', ...args]: readonly string[]):
  | { file: string; args: readonly string[] }
  | undefined {
  if (Object.hasOwn(commands, name)) return { file: commands[name]!, args };
  const [service = '', ...rest] = args;
  if (name !== 'rebuild' || !serviceNames.some((one) => one === service)) return undefined;
  return { file: `../services/${service}/src/rebuild.ts`, args: rest };
}

const asked = process.argv.slice(2);
const command = commandOf(asked);
if (command) {
  const file = new URL(command.file, import.meta.url);
  process.argv = [process.argv[0]!, fileURLToPath(file), ...command.args];
  await import(file.href);
} else {
  const helps = ['--help', '-h', 'help'].includes(asked[0] ?? '');
  (helps ? console.log : console.error)(usage);
  process.exitCode = helps ? 0 : 2;
}
