import { z } from 'zod';
import { Refusal } from '@accord/core';
import type { Renewed } from '@accord/core/runtime';
import { Id, Moment } from '@accord/events/fields';
import { route, type Route } from '@accord/http';
import { onSmsReport } from '../sms-reports.ts';
import { isSigned } from '../sms/signature.ts';

const Report = z
  .strictObject({
    id: Id.meta({ description: 'Of the message: `notificationId`.' }),
    status: z.enum(['delivered', 'failed']),
    reason: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/)
      .nullable()
      .default(null)
      .meta({ description: 'Why it failed: `unknown_number`.' }),
    at: Moment,
  })
  .meta({ id: 'SmsReport' });

/** @param secrets absent: there is no gateway, and nothing is signed by it. */
export const smsReportRoutes = (secrets?: Renewed<string>): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/notifications/sms-reports',
    operationId: 'reportSms',
    summary: 'The SMS gateway tells how a message ended, signed as docs/sms-port.openapi.json says.',
    access: 'anyone',
    signed: true,
    body: Report,
    example: {
      id: 'ntf_0199a2013ab97155850ff2f85a2d7bf3',
      status: 'delivered',
      at: '2026-01-10T08:00:00.000Z',
    },
    answer: z.object({ taken: z.boolean() }).meta({
      description: '`taken` is false where its end was known before.',
    }),
    refusals: ['sms.signature_invalid', 'notification.not_found'],
    run: async (db, { body, signed }) =>
      db.transaction({ kind: 'system', id: 'sms_gateway' }, async (tx) => {
        if (!secrets || !isSigned(secrets(), signed!.headers, { body: signed!.bytes, now: tx.now }))
          throw new Refusal('forbidden', 'sms.signature_invalid');
        return { body: await onSmsReport(tx, body) };
      }),
  }),
];
