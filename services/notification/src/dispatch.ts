import type { Logger } from 'pino';
import { Refusal, type Database, type LeasedWork, type Tx } from '@accord/core';
import { ofService, type Metrics } from '@accord/core/observability';
import { eventTypes, type Event, type Fact } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import {
  countRetried,
  deleteDelivery,
  findContacts,
  insertAttempt,
  insertDeliveries,
  listDueDeliveries,
  lockDelivery,
  lockDeliveryIfDue,
  saveAttempt,
  saveDelivery,
  wakeUnresolved,
} from './delivery/delivery-store.ts';
import {
  awaitContacts,
  completeDelivery,
  deliverByEmail,
  deliverToInbox,
  failDelivery,
  replayDelivery,
  skipDelivery,
  takeDelivery,
  type Contact,
  type Delivery,
} from './delivery/delivery.ts';
import { connections, type Outcome, type Smtp } from './delivery/smtp.ts';
import type { Templates } from './notice/template.ts';
import { noticeOf } from './notice/told.ts';
import { findToldEvent } from './timeline/timeline-store.ts';
import type { TimelineEvent } from './timeline/timeline.ts';

// Every event of every topic comes here, after read-models.ts has kept it for the timeline: it is told to whom the
// table in notice.ts names. The inbox has it at once, and words it from the kept event when it is read. E-mails are
// rows that `mailing` sends later, so that no mail server ever holds up an event (NTF-13). An e-mail is sent between
// two transactions: the first takes the row for a minute, the second records the outcome. A process that dies in
// between leaves the row to the next one once its time has run out; the mail then goes out again under the same
// Message-ID.

/** An event that belongs to no account concerns nobody here. */
async function onEvent(tx: Tx, event: Event): Promise<void> {
  const { accountId } = event.subject;
  if (accountId === undefined) return;
  if (event.type === 'account.updated') wakeUnresolved(tx, accountId);
  if (event.restatedFrom !== undefined && !(await isNews(tx, event))) return;
  await dispatch(tx, event, accountId);
}

export const dispatchSubscriptions: Subscriptions = Object.fromEntries(
  eventTypes.map((type) => [type, { on: onEvent }]),
);

/** A state that is told again is in the timeline by this event only where nobody had heard of it (read-models.ts). */
const isNews = async (tx: Tx, { id: eventId, type: eventType }: Event) =>
  (await findToldEvent(tx, { eventId, eventType })) !== undefined;

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

interface Lease {
  readonly delivery: Delivery;
  readonly contact: Contact & { email: string };
  readonly event: TimelineEvent;
}

interface MailingParts {
  readonly smtp: Smtp;
  readonly templates: Templates;
  readonly log: Logger;
  /** 0 ≤ chance < 1; spreads attempts over time. */
  readonly chance?: () => number;
}

export const mailing = ({ chance = Math.random, ...parts }: MailingParts): LeasedWork<Lease, Outcome> => ({
  name: 'mailer',
  everyMs: 500,
  parallel: connections,
  due: listDueDeliveries,
  take: (tx, { id }) => takeForSending(tx, id),
  perform: (lease) => send(lease, parts),
  record: (tx, { delivery }, outcome) => recordOutcome(tx, delivery, outcome, chance()),
  cause: ({ event: { eventId, correlationId } }) => ({ causationId: eventId, correlationId }),
  // Of the lease's minute the attempt may need half.
  startWithinMs: 20_000,
});

/**
 * Undefined where there is nothing to send: another instance took it, its contact is gone or not known, or it
 * was given up.
 */
async function takeForSending(tx: Tx, notificationId: string): Promise<Lease | undefined> {
  const delivery = await lockDeliveryIfDue(tx, notificationId);
  if (!delivery) return undefined;
  const contacts = await findContacts(tx, delivery.accountId);
  if (delivery.contactId === null) return void resolve(tx, delivery, contacts);
  const contact = contacts?.find(({ contactId }) => contactId === delivery.contactId);
  if (!contact?.email) return void saveDelivery(tx, skipDelivery(delivery, 'contact_gone'));
  const taken = saveDelivery(tx, takeDelivery(delivery, tx.now));
  if (taken.status !== 'sending') return undefined;
  insertAttempt(tx, taken);
  return {
    delivery: taken,
    contact: { ...contact, email: contact.email },
    event: (await findToldEvent(tx, delivery))!,
  };
}

/** One without a recipient becomes one for each contact, as soon as the account is known. */
function resolve(tx: Tx, delivery: Delivery, contacts: readonly Contact[] | undefined): void {
  if (!contacts) return void saveDelivery(tx, awaitContacts(delivery, tx.now));
  deleteDelivery(tx, delivery.notificationId);
  insertDeliveries(tx, deliverByEmail(delivery, contacts, tx.now));
}

type SendingParts = Omit<MailingParts, 'chance'>;

async function send(lease: Lease, parts: SendingParts): Promise<Outcome> {
  const { notificationId, attempts } = lease.delivery;
  const written = write(lease, parts);
  if (!written) return { sent: false, reason: 'template_failed', permanent: true };
  const to = { name: lease.contact.name, address: lease.contact.email };
  const outcome = await parts.smtp.send({ notificationId, to, ...written });
  if (!outcome.sent) {
    const about = { notificationId, attempt: attempts, reason: outcome.reason };
    parts.log.warn(about, 'an e-mail could not be sent');
  }
  return outcome;
}

/** Undefined where the template fails on this event's data. */
function write({ delivery, contact, event }: Lease, { templates, log }: SendingParts) {
  const { notificationId, accountId, messageClass } = delivery;
  const { name, locale, timeZone } = contact;
  try {
    return templates.email(event.type, event.data, { name, accountId, messageClass, locale, timeZone });
  } catch (error) {
    const about = { notificationId, type: event.type, reason: (error as Error).message };
    log.error(about, 'a message could not be written');
    return undefined;
  }
}

/** Counts only for the attempt that it belongs to: a later one may have begun when this one was late. */
async function recordOutcome(
  tx: Tx,
  { notificationId, attempts }: Delivery,
  outcome: Outcome,
  chance: number,
): Promise<void> {
  const delivery = await lockDelivery(tx, notificationId);
  saveAttempt(tx, { notificationId, attempts }, outcome.sent ? 'sent' : outcome.reason);
  if (delivery.status !== 'sending' || delivery.attempts !== attempts) return;
  const next = outcome.sent
    ? completeDelivery(delivery, tx.now)
    : failDelivery(delivery, { ...outcome, now: tx.now, chance });
  saveDelivery(tx, next);
}

/** An operator has a dead e-mail sent again. @throws Refusal `notification.not_found`, `notification.not_dead`. */
export async function replay(tx: Tx, notificationId: string): Promise<Delivery> {
  const delivery = await lockDelivery(tx, notificationId);
  if (delivery.status !== 'dead')
    throw new Refusal('conflict', 'notification.not_dead', { notificationId, status: delivery.status });
  return saveDelivery(tx, replayDelivery(delivery, tx.now));
}

/** E-mails whose trouble is not over; NaN while the database does not answer. */
export const mailMetrics = (metrics: Metrics, db: Database): void => {
  const help = ofService('E-mails that failed and will be tried again');
  metrics.gauge('accord_mail_retries', help, [], async (gauge) =>
    gauge.set(await db.transaction({ kind: 'system', id: 'mailer' }, countRetried).catch(() => NaN)),
  );
};
