import type { Event, EventType, Fact } from '@accord/events';
import { notices, type Channel, type MessageClass, type Notice } from './notice.ts';

/** How an event is told; undefined where nobody is told. */
export function noticeOf(
  fact: Fact,
): { messageClass: MessageClass; channels: readonly Channel[]; mandatory: boolean } | undefined {
  const notice = notices[fact.type] as Notice;
  if (notice.tells === 'nobody') return undefined;
  const mandatory =
    typeof notice.mandatory === 'boolean'
      ? notice.mandatory
      : (notice.mandatory as (data: unknown) => boolean)(fact.data);
  return { messageClass: notice.tells, channels: notice.channels, mandatory };
}

export type VisibleData = Readonly<Record<string, unknown>>;

/** The part of an event's data that customers may see, in its own shape; null where an older event lacks it. */
export const visibleData = (event: Event): VisibleData => publicData(event.type, event.data);

/** `visibleData` of a type, out of data that has it or more. */
export function publicData(type: EventType, data: object): VisibleData {
  const whole = data as Readonly<Record<string, unknown>>;
  const seen: Record<string, unknown> = {};
  for (const path of notices[type].visible as readonly string[]) {
    const [first, second] = path.split('.') as [string, string?];
    if (second === undefined) seen[first] = whole[first] ?? null;
    else {
      const inner = whole[first] as Readonly<Record<string, unknown>> | undefined;
      seen[first] = { ...(seen[first] as object), [second]: inner?.[second] ?? null };
    }
  }
  return seen;
}
