import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { databaseTls } from './database-tls.ts';
import { innerOf, renewedBy } from './renewed.ts';

/** The value of a variable; undefined where it is missing or empty. @throws Error that names the variable. */
type Read = (name: string) => string | undefined;

/** Kubernetes sets `ACCORD_PORT=tcp://10.0.0.1:80` where a Service is called `accord`: that is no setting. */
const isServiceLink = (name: string, value: string) =>
  name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value);

const readerOf =
  (env: NodeJS.ProcessEnv): Read =>
  (name) => {
    const { [name]: given, [`${name}_FILE`]: file } = env;
    const value = given && !isServiceLink(name, given) ? given : undefined;
    if (!file) return value;
    if (value !== undefined) throw new Error(`${name} and ${name}_FILE are both set`);
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
    } catch (cause) {
      throw new Error(`${name}_FILE: ${(cause as Error).message}`, { cause });
    }
  };

/**
 * `ACCORD_OWNER_DATABASE_URL`, with the password of `ACCORD_OWNER_DATABASE_PASSWORD` where that is set; or an
 * address made of `ACCORD_OWNER_DATABASE_USER` and its `_HOST`, `_PORT`, `_NAME`, else those of `ACCORD_DATABASE_…`.
 */
function databaseUrlOf(name: string, read: Read): string | undefined {
  const prefix = name.slice(0, -'URL'.length);
  const part = (of: string) => read(prefix + of) ?? read(`ACCORD_DATABASE_${of}`);
  const [given, user, password] = [read(name), read(`${prefix}USER`), read(`${prefix}PASSWORD`)];
  if (given === undefined && user === undefined) return undefined;
  const host = part('HOST');
  if (given === undefined && host === undefined) throw new Error('ACCORD_DATABASE_HOST is missing');
  const text = given ?? `postgres://${host}:${part('PORT') ?? '5432'}/${part('NAME') ?? 'accord'}`;
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return databaseTls(name, url, read).href;
}

/** The address of an SMTP server may lack its password, too. */
function withPassword(name: string, read: Read): string | undefined {
  const [text, password] = [read(name), read(name.replace(/URL$/, 'PASSWORD'))];
  if (text === undefined || password === undefined || !URL.canParse(text)) return text;
  const url = new URL(text);
  url.password = encodeURIComponent(password);
  return url.href;
}

const valueOf = (name: string, read: Read): string | undefined => {
  if (name.endsWith('_DATABASE_URL')) return databaseUrlOf(name, read);
  return name === 'ACCORD_SMTP_URL' ? withPassword(name, read) : read(name);
};

/** Replaces the settings that may change by what reads them anew. */
function renewAll<S extends z.ZodObject>(schema: S, settings: Record<string, unknown>, read: Read): void {
  for (const [name, of] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    const inner = innerOf(of);
    const first = settings[name] as (() => unknown) | undefined;
    if (inner && first) settings[name] = renewedBy(() => inner.parse(valueOf(name, read)), first());
  }
}

/**
 * Reads settings from the environment; an empty variable counts as missing. Each may be in a file that
 * `<NAME>_FILE` names, as secrets are mounted, and is read from it anew where it is `renewed` (API-17); the address
 * of a database role may come in parts.
 *
 * @throws Error that names each variable that is missing or wrong, without its value.
 */
export function readSettings<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const read = readerOf(env);
  const wrong: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    try {
      const value = valueOf(name, read);
      if (value !== undefined) given[name] = value;
    } catch (error) {
      wrong.push((error as Error).message);
    }
  }
  const parsed = schema.safeParse(given);
  if (parsed.success && wrong.length === 0) {
    renewAll(schema, parsed.data, read);
    return parsed.data;
  }
  const unread = new Set(wrong.map((line) => line.split(/[ :]/, 1)[0]!.replace(/_FILE$/, '')));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = path.join('.');
    if (unread.has(name)) continue;
    wrong.push(given[name] === undefined ? `${name} is missing` : `${name}: ${message}`);
  }
  throw new Error(`settings: ${[...new Set(wrong)].join('; ')}`);
}
