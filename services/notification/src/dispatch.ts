import { newId, type Tx } from '@accord/core';
import type { Event, Fact } from '@accord/events';
import { findContacts, type Contact } from './delivery/contact-store.ts';
import { insertDeliveries, wakeUnresolved } from './delivery/delivery-store.ts';
import { attemptsPerRound, type Delivery } from './delivery/delivery.ts';
import { emailRecipients } from './delivery/recipient.ts';
import { noticeOf } from './notice/notice.ts';

// Every event of every topic comes here, after read-models.ts has kept it for the timeline: it is told to
// whom the table in notice.ts names. The inbox has it at once; e-mails are rows that mailer.ts sends later,
// so that no mail server ever holds up an event (NTF-13).

/** An event that belongs to no account concerns nobody here. */
export async function onEvent(tx: Tx, event: Event): Promise<void> {
  const { accountId } = event.subject;
  if (accountId === undefined) return;
  if (event.type === 'account.updated') await wakeUnresolved(tx, accountId);
  await notify(tx, event, accountId);
}

async function notify(tx: Tx, event: Event, accountId: string): Promise<void> {
  const notice = noticeOf(event as Fact);
  if (!notice) return;
  const { messageClass, mandatory, channels } = notice;
  const message = { accountId, eventId: event.id, eventType: event.type, messageClass, mandatory };
  const deliveries: Delivery[] = [inInbox(message, tx.now)];
  if (channels.includes('email'))
    deliveries.push(...byEmail(message, await findContacts(tx, accountId), tx.now));
  insertDeliveries(tx, deliveries);
}

export type Message = Pick<Delivery, 'accountId' | 'eventId' | 'eventType' | 'messageClass' | 'mandatory'>;

const fresh = (now: Date) => ({
  notificationId: newId('ntf'),
  version: 0,
  attempts: 0,
  giveUpAfter: attemptsPerRound,
  reason: null,
  createdAt: now,
  contactId: null,
});

const inInbox = (message: Message, now: Date): Delivery => ({
  ...message,
  ...fresh(now),
  channel: 'inbox',
  status: 'sent',
  nextAt: null,
  sentAt: now,
});

/**
 * One per contact of the class. None asked for it: skipped, and it says so. Contacts unknown: one that waits
 * for them.
 */
export function byEmail(message: Message, contacts: readonly Contact[] | undefined, now: Date): Delivery[] {
  const email = (): Delivery => ({
    ...message,
    ...fresh(now),
    channel: 'email',
    status: 'pending',
    nextAt: now,
    sentAt: null,
  });
  if (contacts === undefined) return [email()];
  const recipients = emailRecipients(contacts, message.messageClass);
  if (recipients.length === 0) return [{ ...email(), status: 'skipped', reason: 'no_contact', nextAt: null }];
  return recipients.map(({ contactId }) => ({ ...email(), contactId }));
}
