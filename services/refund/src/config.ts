import { readSettings } from '@accord/core/runtime';
import { platformSettings } from '@accord/platform';

/** The only reader of the environment; the refund service has no settings of its own. */
export const readConfig = (env: NodeJS.ProcessEnv) => readSettings(platformSettings, env);
