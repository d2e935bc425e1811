import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly once: boolean;
  readonly profile: 'baidu' | 'alibaba';
}

export const usage = `npm start [-- [--once] [--profile baidu|alibaba]]

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
    if (values.profile !== 'baidu' && values.profile !== 'alibaba')
      throw new Error(`there is no profile ${values.profile}`);
    const { ACCORD_PORT: port = '8080' } = process.env;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
      throw new Error(`ACCORD_PORT is not a port: ${port}`);
    return { once: values.once, profile: values.profile };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nusage: ${usage}`, { cause });
  }
}
