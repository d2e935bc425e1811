import '@accord/core/observability/register';
import { readFile } from 'node:fs/promises';
import { readSettings } from '@accord/core/runtime';
import { runService } from '@accord/platform';
import { holidaysEndSoon, loadProfile } from '@accord/profile';
import { contractSettings, renderSettingsOf } from './config.ts';
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
    const profile = loadProfile(settings.PROVIDER_PROFILE);
    const { listedUntil } = profile.tickets;
    if (holidaysEndSoon(profile, new Date()))
      context.log.warn({ listedUntil }, 'the list of holidays ends soon: days after it are told by weekday');
    return contractService({ profile, sealKey, rendering: renderSettingsOf(settings) }, context);
  },
);
