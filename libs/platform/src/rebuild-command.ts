import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import type { ServiceName } from '@accord/events/services';
import type { ReadModel } from '@accord/messaging';
import { rebuild, type Rebuilt } from '@accord/messaging/rebuild';
import { kafkaAccess, kafkaSettings } from './kafka-settings.ts';

const settings = z.object({
  /** Of the role that owns the service's schema. */
  ACCORD_OWNER_DATABASE_URL: renewed(z.url()),
  ...kafkaSettings.shape,
});

interface Rebuildable {
  readonly service: ServiceName;
  readonly models: readonly ReadModel[];
}

const options = {
  model: { type: 'string', multiple: true },
  'leave-out': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const say = (line: string) => process.stdout.write(`${line}\n`);
const tell = (line: string) => process.stderr.write(`rebuild: ${line}\n`);

const usageOf = ({ service, models }: Rebuildable) =>
  `usage: npm run rebuild -- ${service} [--model ${models.map(({ name }) => name).join('|')}] [--leave-out] [--json]`;

/** Undefined where help is asked for. @throws Error with the usage. */
function readOptions(rebuildable: Rebuildable, args: readonly string[]) {
  const { service, models } = rebuildable;
  const names = models.map(({ name }) => name);
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return undefined;
    const { model: asked = names, json, 'leave-out': leaveOut } = values;
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`${service} has no read model ${unknown}`);
    return { models: models.filter(({ name }) => asked.includes(name)), json, leaveOut };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${usageOf(rebuildable)}`, { cause });
  }
}

/**
 * The command `rebuild` of one service. SIGINT and SIGTERM leave the read models as they are.
 *
 * @returns the exit code: 0 where the read models were rebuilt, 1 where they are as they were, 2 for wrong
 * arguments.
 */
export async function runRebuild(
  rebuildable: Rebuildable,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  let asked: ReturnType<typeof readOptions>;
  try {
    asked = readOptions(rebuildable, args);
  } catch (error) {
    tell((error as Error).message);
    return 2;
  }
  if (!asked) {
    say(usageOf(rebuildable));
    return 0;
  }
  const { models, json, leaveOut } = asked;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const given = readSettings(settings, env);
    const rebuilt = await rebuild({
      service: rebuildable.service,
      models,
      ownerUrl: given.ACCORD_OWNER_DATABASE_URL,
      ...kafkaAccess(given),
      log: pino({ level: 'silent' }),
      leaveOut,
      onProgress: tell,
      signal: stop.signal,
    });
    const names = models.map(({ name }) => name);
    say(
      json
        ? JSON.stringify({ service: rebuildable.service, models: names, ...rebuilt })
        : asText(names, rebuilt),
    );
    return 0;
  } catch (error) {
    const reason = stop.signal.aborted ? 'stopped' : (error as Error).message;
    const names = models.map(({ name }) => name).join(', ');
    tell(`${reason}; ${names} of ${rebuildable.service}: as before`);
    return 1;
  }
}

function asText(
  names: readonly string[],
  { tables, messages, unreadable, leftOut, tookMs, writersMs, readersMs }: Rebuilt,
): string {
  const width = Math.max(...tables.map(({ table }) => table.length));
  const lines = tables.map(({ table, rows, missing, surplus, other }) => {
    const found =
      missing + surplus + other === 0
        ? 'as before'
        : `${missing} were missing, ${surplus} too many, ${other} other than the events say`;
    return `  ${table.padEnd(width)}  ${rows} rows, ${found}`;
  });
  const without = [
    unreadable > 0 && `${unreadable} are no events`,
    leftOut > 0 && `${leftOut} are left out`,
  ].filter(Boolean);
  const seconds = (tookMs / 1_000).toFixed(1);
  const exceptions = without.length > 0 ? ` (${without.join('; ')})` : '';
  return [
    `${names.join(', ')}: rebuilt from ${messages} events in ${seconds} s${exceptions}.`,
    ...lines,
    `Swapped in; that kept writers waiting for ${writersMs} ms, readers for ${readersMs} ms.`,
  ].join('\n');
}
