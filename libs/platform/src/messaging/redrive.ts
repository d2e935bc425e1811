import { z } from 'zod';
import { decodeCursor, encodeCursor, paged, pageQuery } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { Refusal } from '../refusal.ts';
import type { ProblemTexts, Service } from '../service.ts';
import type { Tx } from '../tx.ts';

// EVT-10: what operators do with events that were given up. The inbox makes a replay that is asked for twice one replay.

/** As a Date: not every year and offset that RFC 3339 writes is text that Postgres reads. */
const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const filter = {
  type: z.string().min(1).max(100).optional(),
  key: z.string().min(1).max(200).optional(),
  reason: z.string().min(1).max(200).optional().meta({ description: 'A part of the reason, in any case.' }),
  from: Instant.optional().meta({ description: 'Given up at this time or later.' }),
  to: Instant.optional().meta({ description: 'Given up before this time.' }),
};

/** A replay or a discard names what it means: one filter at least. */
const Selection = z
  .strictObject({ ...filter, eventIds: z.array(z.guid()).min(1).max(200).optional() })
  .refine((given) => Object.values(given).some((value) => value !== undefined), 'names at least one of eventIds, type, key, reason, from, to');

const DeadLetter = z.object({
  eventId: z.string(),
  type: z.string(),
  key: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  attempts: z.int(),
  reason: z.string().nullable(),
  parkedAt: z.iso.datetime(),
  /** Later events of its key, which follow in order after it. */
  waitingBehind: z.int(),
});

const Inspected = DeadLetter.extend({
  payload: z.string(),
  headers: z.record(z.string(), z.string()),
  acts: z.array(z.object({ act: z.enum(['replay', 'discard']), actor: z.string(), at: z.iso.datetime() })),
});

type Filter = z.output<z.ZodObject<typeof filter>> & { readonly eventIds?: readonly string[] | undefined };
type Row = Omit<z.input<typeof DeadLetter>, 'parkedAt'> & { parkedAt: Date; seq: string };

const columns = `seq, event_id as "eventId", type, key, topic, partition, "offset", attempts, reason, parked_at as "parkedAt",
  (select count(*)::int from parked_events behind where behind.key = parked_events.key and behind.seq > parked_events.seq) as "waitingBehind"`;

const chosen = `status = 'dead' and ($1::uuid[] is null or event_id = any ($1)) and ($2::text is null or type = $2) and ($3::text is null or key = $3)
  and ($4::text is null or reason ilike '%' || replace(replace($4, '%', '\\%'), '_', '\\_') || '%')
  and ($5::timestamptz is null or parked_at >= $5) and ($6::timestamptz is null or parked_at < $6)`;

const valuesOf = ({ eventIds, type, key, reason, from, to }: Filter) => [eventIds, type, key, reason, from, to].map((value) => value ?? null);
const letter = ({ seq: _seq, parkedAt, ...row }: Row) => ({ ...row, parkedAt: parkedAt.toISOString() });

const remember = `insert into redrive_acts (event_id, act, actor, at) select event_id, $7, $8, $9 from touched`;

const replaySql = `with touched as (
    update parked_events set status = 'waiting', attempts = 0, next_attempt_at = clock_timestamp() where ${chosen} returning event_id),
  written as (${remember}) select count(*)::int as count from touched`;

const discardSql = `with touched as (delete from parked_events where ${chosen} returning event_id),
  known as (insert into inbox (event_id) select event_id from touched on conflict do nothing),
  written as (${remember}) select count(*)::int as count from touched`;

async function act(tx: Tx, name: 'replay' | 'discard', selection: Filter): Promise<{ body: { count: number } }> {
  const done = await tx.one<{ count: number }>(name === 'replay' ? replaySql : discardSql, [
    ...valuesOf(selection),
    name,
    `${tx.actor.kind}:${tx.actor.id}`,
    tx.now,
  ]);
  return { body: { count: done?.count ?? 0 } };
}

async function inspect(tx: Tx, eventId: string): Promise<z.input<typeof Inspected>> {
  const row = await tx.one<Row & { payload: string; headers: string }>(
    `select ${columns}, payload, headers from parked_events where status = 'dead' and event_id::text = $1`,
    [eventId],
  );
  if (!row) throw new Refusal('not_found', 'dead_letter.not_found', { eventId });
  const acts = await tx.many<{ act: 'replay' | 'discard'; actor: string; at: Date }>(
    'select act, actor, at from redrive_acts where event_id::text = $1 order by at',
    [eventId],
  );
  const { payload, headers, ...rest } = row;
  return { ...letter(rest), payload, headers: JSON.parse(headers) as Record<string, string>, acts: acts.map((one) => ({ ...one, at: one.at.toISOString() })) };
}

const access = { operator: true } as const;

const reading = (path: `/v1/${string}`): Route[] => [
  route({
    method: 'get',
    path,
    summary: 'Events this service gave up, oldest first. Each keeps the later events of its key waiting.',
    access,
    query: z.strictObject({ ...pageQuery, ...filter }),
    answer: paged(DeadLetter),
    refusals: ['request.bad_cursor'],
    inTransaction: async (tx, { query: { limit, cursor, ...wanted } }) => {
      const [after = '0'] = cursor ? decodeCursor(cursor, 1) : [];
      const rows = await tx.many<Row>(`select ${columns} from parked_events where ${chosen} and seq > $7 order by seq limit $8`, [
        ...valuesOf(wanted),
        after,
        limit + 1,
      ]);
      const page = rows.slice(0, limit);
      return { body: { data: page.map(letter), nextCursor: rows.length > limit ? encodeCursor([page.at(-1)!.seq]) : null } };
    },
  }),
  route({
    method: 'get',
    path: `${path}/{eventId}`,
    summary: 'One of them with its payload, its headers and what was done about it.',
    access,
    params: z.strictObject({ eventId: z.string().min(1).max(64) }),
    answer: Inspected,
    refusals: ['dead_letter.not_found'],
    inTransaction: async (tx, { params: { eventId } }) => ({ body: await inspect(tx, eventId) }),
  }),
];

const acting = (path: `/v1/${string}`, name: 'replay' | 'discard', summary: string): Route =>
  route({
    method: 'post',
    path: `${path}/${name}`,
    summary,
    access,
    body: Selection,
    answer: z.object({ count: z.int() }),
    inTransaction: (tx, { body }) => act(tx, name, body),
  });

const texts: ProblemTexts = {
  'dead_letter.not_found': {
    en: { title: 'No such dead letter', detail: 'Event {eventId} is not among the events given up here.' },
    'zh-CN': { title: '死信不存在', detail: '事件 {eventId} 不在本服务放弃的事件之中。' },
  },
};

/** The service with `/v1/<service>-dead-letters` for operators: list, inspect, replay, discard. */
export function withRedrive(service: Service): Service {
  const path = `/v1/${service.name}-dead-letters` as const;
  const routes = [
    ...service.routes,
    ...reading(path),
    acting(path, 'replay', 'Tries them again, and after each the later events of its key, in order.'),
    acting(path, 'discard', 'Drops them for good; the later events of their keys follow.'),
  ];
  return { ...service, routes, problems: { ...service.problems, ...texts } };
}
