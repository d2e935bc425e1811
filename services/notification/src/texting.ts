import type { Logger } from 'pino';
import type { Database, LeasedWork, Tx } from '@accord/core';
import { ofService, type Metrics } from '@accord/core/observability';
import { priceTimes } from '@accord/money';
import { countRetried, listDueDeliveries, saveSms } from './delivery/delivery-store.ts';
import type { Delivery, Outcome } from './delivery/delivery.ts';
import { causeOf } from './mailing.ts';
import { messageOf, type Templates } from './notice/template.ts';
import { recordOutcome, takeUp, type Lease } from './sending.ts';
import { countSms, type SmsLimits } from './sms/quota-store.ts';
import { plainSpaces, segmentsOf } from './sms/segments.ts';
import type { SmsAnswer, SmsGateway } from './sms/sms-gateway.ts';
import { mostSegments, phoneNumber, type SmsFacts, type SmsReport } from './sms/sms.ts';

// An SMS costs money and a look at a phone, so it goes out once: after an attempt whose outcome nobody knows the
// gateway is asked about the message, and gets it again, under the same id, only where it does not have it.

export interface SmsRules {
  readonly limits: SmsLimits;
  /** Of numbers that name no country: `86`. */
  readonly countryCode: string;
  /** Of a segment; absent: no cost is estimated. */
  readonly price?: { readonly amount: string; readonly currency: string } | undefined;
}

interface TextingParts {
  readonly gateway: SmsGateway;
  readonly templates: Templates;
  readonly rules: SmsRules;
  readonly log: Logger;
  /** 0 ≤ chance < 1; spreads attempts over time. */
  readonly chance?: () => number;
}

interface Texted {
  readonly outcome: Outcome;
  readonly facts: SmsFacts;
  /** Where it is known already. */
  readonly end?: Omit<SmsReport, 'at'>;
}

const sentAtOnce = 4;
/** Later than that it helps nobody; the inbox has it. */
const freshMs = 86_400_000;

export const texting = ({ chance = Math.random, ...parts }: TextingParts): LeasedWork<Lease, Texted> => ({
  name: 'texting',
  everyMs: 500,
  parallel: sentAtOnce,
  due: (tx, limit) => listDueDeliveries(tx, 'sms', limit),
  take: (tx, { id }) => takeUp(tx, id, objectionTo(parts.rules)),
  perform: (lease) => send(lease, parts),
  async record(tx, lease, { outcome, facts, end }) {
    await recordOutcome(tx, lease, outcome, chance());
    const report = end && { report: { ...end, at: tx.now.toISOString() } };
    saveSms(tx, lease.taken[0].delivery.notificationId, { ...facts, ...report });
  },
  cause: causeOf,
  startWithinMs: 20_000,
});

const objectionTo =
  ({ limits, countryCode }: SmsRules): Parameters<typeof takeUp>[2] =>
  async (tx, contact, { accountId, attempts, createdAt }) => {
    if (!contact.phone) return 'contact_gone';
    const number = phoneNumber(contact, countryCode);
    if (number === undefined) return 'phone_unusable';
    if (attempts > 0) return undefined;
    if (+tx.now - +createdAt > freshMs) return 'too_late';
    return countSms(tx, { accountId, number }, limits);
  };

async function send(lease: Lease, { gateway, rules, ...parts }: TextingParts): Promise<Texted> {
  const { notificationId: id, attempts } = lease.taken[0].delivery;
  const text = write(lease, parts);
  if (text === undefined) return ended('template_failed');
  const facts = { ...segmentsOf(text), ...costOf(text, rules) };
  if (facts.segments > mostSegments) return ended('too_long', facts);
  const number = phoneNumber(lease.contact, rules.countryCode)!;
  const known = attempts > 1 ? await gateway.look(id) : undefined;
  const answer =
    known && known.is !== 'unheard'
      ? known
      : await gateway.send({ id, to: number, text, ...segmentsOf(text) });
  const outcome = outcomeOf(answer);
  if (!outcome.sent)
    parts.log.warn(
      { notificationId: id, attempt: attempts, reason: outcome.reason },
      'an SMS could not be sent',
    );
  return { outcome, facts, ...endOf(answer) };
}

const ended = (reason: string, facts: SmsFacts = {}): Texted => ({
  outcome: { sent: false, reason, permanent: true },
  facts,
});

const costOf = (text: string, { price }: SmsRules): Pick<SmsFacts, 'cost'> =>
  price ? { cost: priceTimes(price.amount, price.currency, BigInt(segmentsOf(text).segments)) } : {};

function outcomeOf(answer: SmsAnswer): Outcome {
  if (!('reason' in answer) || answer.is === 'failed') return { sent: true };
  return { sent: false, reason: `sms ${answer.is} ${answer.reason}`, permanent: answer.is === 'refused' };
}

function endOf(answer: SmsAnswer): Pick<Texted, 'end'> {
  if (answer.is === 'delivered') return { end: { status: 'delivered', reason: null } };
  return answer.is === 'failed' ? { end: { status: 'failed', reason: answer.reason } } : {};
}

/** Undefined where its template fails on this event's data. */
function write(
  { contact, taken: [one] }: Lease,
  { templates, log }: Pick<TextingParts, 'templates' | 'log'>,
): string | undefined {
  try {
    return plainSpaces(templates.sms(messageOf(one), contact));
  } catch (error) {
    const { notificationId }: Delivery = one.delivery;
    const about = { notificationId, type: one.event.type, reason: (error as Error).message };
    log.error(about, 'a message could not be written');
    return undefined;
  }
}

/** Messages by SMS whose trouble is not over; NaN while the database does not answer. */
export const smsMetrics = (metrics: Metrics, db: Database): void => {
  const help = ofService('SMS that failed, or whose outcome is not known, and will be tried again');
  const look = (tx: Tx) => countRetried(tx, 'sms');
  metrics.gauge('accord_sms_retries', help, [], async (gauge) =>
    gauge.set(await db.transaction({ kind: 'system', id: 'texting' }, look).catch(() => NaN)),
  );
};
