import type { Logger } from 'pino';
import type { Database, Tx, Worker } from '@accord/core';
import { withContext } from '@accord/core/observability';
import { findContacts, type Contact } from './delivery/contact-store.ts';
import {
  deleteDelivery,
  insertAttempt,
  insertDeliveries,
  listDueDeliveries,
  lockDelivery,
  lockDueDelivery,
  saveAttempt,
  saveDelivery,
} from './delivery/delivery-store.ts';
import { awaitContacts, failed, sent, skip, take, type Delivery } from './delivery/delivery.ts';
import { connections, type Mail, type Outcome, type Smtp } from './delivery/smtp.ts';
import { byEmail } from './dispatch.ts';
import type { Templates } from './notice/template.ts';
import { findTimelineEvent } from './timeline/timeline-store.ts';
import type { TimelineEvent } from './timeline/timeline.ts';

// An e-mail is sent between two transactions: the first takes the row for a minute, the second records what
// became of it. A process that dies in between leaves the row to the next one once its time has run out; the
// mail then goes out again under the same Message-ID.

interface Taken {
  readonly delivery: Delivery;
  readonly contact: Contact & { email: string };
  readonly event: TimelineEvent;
}

export interface MailerParts {
  readonly smtp: Smtp;
  readonly templates: Templates;
  readonly log: Logger;
  /** 0 ≤ chance < 1; spreads attempts over time. */
  readonly chance?: () => number;
}

/**
 * Of the lease's minute the attempt may need half: who was held up for longer leaves the row to the end of
 * its lease.
 */
const mostDelayMs = 20_000;

export const mailer = ({ smtp, templates, log, chance = Math.random }: MailerParts): Worker => ({
  name: 'mailer',
  everyMs: 500,
  parallel: connections,
  due: listDueDeliveries,
  async run(db: Database, { id, accountId }) {
    const actor = { kind: 'system', id: 'mailer', accountId } as const;
    const began = performance.now();
    const taken = await db.transaction(actor, (tx) => takeUp(tx, id));
    if (!taken || performance.now() - began > mostDelayMs) return;
    const outcome = await attempt(taken, { smtp, templates, log });
    const because = { causationId: taken.event.eventId, correlationId: taken.event.correlationId };
    await withContext(because, () =>
      db.transaction(actor, (tx) => record(tx, taken.delivery, outcome, chance())),
    );
  },
});

/**
 * Undefined where there is nothing to send: somebody else took it, its contact is gone or not known, or it
 * was given up.
 */
async function takeUp(tx: Tx, notificationId: string): Promise<Taken | undefined> {
  const delivery = await lockDueDelivery(tx, notificationId);
  if (!delivery) return undefined;
  const contacts = await findContacts(tx, delivery.accountId);
  if (delivery.contactId === null) return void (await resolve(tx, delivery, contacts));
  const contact = contacts?.find(({ contactId }) => contactId === delivery.contactId);
  if (!contact?.email) return void saveDelivery(tx, skip(delivery, 'contact_gone'));
  const taken = saveDelivery(tx, take(delivery, tx.now));
  if (taken.status !== 'sending') return undefined;
  await insertAttempt(tx, taken);
  return {
    delivery: taken,
    contact: { ...contact, email: contact.email },
    event: (await findTimelineEvent(tx, delivery.eventId))!,
  };
}

/** One without a recipient becomes one for each contact, as soon as the account is known. */
async function resolve(tx: Tx, delivery: Delivery, contacts: readonly Contact[] | undefined): Promise<void> {
  if (!contacts) return void saveDelivery(tx, awaitContacts(delivery, tx.now));
  await deleteDelivery(tx, delivery.notificationId);
  insertDeliveries(tx, byEmail(delivery, contacts, tx.now));
}

async function attempt(
  { delivery, contact, event }: Taken,
  { smtp, templates, log }: MailerParts,
): Promise<Outcome> {
  const { notificationId, accountId, messageClass } = delivery;
  let mail: Mail;
  try {
    const to = {
      name: contact.name,
      accountId,
      messageClass,
      locale: contact.locale,
      timeZone: contact.timeZone,
    };
    mail = {
      notificationId,
      to: { name: contact.name, address: contact.email },
      ...templates.email(event.type, event.data, to),
    };
  } catch (error) {
    log.error(
      { notificationId, type: event.type, reason: (error as Error).message },
      'a message could not be written',
    );
    return { sent: false, reason: 'template_failed', permanent: true };
  }
  const outcome = await smtp.send(mail);
  if (!outcome.sent)
    log.warn(
      { notificationId, attempt: delivery.attempts, reason: outcome.reason },
      'an e-mail could not be sent',
    );
  return outcome;
}

/** Counts only for the attempt that it belongs to: a later one may have begun when this one was late. */
async function record(
  tx: Tx,
  { notificationId, attempts }: Delivery,
  outcome: Outcome,
  chance: number,
): Promise<void> {
  const delivery = await lockDelivery(tx, notificationId);
  await saveAttempt(tx, { ...delivery, attempts }, outcome.sent ? 'sent' : outcome.reason);
  if (delivery.status !== 'sending' || delivery.attempts !== attempts) return;
  saveDelivery(
    tx,
    outcome.sent ? sent(delivery, tx.now) : failed(delivery, { ...outcome, now: tx.now, chance }),
  );
}
