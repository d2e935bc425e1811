import '@accord/core/observability/register';
import { runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { readConfig } from './config.ts';
import { notificationService } from './service.ts';

await runService(
  () => readConfig(process.env),
  ({ PROVIDER_PROFILE, ACCORD_SMTP_URL, ACCORD_MAIL_FROM }, context) =>
    notificationService(
      { profile: loadProfile(PROVIDER_PROFILE), smtpUrl: ACCORD_SMTP_URL, mailFrom: ACCORD_MAIL_FROM },
      context,
    ),
);
