import type { z } from 'zod';

/**
 * Reads settings from the environment; an empty variable counts as missing.
 *
 * @throws Error that names each variable that is missing or wrong, without its value.
 */
export function readSettings<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return given[name] === undefined ? `${name} is missing` : `${name}: ${message}`;
  });
  throw new Error(`settings: ${wrong.join('; ')}`);
}
