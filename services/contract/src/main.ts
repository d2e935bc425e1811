import '@accord/core/observability/register';
import { runService } from '@accord/platform';
import { holidaysEndSoon, loadProfile } from '@accord/profile';
import { readConfig, renderSettingsOf, sealKeyOf, timeStampsOf } from './config.ts';
import { contractService } from './service.ts';

await runService(
  () => readConfig(process.env),
  async (config, context) => {
    const sealKey = await sealKeyOf(config, context.log);
    const timeStamps = await timeStampsOf(config, context.log);
    const profile = loadProfile(config.PROVIDER_PROFILE);
    const { listedUntil } = profile.tickets;
    if (holidaysEndSoon(profile, new Date()))
      context.log.warn({ listedUntil }, 'the list of holidays ends soon: days after it are told by weekday');
    return contractService({ profile, sealKey, timeStamps, rendering: renderSettingsOf(config) }, context);
  },
);
