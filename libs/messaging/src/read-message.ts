import type { Logger } from 'pino';
import { readJson } from '@accord/core/runtime';
import { readEvent, type Event, type EventType } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { idOf, reasonOf, storableReason } from './parked-events.ts';

export type ReceivedEvent = Incoming & { readonly event: Event };

/** No event of its topic, now and at every later try. */
interface UnreadableMessage {
  readonly message: Incoming;
  readonly reason: string;
}

export type ReadMessage = ReceivedEvent | UnreadableMessage;

export const isReadable = (read: ReadMessage): read is ReceivedEvent => 'event' in read;

/**
 * Tells an event from every other, as a text: an id is one event's only together with its source (CloudEvents
 * 1.0).
 */
export const identityOf = ({ event: { id, source } }: ReceivedEvent): string => `${id} ${source}`;

export const incomingOf = (read: ReadMessage): Incoming => (isReadable(read) ? read : read.message);

export function readMessage(message: Incoming, log: Logger): ReadMessage {
  const { topic, partition, offset, key, value, headers, leftOut } = message;
  try {
    return { ...message, event: readEvent(topic as EventType, readJson(value), headers) };
  } catch (error) {
    const reason = storableReason(leftOut ? value : reasonOf(error as Error));
    log.error({ eventId: idOf(message), topic, partition, offset, key, reason }, 'event cannot be read');
    return { message, reason };
  }
}
