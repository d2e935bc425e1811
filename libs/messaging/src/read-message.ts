import type { Logger } from 'pino';
import { readEvent, type Event, type EventType } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { reasonOf } from './parked-events.ts';

export type ReceivedEvent = Incoming & { readonly event: Event };

/** No event of its topic, now and at every later try. */
export interface UnreadableMessage {
  readonly message: Incoming;
  readonly reason: string;
}

export type ReadMessage = ReceivedEvent | UnreadableMessage;

export const isReadable = (read: ReadMessage): read is ReceivedEvent => 'event' in read;

export const incomingOf = (read: ReadMessage): Incoming => (isReadable(read) ? read : read.message);

export function readMessage(message: Incoming, log: Logger): ReadMessage {
  const { topic, partition, offset, key, value, headers } = message;
  try {
    return { ...message, event: readEvent(topic as EventType, JSON.parse(value), headers) };
  } catch (error) {
    const reason = reasonOf(error as Error);
    log.error({ eventId: headers['ce_id'], topic, partition, offset, key, reason }, 'event cannot be read');
    return { message, reason };
  }
}
