import { platformSettings, readSettings } from '@accord/platform';
import { loadProfile } from '@accord/profile';

/** The only reader of the environment. */
export function readConfig(env: NodeJS.ProcessEnv) {
  const settings = readSettings(platformSettings, env);
  return { ...settings, profile: loadProfile(settings.PROVIDER_PROFILE) };
}
