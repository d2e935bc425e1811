import type { z } from 'zod';
import { amend, changed, lifecycle, newId, type Decision } from '@accord/core';
import type { AccountFacts } from '@accord/events/account';
import type { Channel, MessageClass } from '../notice/notice.ts';
import type { SmsFacts } from '../sms/sms.ts';

/** NTF-5. `send` out of `sending`: the process that was sending is gone, and its lease has run out. */
export const deliveryLifecycle = lifecycle('notification', 'pending', {
  pending: { send: 'sending', skip: 'skipped', giveUp: 'dead' },
  sending: { send: 'sending', sent: 'sent', fail: 'retry_wait', skip: 'skipped', giveUp: 'dead' },
  retry_wait: { send: 'sending', skip: 'skipped', giveUp: 'dead' },
  dead: { replay: 'pending' },
  sent: {},
  skipped: {},
});

type Status = (typeof deliveryLifecycle.statuses)[number];

/** A person of an account who is told (NTF-2). */
export type Contact = z.infer<typeof AccountFacts>['contacts'][number];

/** One message to one recipient over one channel about one event. */
export interface Delivery {
  readonly notificationId: string;
  readonly accountId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly messageClass: MessageClass;
  readonly mandatory: boolean;
  readonly channel: Channel;
  /** Null for the inbox, and for an e-mail whose account is not known yet. */
  readonly contactId: string | null;
  readonly status: Status;
  /** Grows with each `notification.sent` or `notification.dead`; 0 before the first. */
  readonly version: number;
  readonly attempts: number;
  readonly giveUpAfter: number;
  /** Why it waits, was skipped or is dead; never a person's data. */
  readonly reason: string | null;
  /** When it is looked at next, and the end of its lease while it is being sent; null: never. */
  readonly nextAt: Date | null;
  /** The end of the quiet hours that held it back last (NTF-4). */
  readonly heldUntil: Date | null;
  /** Null for other channels, and before it was first sent. */
  readonly sms: SmsFacts | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

/** How an attempt ended. `reason` names what the other side did, never a person's data. */
export type Outcome =
  | { readonly sent: true }
  | { readonly sent: false; readonly reason: string; readonly permanent: boolean };

const minute = 60_000;
const day = 24 * 60 * minute;

const attemptsPerRound = 10;
/** Twice as long as the slowest attempt, so that no message is sent while it is still being sent. */
const leaseMs = minute;
const lookForContactsEveryMs = 10 * minute;
const contactsAwaitedMs = 7 * day;

/** One event, as it is told over any channel. */
type Message = Pick<Delivery, 'accountId' | 'eventId' | 'eventType' | 'messageClass' | 'mandatory'>;

const fresh = (now: Date) => ({
  notificationId: newId('ntf'),
  version: 0,
  attempts: 0,
  giveUpAfter: attemptsPerRound,
  reason: null,
  createdAt: now,
  contactId: null,
  heldUntil: null,
  sms: null,
});

/**
 * The inbox has a message at once. Its title and text are made of the kept event and its template whenever it is
 * read, in the reader's language.
 */
export const deliverToInbox = (message: Message, now: Date): Delivery => ({
  ...message,
  ...fresh(now),
  channel: 'inbox',
  status: 'sent',
  nextAt: null,
  sentAt: now,
});

/**
 * Over a channel to people: one per contact that asked for the class. None did: one that is skipped, and says so.
 * `contacts` undefined, for the account is not known yet: one that waits for them.
 */
export function deliverBy(
  channel: Channel,
  message: Message,
  { contacts, now }: { contacts: readonly Contact[] | undefined; now: Date },
): Delivery[] {
  const one = (): Delivery => ({
    ...message,
    ...fresh(now),
    channel,
    status: 'pending',
    nextAt: now,
    sentAt: null,
  });
  if (contacts === undefined) return [one()];
  const recipients = recipientsOf(contacts, message.messageClass, channel);
  if (recipients.length === 0) return [{ ...one(), status: 'skipped', reason: 'no_contact', nextAt: null }];
  return recipients.map(({ contactId }) => ({ ...one(), contactId }));
}

/** NTF-2: the contacts that asked for this class and can be reached by the channel, each address once. */
function recipientsOf(
  contacts: readonly Contact[],
  messageClass: MessageClass,
  channel: Channel,
): readonly Contact[] {
  const byAddress = new Map<string, Contact>();
  for (const contact of contacts) {
    const address = channel === 'sms' ? phoneDigits(contact) : mailAddress(contact);
    if (address && contact.classes.includes(messageClass) && !byAddress.has(address))
      byAddress.set(address, contact);
  }
  return [...byAddress.values()];
}

/** As it is compared with others; a text without digits is no number, and is told so when it is sent. */
const phoneDigits = ({ phone }: Contact) => phone?.replaceAll(/[^+\d]/g, '') || phone;

/** As it is compared with others; undefined where the contact has none. */
export const mailAddress = ({ email }: Pick<Contact, 'email'>): string | undefined =>
  email?.trim().toLowerCase() || undefined;

/** 1, 2, 4 … minutes, at most 4 hours, each up to a fifth longer or shorter. @param chance 0 ≤ chance < 1 */
export const backOffMs = (attempt: number, chance: number): number =>
  Math.round(Math.min(minute * 2 ** (attempt - 1), 240 * minute) * (0.8 + 0.4 * chance));

/**
 * Takes it up for one attempt; one whose last attempt never came back is given up, for nobody knows its
 * outcome.
 */
export function takeDelivery(delivery: Delivery, now: Date): Decision<Delivery> {
  if (delivery.attempts >= delivery.giveUpAfter) return giveUpDelivery(delivery, 'outcome_unknown');
  const status = deliveryLifecycle.after(delivery.status, 'send');
  const nextAt = new Date(+now + leaseMs);
  return changed({ ...delivery, status, attempts: delivery.attempts + 1, nextAt });
}

/** Ends it as sent. */
export function completeDelivery(delivery: Delivery, now: Date): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'sent');
  const next = amend(delivery, { status, reason: null, nextAt: null, sentAt: now });
  return changed(next, { type: 'notification.sent', data: { notification: notificationSnapshot(next) } });
}

/** Waits for the next attempt, or is dead: when the server will never take it, or after the last attempt. */
export function failDelivery(
  delivery: Delivery,
  { reason, permanent, now, chance }: { reason: string; permanent: boolean; now: Date; chance: number },
): Decision<Delivery> {
  if (permanent || delivery.attempts >= delivery.giveUpAfter) return giveUpDelivery(delivery, reason);
  const status = deliveryLifecycle.after(delivery.status, 'fail');
  const nextAt = new Date(+now + backOffMs(delivery.attempts, chance));
  return changed({ ...delivery, status, reason, nextAt });
}

/** Waits for the end of its reader's quiet hours; it counts no attempt. */
export const holdDelivery = (delivery: Delivery, until: Date): Decision<Delivery> =>
  changed({ ...delivery, reason: 'quiet_hours', nextAt: until, heldUntil: until });

export function skipDelivery(delivery: Delivery, reason: string): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'skip');
  return changed({ ...delivery, status, reason, nextAt: null });
}

/** Looked up again later; given up once the account stayed unknown for seven days. */
export function awaitContacts(delivery: Delivery, now: Date): Decision<Delivery> {
  if (+now - +delivery.createdAt >= contactsAwaitedMs) return giveUpDelivery(delivery, 'no_contacts_known');
  return changed({ ...delivery, nextAt: new Date(+now + lookForContactsEveryMs) });
}

/** It goes by itself, whatever it went with. @throws Refusal `notification.transition_refused` unless it is dead. */
export function replayDelivery(delivery: Delivery, now: Date): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'replay');
  const giveUpAfter = delivery.attempts + attemptsPerRound;
  return changed({ ...delivery, status, giveUpAfter, reason: null, nextAt: now, heldUntil: null });
}

function giveUpDelivery(delivery: Delivery, reason: string): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'giveUp');
  const next = amend(delivery, { status, reason, nextAt: null });
  const notification = notificationSnapshot(next);
  return changed(next, { type: 'notification.dead', data: { notification, reason } });
}

const notificationSnapshot = ({
  notificationId,
  version,
  accountId,
  eventId,
  eventType,
  channel,
  contactId,
  createdAt,
}: Delivery) => ({
  notificationId,
  version,
  accountId,
  eventId,
  eventType,
  channel,
  contactId,
  createdAt: createdAt.toISOString(),
});
