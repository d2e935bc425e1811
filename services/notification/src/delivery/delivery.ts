import { lifecycle, type Decision } from '@accord/core';
import type { Channel, MessageClass } from '../notice/notice.ts';

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
  /** When the mailer looks at it next, and the end of its lease while it is being sent; null: never. */
  readonly nextAt: Date | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const attemptsPerRound = 10;
/**
 * Twice as long as the slowest attempt (smtp.ts), so that nobody sends a message that is still being sent.
 */
const leaseMs = MINUTE;
const lookForContactsEveryMs = 10 * MINUTE;
const contactsAwaitedMs = 7 * DAY;

/** 1, 2, 4 … minutes, at most 4 hours, each up to a fifth longer or shorter. @param chance 0 ≤ chance < 1 */
export const backOffMs = (attempt: number, chance: number): number =>
  Math.round(Math.min(MINUTE * 2 ** (attempt - 1), 240 * MINUTE) * (0.8 + 0.4 * chance));

/**
 * Takes it up for one attempt; one whose last attempt never came back is given up, for nobody knows its
 * outcome.
 */
export function take(delivery: Delivery, now: Date): Decision<Delivery> {
  if (delivery.attempts >= delivery.giveUpAfter) return giveUp(delivery, 'outcome_unknown');
  const status = deliveryLifecycle.after(delivery.status, 'send');
  return {
    state: { ...delivery, status, attempts: delivery.attempts + 1, nextAt: new Date(+now + leaseMs) },
    facts: [],
  };
}

export function sent(delivery: Delivery, now: Date): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'sent');
  const next = {
    ...delivery,
    status,
    version: delivery.version + 1,
    reason: null,
    nextAt: null,
    sentAt: now,
  };
  return { state: next, facts: [{ type: 'notification.sent', data: { notification: snapshot(next) } }] };
}

/** Waits for the next attempt, or is dead: when the server will never take it, or after the last attempt. */
export function failed(
  delivery: Delivery,
  why: { reason: string; permanent: boolean; now: Date; chance: number },
): Decision<Delivery> {
  if (why.permanent || delivery.attempts >= delivery.giveUpAfter) return giveUp(delivery, why.reason);
  const nextAt = new Date(+why.now + backOffMs(delivery.attempts, why.chance));
  return {
    state: {
      ...delivery,
      status: deliveryLifecycle.after(delivery.status, 'fail'),
      reason: why.reason,
      nextAt,
    },
    facts: [],
  };
}

export function skip(delivery: Delivery, reason: string): Decision<Delivery> {
  return {
    state: { ...delivery, status: deliveryLifecycle.after(delivery.status, 'skip'), reason, nextAt: null },
    facts: [],
  };
}

/** Looked up again later; given up once the account stayed unknown for seven days. */
export function awaitContacts(delivery: Delivery, now: Date): Decision<Delivery> {
  if (+now - +delivery.createdAt >= contactsAwaitedMs) return giveUp(delivery, 'no_contacts_known');
  return { state: { ...delivery, nextAt: new Date(+now + lookForContactsEveryMs) }, facts: [] };
}

/** @throws Refusal `notification.transition_refused` unless it is dead. */
export function replay(delivery: Delivery, now: Date): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'replay');
  return {
    state: {
      ...delivery,
      status,
      giveUpAfter: delivery.attempts + attemptsPerRound,
      reason: null,
      nextAt: now,
    },
    facts: [],
  };
}

function giveUp(delivery: Delivery, reason: string): Decision<Delivery> {
  const status = deliveryLifecycle.after(delivery.status, 'giveUp');
  const next = { ...delivery, status, version: delivery.version + 1, reason, nextAt: null };
  return {
    state: next,
    facts: [{ type: 'notification.dead', data: { notification: snapshot(next), reason } }],
  };
}

const snapshot = ({
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
