import type pg from 'pg';
import { shardOf } from '@accord/messaging';
import { batches, topic, type Message } from './messages.ts';

/** A table from which somebody publishes. */
interface Outbox {
  readonly table: string;
  /** Puts messages in; its values are those of `valuesOf`. */
  readonly insert: string;
  valuesOf(messages: readonly Message[], topicPrefix: string): unknown[];
}

export const ours: Outbox = {
  table: 'orders.outbox',
  insert: `insert into orders.outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key,
    type, payload, headers, shard, occurred_at)
    select i, 'order', k, v, '${topic}', k, '${topic}', p, h, s, now()
      from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::smallint[]) as u (i, k,
      v, p, h, s)`,
  valuesOf: (messages) => [
    messages.map(({ headers }) => headers['ce_id']),
    messages.map(({ key }) => key),
    messages.map(({ headers }) => headers['ce_sequence']),
    messages.map(({ value }) => value),
    messages.map(({ headers }) => JSON.stringify(headers)),
    messages.map(({ key }) => shardOf(key)),
  ],
};

/** The event router sends a header for each column that it is told of. */
export const headerColumns = [
  'content-type',
  'ce_specversion',
  'ce_source',
  'ce_type',
  'ce_time',
  'ce_subject',
  'ce_dataschema',
  'ce_sequence',
  'ce_accountid',
  'ce_actor',
  'ce_causationid',
  'ce_correlationid',
  'ce_id',
  'traceparent',
].map((header) => ({ header, column: header.replace('-', '_') }));

const columns = headerColumns.map(({ column }) => column);

export const debeziums: Outbox & { readonly create: string } = {
  table: 'outbox',
  create: `create table outbox (id uuid primary key, aggregatetype text, aggregateid text, payload text,
    ${columns.map((column) => `${column} text`).join(', ')})`,
  insert: `insert into outbox (id, aggregatetype, aggregateid, payload, ${columns.join(', ')})
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[],
    ${columns.map((_, i) => `$${i + 5}::text[]`).join(', ')})`,
  valuesOf: (messages, topicPrefix) => [
    messages.map(({ headers }) => headers['ce_id']),
    messages.map(() => topicPrefix + topic),
    messages.map(({ key }) => key),
    messages.map(({ value }) => value),
    ...headerColumns.map(({ header }) => messages.map(({ headers }) => headers[header] ?? null)),
  ],
};

/** Empties the outbox and fills it with this work. */
export async function fill(
  client: pg.Client,
  { table, insert, valuesOf }: Outbox,
  of: { work: readonly Message[]; topicPrefix: string },
): Promise<void> {
  await client.query(`truncate ${table}`);
  for (const batch of batches(of.work, 1_000)) await client.query(insert, valuesOf(batch, of.topicPrefix));
  await client.query('checkpoint');
}
