import { Refusal, type Tx } from '@accord/core';
import type { EventType } from '@accord/events';
import type { MessageClass } from '../notice/notice.ts';
import type { VisibleData } from '../notice/told.ts';

/** A message in the inbox, with what its text is made of. */
export interface InboxMessage {
  readonly notificationId: string;
  readonly eventId: string;
  readonly eventType: EventType;
  readonly messageClass: MessageClass;
  readonly mandatory: boolean;
  readonly createdAt: Date;
  readonly readAt: Date | null;
  readonly aggregate: string;
  readonly aggregateId: string;
  readonly data: VisibleData;
}

/** Created at `from` or later, and before `before`. */
interface TimeRange {
  readonly from: Date | undefined;
  readonly before: Date | undefined;
}

/** Where a page ended. */
interface InboxPlace {
  readonly unread: boolean;
  readonly createdAt: Date;
  readonly notificationId: string;
}

const columns = `n.notification_id as "notificationId", n.event_id as "eventId", n.event_type as "eventType",
  n.message_class as "messageClass", n.mandatory, n.created_at as "createdAt", n.read_at as "readAt", e.aggregate,
  e.aggregate_id as "aggregateId", e.data`;

/** The event of a message; another source may give the id to an event of another type. */
const tellsOf = 'e.event_id = n.event_id and e.type = n.event_type';

/** NTF-6: unread ones first, then the newest. */
export const listInbox = (
  tx: Tx,
  of: TimeRange & { accountId: string; after?: InboxPlace | undefined; limit: number },
): Promise<InboxMessage[]> =>
  tx.many<InboxMessage>(
    `select ${columns} from notifications n join timeline_events e on ${tellsOf}
      where n.account_id = $1 and n.channel = 'inbox'
        and (n.unread, n.created_at, n.notification_id) < ($2::boolean, $3::timestamptz, $4::text)
        and ($5::timestamptz is null or n.created_at >= $5) and ($6::timestamptz is null or n.created_at < $6)
      order by n.unread desc, n.created_at desc, n.notification_id desc limit $7`,
    [
      of.accountId,
      of.after?.unread ?? true,
      of.after?.createdAt ?? 'infinity',
      of.after?.notificationId ?? '',
      of.from ?? null,
      of.before ?? null,
      of.limit,
    ],
  );

export async function countUnread(tx: Tx, accountId: string): Promise<number> {
  const row = await tx.one<{ unread: string }>(
    `select count(*) as unread from notifications where account_id = $1 and channel = 'inbox' and unread`,
    [accountId],
  );
  return Number(row!.unread);
}

/** The first reading counts. @throws Refusal `notification.not_found`. */
export async function markRead(tx: Tx, notificationId: string): Promise<InboxMessage> {
  const message = await tx.one<InboxMessage>(
    `update notifications n set read_at = coalesce(n.read_at, $2) from timeline_events e
      where n.notification_id = $1 and n.channel = 'inbox' and ${tellsOf} returning ${columns}`,
    [notificationId, tx.now],
  );
  if (!message) throw new Refusal('not_found', 'notification.not_found', { notificationId });
  return message;
}

/** @returns how many became read. */
export async function markAllRead(tx: Tx, accountId: string): Promise<number> {
  const row = await tx.one<{ read: string }>(
    `with marked as (
       update notifications set read_at = $2
        where account_id = $1 and channel = 'inbox' and unread and created_at <= $2 returning 1
     ) select count(*) as read from marked`,
    [accountId, tx.now],
  );
  return Number(row!.read);
}
