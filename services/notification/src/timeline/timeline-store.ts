import type { Tx } from '@accord/core';
import type { ProjectionWriter } from '@accord/messaging';
import type { Link, TimelineEvent } from './timeline.ts';

const columns = `event_id as "eventId", source, account_id as "accountId", type, time, actor,
  causation_id as "causationId", correlation_id as "correlationId", aggregate, aggregate_id as "aggregateId",
  aggregate_version::float8 as "aggregateVersion", data`;

const insertText = (where: string) => `
  with link as (
    insert into timeline_links (kind, id, event_id, source, account_id)
    select kind, id, $1, $14, $2 from unnest($12::text[], $13::text[]) as l(kind, id) ${where} on conflict do nothing
  )
  insert into timeline_events (event_id, account_id, type, time, actor, causation_id, correlation_id, aggregate,
    aggregate_id, aggregate_version, data, source)
  select $1::text, $2::text, $3::text, $4::timestamptz, $5::text, $6::text, $7::text, $8::text, $9::text, $10::bigint,
    $11::jsonb, $14::text ${where} on conflict do nothing`;

const insertNews = insertText('');
/** A state that is told again: where its version is in the timeline already, nothing happened. */
const insertRestated = insertText(`where not exists (
    select from timeline_links t join timeline_events e using (event_id, source)
     where (t.kind, t.id) in (select * from unnest($12::text[], $13::text[]))
       and e.aggregate = $8 and e.aggregate_id = $9 and e.aggregate_version = $10)`);

/** One that is already there stays as it is, so that topics can be read again (NTF-11). */
export function insertTimelineEvent(
  writer: ProjectionWriter,
  event: TimelineEvent,
  links: readonly Link[],
  isRestated = false,
): void {
  writer.write(isRestated ? insertRestated : insertNews, [
    event.eventId,
    event.accountId,
    event.type,
    event.time,
    event.actor,
    event.causationId,
    event.correlationId,
    event.aggregate,
    event.aggregateId,
    event.aggregateVersion,
    JSON.stringify(event.data),
    links.map(({ kind }) => kind),
    links.map(({ id }) => id),
    event.source,
  ]);
}

/** The event that a message tells of. */
export const findToldEvent = (tx: Tx, of: { eventId: string; eventType: string }) =>
  tx.one<TimelineEvent>(`select ${columns} from timeline_events where event_id = $1 and type = $2`, [
    of.eventId,
    of.eventType,
  ]);

/** The events that name it, and the messages about those; at most `limit`, the earliest. */
export const listEventsAbout = (tx: Tx, about: Link, limit: number): Promise<TimelineEvent[]> =>
  tx.many<TimelineEvent>(
    `with named as (select event_id, source from timeline_links where kind = $1 and id = $2),
       told as (
         select l.event_id, l.source from named n join timeline_links l on l.kind = 'event' and l.id = n.event_id)
     select ${columns} from timeline_events
      where (event_id, source) in (select * from named union select * from told)
      order by time, event_id, source limit $3`,
    [about.kind, about.id, limit],
  );

/** By time, then id and source; from `from` on, and before `before`. `place` is id and source. */
export const listEventsOfAccount = (
  tx: Tx,
  of: {
    accountId: string;
    from: Date | undefined;
    before: Date | undefined;
    after?: readonly [string, string] | undefined;
    limit: number;
  },
) =>
  tx.many<TimelineEvent>(
    `select ${columns} from timeline_events
      where account_id = $1 and (time, event_id || ' ' || source) > ($2::timestamptz, $3::text)
        and time >= $4::timestamptz and time < $5::timestamptz
      order by time, event_id || ' ' || source limit $6`,
    [
      of.accountId,
      of.after?.[0] ?? '-infinity',
      of.after?.[1] ?? '',
      of.from ?? '-infinity',
      of.before ?? 'infinity',
      of.limit,
    ],
  );
