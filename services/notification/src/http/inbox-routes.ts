import { z } from 'zod';
import { Refusal, type Locale, type Tx } from '@accord/core';
import { Moment } from '@accord/events/fields';
import {
  accountOf,
  accountRefusals,
  decodeCursor,
  encodeCursor,
  paged,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import { findDelivery, listAttempts, lockDelivery, saveDelivery } from '../delivery/delivery-store.ts';
import { replay } from '../delivery/delivery.ts';
import {
  countUnread,
  listInbox,
  markAllRead,
  markRead,
  type InboxMessage,
  type InboxPlace,
} from '../notice/inbox-store.ts';
import type { Templates } from '../notice/template.ts';

interface Texts {
  readonly templates: Templates;
  /** Of a reader whose own is not known: the provider's. */
  readonly timeZone: string;
}

type ItemOf = (message: InboxMessage, locale: Locale) => z.input<typeof InboxItem>;

export function notificationRoutes({ templates, timeZone }: Texts): readonly Route[] {
  const itemOf: ItemOf = (message, locale) => ({
    notificationId: message.notificationId,
    eventId: message.eventId,
    eventType: message.eventType,
    messageClass: message.messageClass,
    about: { kind: message.aggregate, id: message.aggregateId },
    ...templates.inbox(message.eventType, message.data, { locale, timeZone }),
    createdAt: message.createdAt.toISOString(),
    readAt: message.readAt?.toISOString() ?? null,
  });
  return [inboxRoute(itemOf), unreadCountRoute, readRoute(itemOf), readAllRoute, deliveryRoute, replayRoute];
}

const Id = z.string().min(1).max(64);
const OfAccount = { accountId: Id.optional() };
const reader = { customer: 'notifications:read', operator: true } as const;

const InboxItem = z.object({
  notificationId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  messageClass: z.enum(['orders', 'contracts', 'refunds', 'security']),
  /** What it is about: an order, a contract, a refund … */
  about: z.object({ kind: z.string(), id: z.string() }),
  /** In the language of Accept-Language. */
  title: z.string(),
  text: z.string(),
  createdAt: Moment,
  readAt: Moment.nullable(),
});

const inboxRoute = (itemOf: ItemOf): Route =>
  route({
    method: 'get',
    path: '/v1/notifications',
    summary: 'The inbox of an account: unread messages first, then the newest.',
    access: reader,
    query: z.strictObject({ ...pageQuery, ...OfAccount }),
    answer: paged(InboxItem),
    refusals: accountRefusals,
    inTransaction: async (tx, { actor, query: { limit, cursor, accountId }, locale }) => {
      const after = cursor === undefined ? undefined : placeOf(cursor);
      const found = await listInbox(tx, { accountId: accountOf(actor, accountId), after, limit: limit + 1 });
      const messages = found.slice(0, limit);
      const last = found.length > limit ? messages.at(-1) : undefined;
      const nextCursor = last
        ? encodeCursor([String(last.readAt === null), last.createdAt.toISOString(), last.notificationId])
        : null;
      return { body: { data: messages.map((message) => itemOf(message, locale)), nextCursor } };
    },
  });

const unreadCountRoute = route({
  method: 'get',
  path: '/v1/notifications/unread-count',
  summary: 'How many messages of the inbox are unread.',
  access: reader,
  query: z.strictObject(OfAccount),
  answer: z.object({ unread: z.int() }),
  refusals: accountRefusals,
  inTransaction: async (tx, { actor, query }) => ({
    body: { unread: await countUnread(tx, accountOf(actor, query.accountId)) },
  }),
});

const readRoute = (itemOf: ItemOf): Route =>
  route({
    method: 'post',
    path: '/v1/notifications/{notificationId}/read',
    summary: 'Marks one message as read; the first reading counts.',
    access: { customer: 'notifications:write' },
    params: z.strictObject({ notificationId: Id }),
    answer: InboxItem,
    refusals: ['notification.not_found'],
    inTransaction: async (tx, { params, locale }) => ({
      body: itemOf(await markRead(tx, params.notificationId), locale),
    }),
  });

const readAllRoute = route({
  method: 'post',
  path: '/v1/notifications/read',
  summary: 'Marks every message of the inbox as read.',
  access: { customer: 'notifications:write' },
  answer: z.object({ read: z.int() }),
  inTransaction: async (tx, { actor }) => ({ body: { read: await markAllRead(tx, accountOf(actor)) } }),
});

function placeOf(cursor: string): InboxPlace {
  const place = z.tuple([z.enum(['true', 'false']), Moment, Id]).safeParse(decodeCursor(cursor, 3));
  if (!place.success) throw new Refusal('invalid', 'request.bad_cursor');
  const [unread, createdAt, notificationId] = place.data;
  return { unread: unread === 'true', createdAt: new Date(createdAt), notificationId };
}

const DeliveryDetail = z.object({
  notificationId: z.string(),
  accountId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  messageClass: z.string(),
  mandatory: z.boolean(),
  channel: z.enum(['inbox', 'email']),
  contactId: z.string().nullable(),
  status: z.enum(['pending', 'sending', 'sent', 'retry_wait', 'dead', 'skipped']),
  reason: z.string().nullable(),
  createdAt: Moment,
  sentAt: Moment.nullable(),
  nextAt: Moment.nullable(),
  attempts: z.array(
    z.object({
      attempt: z.int(),
      startedAt: Moment,
      endedAt: Moment.nullable(),
      outcome: z.string().nullable(),
    }),
  ),
});

async function deliveryDetail(tx: Tx, notificationId: string): Promise<z.input<typeof DeliveryDetail>> {
  const delivery = await findDelivery(tx, notificationId);
  if (!delivery) throw new Refusal('not_found', 'notification.not_found', { notificationId });
  const attempts = await listAttempts(tx, notificationId);
  const { version: _, giveUpAfter: __, ...shown } = delivery;
  return {
    ...shown,
    createdAt: delivery.createdAt.toISOString(),
    sentAt: delivery.sentAt?.toISOString() ?? null,
    nextAt: delivery.nextAt?.toISOString() ?? null,
    attempts: attempts.map(({ startedAt, endedAt, ...attempt }) => ({
      ...attempt,
      startedAt: startedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
    })),
  };
}

const deliveryRoute = route({
  method: 'get',
  path: '/v1/notifications/{notificationId}',
  summary: 'How the delivery of one message went, attempt by attempt.',
  access: reader,
  params: z.strictObject({ notificationId: Id }),
  answer: DeliveryDetail,
  refusals: ['notification.not_found'],
  inTransaction: async (tx, { params }) => ({ body: await deliveryDetail(tx, params.notificationId) }),
});

const replayRoute = route({
  method: 'post',
  path: '/v1/notifications/{notificationId}/replay',
  summary: 'Sends a dead e-mail again.',
  access: { operator: true },
  params: z.strictObject({ notificationId: Id }),
  answer: DeliveryDetail,
  refusals: ['notification.not_found', 'notification.not_dead'],
  inTransaction: async (tx, { params: { notificationId } }) => {
    const delivery = await lockDelivery(tx, notificationId);
    if (delivery.status !== 'dead')
      throw new Refusal('conflict', 'notification.not_dead', { notificationId, status: delivery.status });
    saveDelivery(tx, replay(delivery, tx.now));
    return { body: await deliveryDetail(tx, notificationId) };
  },
});
