import type { Tx } from '@accord/core';
import { refusedLock } from './refused-events.ts';

/**
 * An event that waits for an operator's decision, with the later events of its key behind it. Direction `in`:
 * it was received and given up here (EVT-9). Direction `out`: it was announced here and refused by the broker
 * (EVT-7).
 */
export interface DeadLetter {
  readonly direction: 'in' | 'out';
  readonly eventId: string;
  /** Of the event; an id is one event's only together with its source. Empty where the message names none. */
  readonly source: string;
  readonly type: string;
  readonly key: string;
  readonly topic: string;
  /** Its place in the topic; null for `out`, because it never got into one. */
  readonly partition: number | null;
  readonly offset: string | null;
  readonly attempts: number;
  readonly reason: string | null;
  readonly parkedAt: Date;
  readonly waitingBehind: number;
}

type Inspected = DeadLetter & { readonly payload: string; readonly headers: string };
export type Act = 'replay' | 'discard';

/** Each field that is given must match; an empty filter matches every dead letter. */
interface Filter {
  readonly eventIds?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly direction?: DeadLetter['direction'] | undefined;
  readonly type?: string | undefined;
  readonly key?: string | undefined;
  /** A part of the reason; upper and lower case are equal. */
  readonly reason?: string | undefined;
  /** Given up at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
}

/** The first refused event of each key; the later ones were never sent. */
const refusedHeads = 'select distinct on (key) * from outbox_refused order by key, seq';

const letters = `
  select 'in' as direction, seq, event_id, source, type, key, topic, partition, "offset", attempts, reason, parked_at,
         payload, headers
    from parked_events where status = 'dead'
  union all
  select 'out', seq, event_id, coalesce(headers::json ->> 'ce_source', ''), type, key, topic, null, null, 1, reason,
         refused_at, payload, headers
    from (${refusedHeads}) heads`;

/** To the millisecond, as answers show times, so that a page can begin after a time that was shown. */
const at = `date_trunc('milliseconds', parked_at)`;

const countBehind = (table: string) =>
  `(select count(*)::int from ${table} behind where behind.key = letters.key and behind.seq > letters.seq)`;

const shown = `direction, event_id as "eventId", source, type, key, topic, partition, "offset", attempts, reason,
  ${at} as "parkedAt",
  case direction when 'in' then ${countBehind('parked_events')} else ${countBehind('outbox_refused')} end
    as "waitingBehind"`;

const chosen = `($1::uuid[] is null or event_id = any ($1))
  and ($2::text is null or direction = $2)
  and ($3::text is null or type = $3)
  and ($4::text is null or key = $4)
  and ($5::text is null or position(lower($5) in lower(reason)) > 0)
  and ($6::timestamptz is null or parked_at >= $6)
  and ($7::timestamptz is null or parked_at < $7)
  and ($8::text is null or source = $8)`;

const valuesOf = ({ eventIds, direction, type, key, reason, from, before, source }: Filter) =>
  [eventIds, direction, type, key, reason, from, before, source].map((value) => value ?? null);

/** The place of a dead letter among those of its time. */
const identity = `(event_id || ' ' || source) collate "C"`;

/** Oldest first, those that follow `after`: time, and event id and source, of the last one of the page before. */
export const listDeadLetters = (
  tx: Tx,
  filter: Filter,
  { after, limit }: { after: readonly [string, string] | undefined; limit: number },
) =>
  tx.many<DeadLetter>(
    `select ${shown} from (${letters}) letters
      where ${chosen} and ($9::timestamptz is null or (${at}, ${identity}) > ($9, $10))
      order by ${at}, ${identity} limit $11`,
    [...valuesOf(filter), after?.[0] ?? null, after?.[1] ?? null, limit],
  );

/** Of several sources' that have the id, the oldest, unless the source is given. */
export const findDeadLetter = (tx: Tx, eventId: string, source?: string) =>
  tx.one<Inspected>(
    `select ${shown}, payload, headers from (${letters}) letters
      where event_id::text = $1 and ($2::text is null or source = $2) order by parked_at, source limit 1`,
    [eventId, source ?? null],
  );

export const listActs = (tx: Tx, { eventId, source }: Pick<DeadLetter, 'eventId' | 'source'>) =>
  tx.many<{ act: Act; actor: string; at: Date }>(
    'select act, actor, at from redrive_acts where event_id::text = $1 and source = $2 order by at',
    [eventId, source],
  );

const remember =
  'insert into redrive_acts (event_id, source, act, actor, at) select event_id, source, $9, $10, $11 from touched';
const chosenOf = (direction: DeadLetter['direction']) =>
  `select seq, key, event_id, source from (${letters}) letters where direction = '${direction}' and ${chosen}`;

const columns =
  'seq, event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload, headers, ' +
  'shard, occurred_at';
/** With its old seq, so that it precedes all later events of its key. */
const moveBack = `insert into outbox (${columns}) overriding system value select ${columns} from moved`;

const acts = {
  replay: [
    `with touched as (
       update parked_events set status = 'waiting', attempts = 0, next_attempt_at = clock_timestamp()
        where status = 'dead' and seq in (select seq from (${chosenOf('in')}) chosen) returning event_id, source),
     written as (${remember}) select count(*)::int as count from touched`,
    `with touched as (${chosenOf('out')}),
     moved as (delete from outbox_refused r using touched where r.key = touched.key returning r.*),
     back as (${moveBack}), written as (${remember}) select count(*)::int as count from touched`,
  ],
  discard: [
    `with touched as (
       delete from parked_events
        where status = 'dead' and seq in (select seq from (${chosenOf('in')}) chosen) returning event_id, source),
     known as (
       insert into inbox (event_id, source) select event_id, source from touched on conflict do nothing),
     written as (${remember}) select count(*)::int as count from touched`,
    `with touched as (${chosenOf('out')}),
     gone as (delete from outbox_refused r using touched where r.seq = touched.seq),
     moved as (
       delete from outbox_refused r using touched
        where r.key = touched.key and r.seq <> touched.seq returning r.*),
     back as (${moveBack}), written as (${remember}) select count(*)::int as count from touched`,
  ],
} as const;

/**
 * Replays or discards the dead letters that match, so that the later events of their keys follow in order
 * (EVT-10). Each act is recorded with its actor. A replayed `in` is handled again by this service, and has its
 * effect once (the inbox). A replayed `out` goes back to its place in the outbox with all events of its key; a
 * discarded one is never published, so readers miss that version.
 *
 * @returns the number of dead letters that matched.
 */
export async function redrive(tx: Tx, act: Act, filter: Filter): Promise<number> {
  await tx.one(`select pg_advisory_xact_lock(${refusedLock})`);
  const values = [...valuesOf(filter), act, `${tx.actor.kind}:${tx.actor.id}`, tx.now];
  let count = 0;
  for (const sql of acts[act]) count += (await tx.one<{ count: number }>(sql, values))!.count;
  return count;
}
