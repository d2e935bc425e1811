import { readFile } from 'node:fs/promises';
import { readSettings } from '@accord/core/runtime';
import { runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { contractSettings } from './config.ts';
import { loadSealKey } from './seal/seal-key.ts';
import { contractService } from './service.ts';

await runService(
  () => readSettings(contractSettings, process.env),
  async (settings, context) => {
    const { ACCORD_ENV: env, ACCORD_SEAL_P12: path, ACCORD_SEAL_PASSWORD: password } = settings;
    const sealKey = await loadSealKey({
      env,
      ...(path && { p12: await readFile(path) }),
      ...(password !== undefined && { password }),
    });
    return contractService({ profile: loadProfile(settings.PROVIDER_PROFILE), sealKey }, context);
  },
);
