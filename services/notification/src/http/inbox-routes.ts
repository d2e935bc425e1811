import { z } from 'zod';
import type { Locale } from '@accord/core';
import { Id, Moment } from '@accord/events/fields';
import {
  accountOf,
  accountRefusals,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  rangeQuery,
  route,
  timeRange,
  type Route,
} from '@accord/http';
import * as inboxStore from '../delivery/inbox-store.ts';
import type { InboxMessage } from '../delivery/inbox-store.ts';
import type { Templates } from '../notice/template.ts';
import { NotificationId, reader } from './schemas.ts';

interface Texts {
  readonly templates: Templates;
  /** Of a reader whose own is not known: the provider's. */
  readonly timeZone: string;
}

export function inboxRoutes({ templates, timeZone }: Texts): readonly Route[] {
  const toMessageAnswer: ToMessageAnswer = (message, locale) => ({
    notificationId: message.notificationId,
    eventId: message.eventId,
    eventType: message.eventType,
    messageClass: message.messageClass,
    about: { kind: message.aggregate, id: message.aggregateId },
    ...templates.inbox(message.eventType, message.data, { locale, timeZone }),
    createdAt: message.createdAt.toISOString(),
    readAt: message.readAt?.toISOString() ?? null,
  });
  return [listNotifications(toMessageAnswer), countUnread, markRead(toMessageAnswer), markAllRead];
}

const OfAccount = { accountId: Id.optional() };

const MessageAnswer = z
  .object({
    notificationId: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    messageClass: z.enum(['orders', 'contracts', 'refunds', 'security']),
    /** An order, a contract, a refund … */
    about: z.object({ kind: z.string(), id: z.string() }).meta({ id: 'NotificationSubject' }),
    /** In the language of Accept-Language. */
    title: z.string(),
    text: z.string(),
    createdAt: Moment,
    readAt: Moment.nullable(),
  })
  .meta({ id: 'Notification' });

type ToMessageAnswer = (message: InboxMessage, locale: Locale) => z.input<typeof MessageAnswer>;

const InboxPlace = z
  .tuple([z.enum(['true', 'false']), Moment, Id])
  .transform(([unread, createdAt, notificationId]) => ({
    unread: unread === 'true',
    createdAt: new Date(createdAt),
    notificationId,
  }));

const listNotifications = (toMessageAnswer: ToMessageAnswer) =>
  route({
    method: 'get',
    path: '/v1/notifications',
    operationId: 'listNotifications',
    summary: 'The inbox of an account: unread messages first, then the newest.',
    access: reader,
    query: z.strictObject({ ...pageQuery, ...OfAccount, ...rangeQuery }),
    answer: paged(MessageAnswer),
    refusals: ['request.range_reversed', ...accountRefusals],
    inTransaction: async (tx, { actor, query: { limit, cursor, ...asked }, locale, timeZone }) => {
      const page = pageRange({ limit, cursor }, InboxPlace);
      const accountId = accountOf(actor, asked.accountId);
      const range = timeRange(asked, timeZone);
      const rows = await inboxStore.listInbox(tx, { accountId, ...range, ...page });
      return {
        body: pageOf(rows, limit, {
          item: (message) => toMessageAnswer(message, locale),
          key: ({ readAt, createdAt, notificationId }) => [
            String(readAt === null),
            createdAt.toISOString(),
            notificationId,
          ],
        }),
      };
    },
  });

const countUnread = route({
  method: 'get',
  path: '/v1/notifications/unread-count',
  operationId: 'countUnread',
  summary: 'How many messages of the inbox are unread.',
  access: reader,
  query: z.strictObject(OfAccount),
  answer: z.object({ unread: z.int() }),
  refusals: accountRefusals,
  inTransaction: async (tx, { actor, query }) => ({
    body: { unread: await inboxStore.countUnread(tx, accountOf(actor, query.accountId)) },
  }),
});

const markRead = (toMessageAnswer: ToMessageAnswer) =>
  route({
    method: 'post',
    path: '/v1/notifications/{notificationId}/read',
    operationId: 'markRead',
    summary: 'Marks one message as read; the first reading counts.',
    access: { customer: 'notifications:write' },
    params: NotificationId,
    answer: MessageAnswer,
    refusals: ['notification.not_found'],
    inTransaction: async (tx, { params, locale }) => ({
      body: toMessageAnswer(await inboxStore.markRead(tx, params.notificationId), locale),
    }),
  });

const markAllRead = route({
  method: 'post',
  path: '/v1/notifications/read',
  operationId: 'markAllRead',
  summary: 'Marks every message of the inbox as read.',
  access: { customer: 'notifications:write' },
  answer: z.object({ read: z.int() }),
  inTransaction: async (tx, { actor }) => ({
    body: { read: await inboxStore.markAllRead(tx, accountOf(actor)) },
  }),
});
