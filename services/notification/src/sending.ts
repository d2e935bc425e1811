import type { Tx } from '@accord/core';
import {
  deleteDelivery,
  findContacts,
  insertAttempt,
  insertDeliveries,
  lockDelivery,
  lockDueTogether,
  saveAttempt,
  saveDelivery,
} from './delivery/delivery-store.ts';
import {
  awaitContacts,
  completeDelivery,
  deliverBy,
  failDelivery,
  holdDelivery,
  skipDelivery,
  takeDelivery,
  type Contact,
  type Delivery,
  type Outcome,
} from './delivery/delivery.ts';
import { getPreferences } from './preference/preference-store.ts';
import { keptBack, type Preferences } from './preference/preference.ts';
import { findToldEvent } from './timeline/timeline-store.ts';
import type { TimelineEvent } from './timeline/timeline.ts';

// The two transactions around each sending, of whatever channel: the first takes up what is due for a minute, unless
// its account switched it off or its reader has quiet hours (NTF-4); the second records the outcome. A process that
// dies in between leaves it to the next one once its time has run out.

export interface Taken {
  readonly delivery: Delivery;
  readonly event: TimelineEvent;
}

/** All that is sent in one go: one message, or several that quiet hours held back. */
export interface Lease {
  readonly contact: Contact;
  readonly taken: readonly [Taken, ...Taken[]];
}

/** A last look at the contact, by the channel: why nothing goes there now, for a while or at all. */
type Objection = (tx: Tx, contact: Contact, delivery: Delivery) => Promise<string | undefined>;

/**
 * Undefined where there is nothing to send: another instance took it, it was switched off or held back, its contact
 * is gone or not known, or it was given up.
 */
export async function takeUp(
  tx: Tx,
  notificationId: string,
  objection: Objection,
): Promise<Lease | undefined> {
  const due = await lockDueTogether(tx, notificationId);
  const [first] = due;
  if (!first) return undefined;
  const contacts = await findContacts(tx, first.accountId);
  if (first.contactId === null) return void resolve(tx, first, contacts);
  const contact = contacts?.find(({ contactId }) => contactId === first.contactId);
  if (!contact) return void skip(tx, due, 'contact_gone');
  const going = allowed(tx, due, { contact, preferences: await getPreferences(tx, first.accountId) });
  if (going.length === 0) return undefined;
  const why = await objection(tx, contact, going[0]!);
  if (why !== undefined) return void skip(tx, going, why);
  const [one, ...others] = await begin(tx, going);
  return one && { contact, taken: [one, ...others] };
}

function skip(tx: Tx, deliveries: readonly Delivery[], reason: string): void {
  for (const delivery of deliveries) saveDelivery(tx, skipDelivery(delivery, reason));
}

/** One without a recipient becomes one for each contact, as soon as the account is known. */
function resolve(tx: Tx, delivery: Delivery, contacts: readonly Contact[] | undefined): void {
  if (!contacts) return void saveDelivery(tx, awaitContacts(delivery, tx.now));
  deleteDelivery(tx, delivery.notificationId);
  insertDeliveries(tx, deliverBy(delivery.channel, delivery, { contacts, now: tx.now }));
}

/** An attempt that may have gone out is not held back any more. */
function allowed(
  tx: Tx,
  due: readonly Delivery[],
  { contact, preferences }: { contact: Contact; preferences: Preferences },
): Delivery[] {
  return due.filter((delivery) => {
    const kept =
      delivery.status === 'sending' ? undefined : keptBack(preferences, delivery, { contact, now: tx.now });
    if (!kept) return true;
    saveDelivery(tx, 'skip' in kept ? skipDelivery(delivery, kept.skip) : holdDelivery(delivery, kept.until));
    return false;
  });
}

async function begin(tx: Tx, deliveries: readonly Delivery[]): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const due of deliveries) {
    const delivery = saveDelivery(tx, takeDelivery(due, tx.now));
    if (delivery.status !== 'sending') continue;
    insertAttempt(tx, delivery);
    taken.push({ delivery, event: (await findToldEvent(tx, delivery))! });
  }
  return taken;
}

/**
 * The outcome of each message that went together. It counts only for the attempt that it belongs to: a later one may
 * have begun when this one was late.
 *
 * @param chance 0 ≤ chance < 1
 */
export async function recordOutcome(
  tx: Tx,
  { taken }: Lease,
  outcome: Outcome,
  chance: number,
): Promise<void> {
  for (const { notificationId, attempts } of taken.map(({ delivery }) => delivery)) {
    const delivery = await lockDelivery(tx, notificationId);
    saveAttempt(tx, { notificationId, attempts }, outcome.sent ? 'sent' : outcome.reason);
    if (delivery.status !== 'sending' || delivery.attempts !== attempts) continue;
    const next = outcome.sent
      ? completeDelivery(delivery, tx.now)
      : failDelivery(delivery, { ...outcome, now: tx.now, chance });
    saveDelivery(tx, next);
  }
}
