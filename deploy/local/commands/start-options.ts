import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadProfile, shippedProfiles, type Profile } from '@accord/profile';

export interface StartOptions {
  readonly once: boolean;
  /** The name of a shipped one, or the absolute path of a file. */
  readonly profile: string;
  readonly rules: Profile;
}

export const usage = `npm start [-- [--once] [--profile baidu|alibaba|example|<path of a file>]]

  --once     plays the story and ends
  --profile  the provider whose rules hold; baidu where none is named

ACCORD_PORT is the front door's port, else 8080.
A Postgres and a Kafka that run already are named by ACCORD_POSTGRES_URL and ACCORD_KAFKA_BROKERS.`;

const options = {
  once: { type: 'boolean', default: false },
  profile: { type: 'string', default: 'baidu' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Undefined where help is asked for. @throws Error that says what may be asked. */
export function readOptions(args: readonly string[]): StartOptions | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return undefined;
    const { ACCORD_PORT: port = '8080' } = process.env;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      throw new Error(`ACCORD_PORT is not a port: ${port}`);
    const isShipped = shippedProfiles.some((name) => name === values.profile);
    // npm runs us in the project's folder; a path is meant from where the command was given.
    const profile = isShipped ? values.profile : resolve(process.env.INIT_CWD ?? '.', values.profile);
    return { once: values.once, profile, rules: loadProfile(profile) };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nusage: ${usage}`, { cause });
  }
}
