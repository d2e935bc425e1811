import { eventTypes } from '@accord/events';
import { projecting, type Service, type Surroundings } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { notificationRoutes } from './http.ts';
import { mailer } from './mailer.ts';
import { onEvent } from './notifying.ts';
import { problems } from './problems.ts';
import { readModels } from './read-models.ts';
import { openSmtp } from './smtp.ts';
import { loadTemplates } from './template.ts';
import { timelineRoute } from './timeline-http.ts';

export interface NotificationConfig {
  readonly profile: Profile;
  readonly smtpUrl: string;
  readonly mailFrom: string;
}

/** The notification service's table of contents. @throws Error where a template is not right. */
export function notificationService(
  { profile, smtpUrl, mailFrom }: NotificationConfig,
  { log }: Surroundings,
): Service {
  const templates = loadTemplates(new URL('../templates/', import.meta.url));
  const smtp = openSmtp({ url: smtpUrl, from: mailFrom });
  return {
    name: 'notification',
    schema: 'notifications',
    migrations: new URL('../migrations/', import.meta.url),
    problems,
    routes: [...notificationRoutes({ templates, timeZone: profile.timeZone }), timelineRoute],
    subscriptions: projecting(
      readModels,
      Object.fromEntries(eventTypes.map((type) => [type, { on: onEvent }])),
    ),
    workers: [mailer({ smtp, templates, log })],
    close: () => Promise.resolve(smtp.close()),
  };
}
