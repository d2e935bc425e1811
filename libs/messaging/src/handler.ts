import { currentTraceparent, span, validTraceparent, withTraceparent } from '@accord/core/observability';
import type { Event } from '@accord/events';
import type { Session } from '@accord/postgres';
import type { ReceivedEvent } from './read-message.ts';
import type { Subscription, Subscriptions } from './subscription.ts';

export const subscriptionOf = (subscriptions: Subscriptions, { type }: Event): Subscription | undefined =>
  subscriptions[type] as Subscription | undefined;

/** A handler acts under the account of its event; one of no account sees no account's rows (API-5). */
const actorOf = ({ type, subject: { accountId } }: Event) => ({
  kind: 'event' as const,
  id: type,
  ...(accountId !== undefined && { accountId }),
});

const causeOf = ({ event, headers }: ReceivedEvent) => {
  const traceparent = currentTraceparent() ?? validTraceparent(headers['traceparent']);
  return { causationId: event.id, correlationId: event.correlationId, ...(traceparent && { traceparent }) };
};

/** Runs the handler of one event in the session's transaction, as part of the event's trace. */
export async function runHandler(
  session: Session,
  subscriptions: Subscriptions,
  received: ReceivedEvent,
): Promise<void> {
  const { event, topic, partition, offset } = received;
  const subscription = subscriptionOf(subscriptions, event);
  if (!subscription) return;
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.kafka.offset': offset,
    partition,
    eventId: event.id,
  };
  await withTraceparent(validTraceparent(received.headers['traceparent']), () =>
    span(`process ${event.type}`, attributes, async () =>
      subscription.on(session.as(actorOf(event), causeOf(received)), event),
    ),
  );
}
