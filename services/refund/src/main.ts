import '@accord/core/observability/register';
import { runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { readConfig } from './config.ts';
import { refundService } from './service.ts';

await runService(
  () => readConfig(process.env),
  ({ PROVIDER_PROFILE }, context) => refundService({ profile: loadProfile(PROVIDER_PROFILE) }, context),
);
