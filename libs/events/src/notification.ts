import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, Version } from './fields.ts';

/** A message to a person, without its text: the reader, the event it is about, and the channel. */
export const NotificationSnapshot = z.object({
  notificationId: z.string(),
  version: Version,
  accountId: AccountId,
  eventId: z.string(),
  eventType: z.string(),
  channel: z.enum(['inbox', 'email', 'sms']),
  contactId: z.string().nullable(),
  createdAt: Moment,
});

const about = ({ notification }: { notification: z.infer<typeof NotificationSnapshot> }) => ({
  id: notification.notificationId,
  version: notification.version,
  accountId: notification.accountId,
});

export const notificationEvents = {
  'notification.sent': event({
    speaker: 'notification',
    aggregate: 'notification',
    summary: 'A message was handed to its channel.',
    data: z.object({ notification: NotificationSnapshot }),
    about,
  }),
  'notification.dead': event({
    speaker: 'notification',
    aggregate: 'notification',
    summary: 'A message could not be delivered and is given up.',
    data: z.object({ notification: NotificationSnapshot, reason: z.string() }),
    about,
  }),
  'webhook.disabled': event({
    speaker: 'notification',
    aggregate: 'webhook_endpoint',
    summary: 'A webhook endpoint was disabled: after long failure, for it is gone, or by an operator.',
    data: z.object({ endpointId: z.string(), version: Version, accountId: AccountId, reason: z.string() }),
    about: (data) => ({
      id: data.endpointId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
};
