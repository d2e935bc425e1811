import { Refusal, type Tx } from '@accord/core';
import { eventTypes, type Event, type Fact } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import {
  findContacts,
  insertDeliveries,
  lockDelivery,
  saveDelivery,
  wakeUnresolved,
} from './delivery/delivery-store.ts';
import { deliverBy, deliverToInbox, replayDelivery, type Delivery } from './delivery/delivery.ts';
import type { Channel } from './notice/notice.ts';
import { noticeOf } from './notice/told.ts';
import { findToldEvent } from './timeline/timeline-store.ts';

// Every event of every topic comes here, after read-models.ts has kept it for the timeline: it is told to whom the
// table in notice.ts names. The inbox has it at once, and words it from the kept event when it is read. Messages over
// other channels are rows that are sent later (sending.ts), so that no mail server ever holds up an event (NTF-13).

/** An event that belongs to no account concerns nobody here. */
async function onEvent(tx: Tx, event: Event, offered: readonly Channel[]): Promise<void> {
  const { accountId } = event.subject;
  if (accountId === undefined) return;
  if (event.type === 'account.updated') wakeUnresolved(tx, accountId);
  if (event.restatedFrom !== undefined && !(await isNews(tx, event))) return;
  await dispatch(tx, { event, accountId, offered });
}

/** @param offered the channels to people that this deployment has. */
export const dispatchSubscriptions = (offered: readonly Channel[]): Subscriptions => {
  const on = (tx: Tx, event: Event) => onEvent(tx, event, offered);
  return Object.fromEntries(eventTypes.map((type) => [type, { on }]));
};

/** A state that is told again is in the timeline by this event only where nobody had heard of it (read-models.ts). */
const isNews = async (tx: Tx, { id: eventId, type: eventType }: Event) =>
  (await findToldEvent(tx, { eventId, eventType })) !== undefined;

interface Telling {
  readonly event: Event;
  readonly accountId: string;
  readonly offered: readonly Channel[];
}

async function dispatch(tx: Tx, { event, accountId, offered }: Telling): Promise<void> {
  const notice = noticeOf(event as Fact);
  if (!notice) return;
  const { messageClass, mandatory, channels } = notice;
  const message = { accountId, eventId: event.id, eventType: event.type, messageClass, mandatory };
  const byOthers = channels.filter((channel) => offered.includes(channel));
  const contacts = byOthers.length > 0 ? await findContacts(tx, accountId) : undefined;
  insertDeliveries(tx, [
    deliverToInbox(message, tx.now),
    ...byOthers.flatMap((channel) => deliverBy(channel, message, { contacts, now: tx.now })),
  ]);
}

/** An operator has a dead message sent again. @throws Refusal `notification.not_found`, `notification.not_dead`. */
export async function replay(tx: Tx, notificationId: string): Promise<Delivery> {
  const delivery = await lockDelivery(tx, notificationId);
  if (delivery.status !== 'dead')
    throw new Refusal('conflict', 'notification.not_dead', { notificationId, status: delivery.status });
  return saveDelivery(tx, replayDelivery(delivery, tx.now));
}
