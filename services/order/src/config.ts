import { readSettings } from '@accord/core/runtime';
import { platformSettings } from '@accord/platform';

/**
 * The only reader of the environment; this service has no settings of its own.
 *
 * @throws Error naming each variable that is wrong.
 */
export const readConfig = (env: NodeJS.ProcessEnv) => readSettings(platformSettings, env);
