import type { Logger } from 'pino';
import type { Database, LeasedWork, Tx } from '@accord/core';
import { ofService, type Metrics } from '@accord/core/observability';
import { countRetried, listDueDeliveries } from './delivery/delivery-store.ts';
import type { Outcome } from './delivery/delivery.ts';
import { connections, type Smtp } from './delivery/smtp.ts';
import type { Letter } from './notice/letter.ts';
import { messageOf, type Templates } from './notice/template.ts';
import { recordOutcome, takeUp, type Lease } from './sending.ts';

// E-mails are rows that are sent later, so that no mail server ever holds up an event (NTF-13). One that is sent again,
// for nobody knows whether it had arrived, has the same Message-ID.

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
  due: (tx, limit) => listDueDeliveries(tx, 'email', limit),
  take: (tx, { id }) => takeUp(tx, id, objectionToMail),
  perform: (lease) => send(lease, parts),
  record: (tx, lease, outcome) => recordOutcome(tx, lease, outcome, chance()),
  cause: causeOf,
  // Of the lease's minute the attempt may need half.
  startWithinMs: 20_000,
});

export const causeOf = ({ taken: [{ event }] }: Lease) => ({
  causationId: event.eventId,
  correlationId: event.correlationId,
});

const objectionToMail: Parameters<typeof takeUp>[2] = (_tx, { email }) =>
  Promise.resolve(email ? undefined : 'contact_gone');

type SendingParts = Omit<MailingParts, 'chance'>;

async function send(lease: Lease, parts: SendingParts): Promise<Outcome> {
  const { contact, taken } = lease;
  const { notificationId, attempts } = taken[0].delivery;
  const letter = write(lease, parts);
  if (!letter) return { sent: false, reason: 'template_failed', permanent: true };
  const to = { name: contact.name, address: contact.email! };
  const outcome = await parts.smtp.send({ notificationId, to, ...letter });
  if (!outcome.sent) {
    const about = { notificationId, attempt: attempts, reason: outcome.reason };
    parts.log.warn(about, 'an e-mail could not be sent');
  }
  return outcome;
}

/** Undefined where a template fails on the data of its event. */
function write({ contact, taken }: Lease, { templates, log }: SendingParts): Letter | undefined {
  const [{ delivery, event }, ...others] = taken;
  const { name, locale, timeZone } = contact;
  const { accountId } = delivery;
  const to = { name, accountId, locale, timeZone };
  try {
    if (others.length === 0) return templates.email(messageOf(taken[0]), to);
    const inOrder = taken.toSorted((a, b) => +a.delivery.createdAt - +b.delivery.createdAt);
    return templates.digest(inOrder.map(messageOf), to);
  } catch (error) {
    const about = {
      notificationId: delivery.notificationId,
      type: event.type,
      reason: (error as Error).message,
    };
    log.error(about, 'a message could not be written');
    return undefined;
  }
}

/** E-mails whose trouble is not over; NaN while the database does not answer. */
export const mailMetrics = (metrics: Metrics, db: Database): void => {
  const help = ofService('E-mails that failed and will be tried again');
  const look = (tx: Tx) => countRetried(tx, 'email');
  metrics.gauge('accord_mail_retries', help, [], async (gauge) =>
    gauge.set(await db.transaction({ kind: 'system', id: 'mailer' }, look).catch(() => NaN)),
  );
};
