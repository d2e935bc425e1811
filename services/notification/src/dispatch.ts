import type { Tx } from '@accord/core';
import type { Event, Fact } from '@accord/events';
import { findContacts } from './delivery/contact-store.ts';
import { insertDeliveries, wakeUnresolved } from './delivery/delivery-store.ts';
import { deliverByEmail, deliverToInbox } from './delivery/delivery.ts';
import { noticeOf } from './notice/notice.ts';

// Every event of every topic comes here, after read-models.ts has kept it for the timeline: it is told to
// whom the table in notice.ts names. The inbox has it at once; e-mails are rows that mailing.ts sends later,
// so that no mail server ever holds up an event (NTF-13).

/** An event that belongs to no account concerns nobody here. */
export async function onEvent(tx: Tx, event: Event): Promise<void> {
  const { accountId } = event.subject;
  if (accountId === undefined) return;
  if (event.type === 'account.updated') wakeUnresolved(tx, accountId);
  await dispatch(tx, event, accountId);
}

async function dispatch(tx: Tx, event: Event, accountId: string): Promise<void> {
  const notice = noticeOf(event as Fact);
  if (!notice) return;
  const { messageClass, mandatory, channels } = notice;
  const message = { accountId, eventId: event.id, eventType: event.type, messageClass, mandatory };
  const deliveries = [deliverToInbox(message, tx.now)];
  if (channels.includes('email'))
    deliveries.push(...deliverByEmail(message, await findContacts(tx, accountId), tx.now));
  insertDeliveries(tx, deliveries);
}
