import { z } from 'zod';
import { Moment, Money } from '@accord/events/fields';
import { route, type Route } from '@accord/http';
import { getDelivery, listAttempts, type Attempt } from '../delivery/delivery-store.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { replay } from '../dispatch.ts';
import { NotificationId, reader } from './schemas.ts';

const DeliveryAnswer = z
  .object({
    notificationId: z.string(),
    accountId: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    messageClass: z.string(),
    mandatory: z.boolean(),
    channel: z.enum(['inbox', 'email', 'sms']),
    contactId: z.string().nullable(),
    status: z.enum(['pending', 'sending', 'sent', 'retry_wait', 'dead', 'skipped']),
    reason: z.string().nullable(),
    createdAt: Moment,
    sentAt: Moment.nullable(),
    nextAt: Moment.nullable(),
    heldUntil: Moment.nullable().meta({
      description:
        'The end of the quiet hours that held it back; messages with the same one come as one e-mail.',
    }),
    sms: z
      .object({
        encoding: z.enum(['gsm7', 'ucs2']).optional(),
        segments: z.int().optional(),
        cost: Money.optional().meta({ description: 'Estimated from the segments.' }),
        report: z
          .object({ status: z.enum(['delivered', 'failed']), reason: z.string().nullable(), at: Moment })
          .optional()
          .meta({ id: 'SmsEnd', description: 'As the gateway told; the first end counts.' }),
      })
      .meta({ id: 'SmsFacts' })
      .nullable(),
    attempts: z.array(
      z
        .object({
          attempt: z.int(),
          startedAt: Moment,
          endedAt: Moment.nullable(),
          outcome: z.string().nullable(),
        })
        .meta({ id: 'DeliveryAttempt' }),
    ),
  })
  .meta({ id: 'Delivery' });

function toDeliveryAnswer(
  { version: _, giveUpAfter: __, ...shown }: Delivery,
  attempts: readonly Attempt[],
): z.input<typeof DeliveryAnswer> {
  return {
    ...shown,
    createdAt: shown.createdAt.toISOString(),
    sentAt: shown.sentAt?.toISOString() ?? null,
    nextAt: shown.nextAt?.toISOString() ?? null,
    heldUntil: shown.heldUntil?.toISOString() ?? null,
    attempts: attempts.map(({ startedAt, endedAt, ...attempt }) => ({
      ...attempt,
      startedAt: startedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
    })),
  };
}

const getNotification = route({
  method: 'get',
  path: '/v1/notifications/{notificationId}',
  operationId: 'getNotification',
  summary: 'How the delivery of one message went, attempt by attempt.',
  access: reader,
  params: NotificationId,
  answer: DeliveryAnswer,
  refusals: ['notification.not_found'],
  inTransaction: async (tx, { params: { notificationId } }) => {
    const delivery = await getDelivery(tx, notificationId);
    return { body: toDeliveryAnswer(delivery, await listAttempts(tx, notificationId)) };
  },
});

const replayNotification = route({
  method: 'post',
  path: '/v1/notifications/{notificationId}/replay',
  operationId: 'replayNotification',
  summary: 'Sends a dead message again.',
  access: { operator: true },
  params: NotificationId,
  answer: DeliveryAnswer,
  refusals: ['notification.not_found', 'notification.not_dead'],
  inTransaction: async (tx, { params: { notificationId } }) => {
    const delivery = await replay(tx, notificationId);
    return { body: toDeliveryAnswer(delivery, await listAttempts(tx, notificationId)) };
  },
});

export const deliveryRoutes: readonly Route[] = [getNotification, replayNotification];
