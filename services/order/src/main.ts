import '@accord/core/observability/register';
import { runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { readConfig } from './config.ts';
import { orderService } from './service.ts';

await runService(
  () => readConfig(process.env),
  (config, context) => orderService({ profile: loadProfile(config.PROVIDER_PROFILE) }, context),
);
