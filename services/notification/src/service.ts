import { leasedWork } from '@accord/core';
import { projecting } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { openSmtp, type SmtpSettings } from './delivery/smtp.ts';
import { dispatchSubscriptions } from './dispatch.ts';
import { deliveryRoutes } from './http/delivery-routes.ts';
import { inboxRoutes } from './http/inbox-routes.ts';
import { preferenceRoutes } from './http/preference-routes.ts';
import { problems } from './http/problems.ts';
import { smsReportRoutes } from './http/sms-report-routes.ts';
import { getTimeline } from './http/timeline-routes.ts';
import { webhookEndpointRoutes } from './http/webhook-endpoint-routes.ts';
import { mailMetrics, mailing } from './mailing.ts';
import { loadTemplates } from './notice/template.ts';
import { readModels } from './read-models.ts';
import { openSmsGateway, type SmsGatewayAddress } from './sms/sms-gateway.ts';
import { smsMetrics, texting, type SmsRules } from './texting.ts';
import { webhookKeys } from './webhook/secret.ts';
import { urlRules, usualWebhooks, type WebhookSettings } from './webhook/settings.ts';

const day = 86_400_000;

interface NotificationConfig {
  readonly profile: Profile;
  readonly smtp: SmtpSettings;
  readonly mailFrom: string;
  /** Absent: this deployment sends no SMS. */
  readonly sms?: (SmsGatewayAddress & SmsRules) | undefined;
  /** Default: none can be made. */
  readonly webhooks?: WebhookSettings;
}

const noWebhooks: WebhookSettings = { ...usualWebhooks, keys: undefined, urls: urlRules({}) };

/** The notification service's table of contents. @throws Error where a template is not right. */
export function notificationService(
  { profile, smtp: smtpSettings, mailFrom, sms, webhooks = noWebhooks }: NotificationConfig,
  { log }: ServiceContext,
): Service {
  const templates = loadTemplates(new URL('../templates/', import.meta.url), profile.provider);
  const smtp = openSmtp(smtpSettings, mailFrom);
  const keys = webhookKeys(webhooks.keys);
  return {
    name: 'notification',
    schema: 'notifications',
    migrations: new URL('../migrations/', import.meta.url),
    problems,
    tags: {
      notifications: 'Messages to accounts, and how their delivery went.',
      timeline: 'Everything that happened, causes first.',
      'webhook-endpoints': 'Where events are sent, signed, to accounts and platform services.',
    },
    timeZone: profile.timeZone,
    routes: [
      ...inboxRoutes({ templates, timeZone: profile.timeZone }),
      ...deliveryRoutes,
      ...preferenceRoutes,
      ...smsReportRoutes(sms?.secrets),
      getTimeline,
      ...webhookEndpointRoutes({ urls: webhooks.urls, keys }),
    ],
    subscriptions: projecting(readModels, [dispatchSubscriptions(sms ? ['email', 'sms'] : ['email'])]),
    workers: [
      leasedWork(mailing({ smtp, templates, log })),
      ...(sms ? [leasedWork(texting({ gateway: openSmsGateway(sms), templates, rules: sms, log }))] : []),
    ],
    retention: [{ table: 'sms_counts', since: 'day', keptMs: 2 * day }],
    metrics(metrics, db) {
      mailMetrics(metrics, db);
      smsMetrics(metrics, db);
    },
    close: () => Promise.resolve(smtp.close()),
  };
}
