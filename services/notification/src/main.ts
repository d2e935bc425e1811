import '@accord/core/observability/register';
import { runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { readConfig, smsOf, smtpOf, webhooksOf } from './config.ts';
import { notificationService } from './service.ts';

await runService(
  () => readConfig(process.env),
  (config, context) =>
    notificationService(
      {
        profile: loadProfile(config.PROVIDER_PROFILE),
        smtp: smtpOf(config),
        mailFrom: config.ACCORD_MAIL_FROM,
        sms: smsOf(config),
        webhooks: webhooksOf(config),
      },
      context,
    ),
);
