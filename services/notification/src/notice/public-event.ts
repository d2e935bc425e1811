import type { EventType } from '@accord/events';
import type { TimelineEvent } from '../timeline/timeline.ts';
import { publicData, type VisibleData } from './told.ts';

/**
 * An event as it leaves the system to its account: the body of a webhook, an entry of the live stream. Only fields that
 * `notices` names are in `data`; who did it is not told.
 */
export interface PublicEvent {
  /** The same in every delivery of the event, so that a receiver knows it again. */
  readonly id: string;
  readonly type: EventType;
  /** When it happened, ISO 8601. */
  readonly timestamp: string;
  readonly accountId: string;
  /** `order`, its id, and the version of it that the event announced. */
  readonly subject: { readonly kind: string; readonly id: string; readonly version: number };
  readonly data: VisibleData;
}

type KeptEvent = Pick<
  TimelineEvent,
  'eventId' | 'type' | 'time' | 'accountId' | 'aggregate' | 'aggregateId' | 'aggregateVersion' | 'data'
>;

/** @param event as the timeline keeps it; a field that is public no more is left out of what was kept before. */
export const publicEvent = (event: KeptEvent): PublicEvent => ({
  id: event.eventId,
  type: event.type,
  timestamp: event.time.toISOString(),
  accountId: event.accountId,
  subject: { kind: event.aggregate, id: event.aggregateId, version: event.aggregateVersion },
  data: publicData(event.type, event.data),
});
