import { readSettings, runService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { settings } from './config.ts';
import { notificationService } from './service.ts';

await runService(readSettings(settings, process.env), ({ PROVIDER_PROFILE, ACCORD_SMTP_URL, ACCORD_MAIL_FROM }, around) =>
  notificationService({ profile: loadProfile(PROVIDER_PROFILE), smtpUrl: ACCORD_SMTP_URL, mailFrom: ACCORD_MAIL_FROM }, around),
);
