import type { Event, EventType } from '@accord/events';
import { visibleData, type VisibleData } from '../notice/told.ts';

/** One thing that happened, as the timeline keeps it (NTF-11). */
export interface TimelineEvent {
  readonly eventId: string;
  /** Only together with it the id is one event's. */
  readonly source: string;
  readonly accountId: string;
  readonly type: EventType;
  readonly time: Date;
  /** `customer:usr_1`, `event:…` */
  readonly actor: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly aggregate: string;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  readonly data: VisibleData;
}

type LinkKind = 'order' | 'contract' | 'refund' | 'bill' | 'event';
export interface Link {
  readonly kind: LinkKind;
  readonly id: string;
}

/** A message follows from the event that it tells of, whatever transaction sent it. */
export function timelineEvent(event: Event, accountId: string): TimelineEvent {
  const { aggregate, id, version } = event.subject;
  const causationId = 'notification' in event.data ? event.data.notification.eventId : event.causationId;
  return {
    eventId: event.id,
    source: event.source,
    accountId,
    type: event.type,
    time: event.time,
    actor: event.actor,
    causationId,
    correlationId: event.correlationId,
    aggregate,
    aggregateId: id,
    aggregateVersion: version,
    data: visibleData(event),
  };
}

const named: Readonly<Record<string, LinkKind>> = {
  orderId: 'order',
  orderIds: 'order',
  contractId: 'contract',
  refundId: 'refund',
  billId: 'bill',
  billIds: 'bill',
  eventId: 'event',
};

/** Everything a payload names, at any depth: its fields' names say what their values are. */
export function linksOf(data: unknown): Link[] {
  const links = new Map<string, Link>();
  const link = (kind: LinkKind, id: unknown) =>
    typeof id === 'string' && links.set(`${kind} ${id}`, { kind, id });
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (value === null || typeof value !== 'object') return;
    for (const [field, inner] of Object.entries(value)) {
      const kind = named[field];
      if (kind) [inner].flat().forEach((id) => link(kind, id));
      else if (field === 'holder' || field === 'hold') linkHolder(inner);
      else walk(inner);
    }
  };
  const linkHolder = (holder: { kind: 'contract' | 'refund'; id: string } | null) =>
    holder && link(holder.kind, holder.id);
  walk(data);
  return [...links.values()];
}

/** By event, the ids of those that must come before it. */
function predecessors(events: readonly TimelineEvent[]): Map<string, Set<string>> {
  const before = new Map(events.map(({ eventId }) => [eventId, new Set<string>()]));
  for (const { eventId, causationId } of events)
    if (before.has(causationId) && causationId !== eventId) before.get(eventId)!.add(causationId);
  for (const aggregate of Map.groupBy(
    events,
    (event) => `${event.aggregate} ${event.aggregateId}`,
  ).values()) {
    const versions = [...Map.groupBy(aggregate, (event) => event.aggregateVersion)].sort(([a], [b]) => a - b);
    versions.slice(1).forEach(([, later], i) => {
      for (const { eventId } of later)
        for (const earlier of versions[i]![1]) before.get(eventId)!.add(earlier.eventId);
    });
  }
  return before;
}

const byTimeThenId = (a: TimelineEvent, b: TimelineEvent) =>
  +a.time - +b.time || (a.eventId < b.eventId ? -1 : 1);

/**
 * A cause before its effect, an aggregate's versions in their order, all else by time, then id. The order of
 * `events` does not matter. Should causes run in a circle, which no honest sender makes, the earliest of them
 * goes first.
 */
export function inCausalOrder(events: readonly TimelineEvent[]): TimelineEvent[] {
  const waiting = [...events].sort(byTimeThenId);
  const before = predecessors(waiting);
  const told = new Set<string>();
  const ordered: TimelineEvent[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ eventId }) => before.get(eventId)!.isSubsetOf(told));
    const [next] = waiting.splice(Math.max(ready, 0), 1) as [TimelineEvent];
    told.add(next.eventId);
    ordered.push(next);
  }
  return ordered;
}

/**
 * The actor that set off the chain to `event`, as far as `events` show it; undefined where its start is not
 * among them.
 */
export function starterOf(
  event: TimelineEvent,
  events: ReadonlyMap<string, TimelineEvent>,
): string | undefined {
  const seen = new Set<string>();
  for (
    let at: TimelineEvent | undefined = event;
    at && !seen.has(at.eventId);
    at = events.get(at.causationId)
  ) {
    if (!/^(event|system):/.test(at.actor)) return at.actor;
    seen.add(at.eventId);
  }
  return undefined;
}
