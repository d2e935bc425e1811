import { Refusal, type Decision, type DueItem, type Tx } from '@accord/core';
import type { Channel } from '../notice/notice.ts';
import type { SmsFacts, SmsReport } from '../sms/sms.ts';
import type { Contact, Delivery } from './delivery.ts';

const columns = `notification_id as "notificationId", account_id as "accountId", event_id as "eventId",
  event_type as "eventType", message_class as "messageClass", mandatory, channel, contact_id as "contactId", status,
  version, attempts, give_up_after as "giveUpAfter", reason, next_at as "nextAt", held_until as "heldUntil",
  created_at as "createdAt", sent_at as "sentAt", sms`;

/** The account's contacts; undefined while it is not known. */
export async function findContacts(tx: Tx, accountId: string): Promise<readonly Contact[] | undefined> {
  const row = await tx.one<{ contacts: Contact[] }>('select contacts from contacts where account_id = $1', [
    accountId,
  ]);
  return row?.contacts;
}

/** One that is already there, by event, channel and contact, stays as it is (NTF-5). */
export function insertDeliveries(tx: Tx, deliveries: readonly Delivery[]): void {
  tx.write(
    `insert into notifications (notification_id, account_id, event_id, event_type, message_class, mandatory, channel,
       contact_id, status, version, attempts, give_up_after, reason, next_at, created_at, sent_at)
     select * from jsonb_to_recordset($1) as d(
       "notificationId" text, "accountId" text, "eventId" text, "eventType" text, "messageClass" text,
       "mandatory" boolean, "channel" text, "contactId" text, "status" text, "version" integer, "attempts" integer,
       "giveUpAfter" integer, "reason" text, "nextAt" timestamptz, "createdAt" timestamptz, "sentAt" timestamptz)
     on conflict (event_id, channel, contact_id) do nothing`,
    [JSON.stringify(deliveries)],
  );
}

/** @throws Refusal `notification.not_found`. */
export async function getDelivery(tx: Tx, notificationId: string): Promise<Delivery> {
  const text = `select ${columns} from notifications where notification_id = $1`;
  return found(await tx.one<Delivery>(text, [notificationId]), notificationId);
}

/** For update. @throws Refusal `notification.not_found`. */
export async function lockDelivery(tx: Tx, notificationId: string): Promise<Delivery> {
  const text = `select ${columns} from notifications where notification_id = $1 for update`;
  return found(await tx.one<Delivery>(text, [notificationId]), notificationId);
}

function found(delivery: Delivery | undefined, notificationId: string): Delivery {
  if (!delivery) throw new Refusal('not_found', 'notification.not_found', { notificationId });
  return delivery;
}

/** More in one mail would not be read. */
const mostTogether = 50;

/**
 * For update, in the order of their ids: the message, and the e-mails to its contact that were held back as long as
 * it; none where they are not due any more, for they were taken up meanwhile.
 */
export const lockDueTogether = (tx: Tx, notificationId: string): Promise<Delivery[]> =>
  tx.many<Delivery>(
    `select ${columns} from notifications where next_at <= $2 and notification_id in (
       select $1 union all
       select o.notification_id from notifications n join notifications o
           on o.account_id = n.account_id and o.contact_id = n.contact_id and o.held_until = n.held_until
        where n.notification_id = $1 and n.channel = 'email' and o.channel = 'email' and o.next_at is not null)
      order by notification_id limit ${mostTogether} for update`,
    [notificationId, tx.now],
  );

/** Stores a decision and emits its facts. */
export function saveDelivery(tx: Tx, { state, facts }: Decision<Delivery>): Delivery {
  tx.write(
    `update notifications set status = $2, version = $3, attempts = $4, give_up_after = $5, reason = $6, next_at = $7,
       held_until = $8, sent_at = $9 where notification_id = $1`,
    [
      state.notificationId,
      state.status,
      state.version,
      state.attempts,
      state.giveUpAfter,
      state.reason,
      state.nextAt,
      state.heldUntil,
      state.sentAt,
    ],
  );
  tx.emit(...facts);
  return state;
}

/** Beside what is known of it already; the report that came first stays. */
export const saveSms = (tx: Tx, notificationId: string, facts: SmsFacts): void =>
  tx.write(`update notifications set sms = $2::jsonb || coalesce(sms, '{}') where notification_id = $1`, [
    notificationId,
    JSON.stringify(facts),
  ]);

/** Undefined where there is no such SMS; `taken` where it is the first that tells of an end. */
export async function saveSmsReport(
  tx: Tx,
  notificationId: string,
  report: SmsReport,
): Promise<{ taken: boolean } | undefined> {
  return tx.one<{ taken: boolean }>(
    `with told as (
       update notifications set sms = coalesce(sms, '{}') || jsonb_build_object('report', $2::jsonb)
        where notification_id = $1 and channel = 'sms' and not coalesce(sms, '{}') ? 'report' returning 1)
     select exists (select from told) as taken from notifications where notification_id = $1 and channel = 'sms'`,
    [notificationId, JSON.stringify(report)],
  );
}

/** One that never had a recipient makes room for those that it has now. */
export const deleteDelivery = (tx: Tx, notificationId: string): void =>
  tx.write('delete from notifications where notification_id = $1', [notificationId]);

/** Wakes the messages of the transaction's account that wait for its contacts. */
export const wakeUnresolved = (tx: Tx, accountId: string): void =>
  tx.write(
    `update notifications set next_at = $2
      where account_id = $1 and channel <> 'inbox' and contact_id is null and status = 'pending'`,
    [accountId, tx.now],
  );

/** Wakes the messages that wait for quiet hours to end, which may be others now. */
export const wakeHeld = (tx: Tx, accountId: string): void =>
  tx.write(
    `update notifications set next_at = $2
      where account_id = $1 and held_until is not null and next_at is not null and reason = 'quiet_hours'
        and status in ('pending', 'retry_wait')`,
    [accountId, tx.now],
  );

/** Messages whose time has come: new ones, retries, and those that a dead process had taken. Longest due first. */
export const listDueDeliveries = (tx: Tx, channel: Channel, limit: number): Promise<DueItem[]> =>
  tx.many<DueItem>(
    `select notification_id as id, account_id as "accountId" from notifications
      where channel = $3 and next_at <= $1 order by next_at, notification_id limit $2`,
    [tx.now, limit, channel],
  );

/** Messages that failed and will be tried again. */
export const countRetried = async (tx: Tx, channel: Channel): Promise<number> => {
  const text = `select count(*)::integer as n from notifications
    where channel = $1 and next_at is not null and status = 'retry_wait'`;
  return (await tx.one<{ n: number }>(text, [channel]))!.n;
};

export interface Attempt {
  readonly attempt: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  /** `sent`, or the reason; null while it runs, and for ever where its process died. */
  readonly outcome: string | null;
}

export const insertAttempt = (tx: Tx, { notificationId, attempts, accountId }: Delivery): void =>
  tx.write(
    'insert into notification_attempts (notification_id, attempt, account_id, started_at) values ($1, $2, $3, $4)',
    [notificationId, attempts, accountId, tx.now],
  );

export const saveAttempt = (
  tx: Tx,
  { notificationId, attempts }: Pick<Delivery, 'notificationId' | 'attempts'>,
  outcome: string,
): void =>
  tx.write(
    'update notification_attempts set ended_at = $3, outcome = $4 where notification_id = $1 and attempt = $2',
    [notificationId, attempts, tx.now, outcome],
  );

export const listAttempts = (tx: Tx, notificationId: string): Promise<Attempt[]> =>
  tx.many<Attempt>(
    `select attempt, started_at as "startedAt", ended_at as "endedAt", outcome from notification_attempts
      where notification_id = $1 order by attempt`,
    [notificationId],
  );
