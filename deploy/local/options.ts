import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly once: boolean;
  readonly profile: 'baidu' | 'alibaba';
}

/** @throws Error that says what may be asked */
export function readOptions(args: readonly string[]): StartOptions {
  const usage = 'npm start [-- [--once] [--profile baidu|alibaba]]';
  try {
    const { values } = parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false }, profile: { type: 'string', default: 'baidu' } } });
    if (values.profile !== 'baidu' && values.profile !== 'alibaba') throw new Error(`there is no profile ${values.profile}`);
    const { ACCORD_PORT: port = '8080' } = process.env;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`ACCORD_PORT is not a port: ${port}`);
    return { once: values.once, profile: values.profile };
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\nusage: ${usage}`, { cause });
  }
}
