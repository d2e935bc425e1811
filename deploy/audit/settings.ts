import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import { kafkaSettings, platformSettings } from '@accord/platform';

const { shape } = platformSettings;

const settings = z.object({
  /** Of the role `accord_auditor`. */
  ACCORD_AUDIT_DATABASE_URL: renewed(z.url()),
  ...kafkaSettings.shape,
  /** Where `--every` shows its metrics. */
  ACCORD_HOST: shape.ACCORD_HOST,
  ACCORD_OPS_PORT: shape.ACCORD_OPS_PORT,
});

type AuditSettings = z.infer<typeof settings>;

/** @throws Error that names each variable that is missing or wrong. */
export const auditSettings = (env: NodeJS.ProcessEnv): AuditSettings => readSettings(settings, env);

interface AuditOptions {
  readonly json: boolean;
  readonly settleMs: number;
  /** Absent: one round. */
  readonly everyMs: number | undefined;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function duration(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,6})(ms|s|m|h)$/.exec(text) ?? [];
  if (!count || !unit) throw new Error(`${option} is a time such as 500ms, 10s or 5m, not ${text}`);
  return Number(count) * units[unit]!;
}

export const usage = `npm run audit [-- [--json] [--settle 10s] [--every 5m]]

  --json    one line for a program
  --settle  how long what is on its way gets to arrive
  --every   stays up, looks again after that time, and exports a metric

It takes ACCORD_AUDIT_DATABASE_URL, ACCORD_KAFKA_BROKERS and ACCORD_TOPIC_PREFIX from the environment;
without them, the npm start of this folder.
Exit codes: 0 nothing differs; 1 something does; 2 it could not look.`;

const options = {
  json: { type: 'boolean', default: false },
  settle: { type: 'string', default: '10s' },
  every: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Undefined where help is asked for. @throws Error that says what may be asked. */
export function auditOptions(args: readonly string[]): AuditOptions | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return undefined;
    return {
      json: values.json,
      settleMs: duration(values.settle, '--settle'),
      everyMs: values.every === undefined ? undefined : duration(values.every, '--every'),
    };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nusage: ${usage}`, { cause });
  }
}
