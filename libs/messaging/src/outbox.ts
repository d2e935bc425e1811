import { Refusal, type Actor } from '@accord/core';
import type { Context } from '@accord/core/observability';
import { newEventId } from '@accord/core/runtime';
import {
  headersOf,
  mostMessageBytes,
  parseFact,
  subjectOf,
  type Event,
  type EventType,
  type Fact,
} from '@accord/events';
import { pipelined, type Connection } from '@accord/postgres';
import { textArray } from './text-array.ts';

/**
 * One publisher per shard; publishers of several shards work beside each other. Rows are stored with their
 * shard, so the number can be changed only while all outboxes are empty.
 */
export const shards = 4;

export interface OutboxRow {
  readonly eventId: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  /** The event type, or a dead letter's topic; without the environment's prefix. */
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly payload: string;
  readonly headers: string;
  readonly shard: number;
  readonly occurredAt: Date;
}

/** All events of one key have one shard, so that their order is kept (EVT-7). FNV-1a. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}

/**
 * The row of an announced fact.
 *
 * @throws Refusal `event.too_large`: a change that no event can tell is not made (EVT-5, EVT-6).
 * @throws ZodError where the data does not fit the type's schema, so the transaction fails where the bug is
 * (EVT-3).
 */
function announce(
  fact: Fact,
  by: {
    now: Date;
    actor: Actor;
    cause: Context;
    source: string;
    publicUrl?: string | undefined;
    restatedFrom?: number | undefined;
  },
): OutboxRow {
  const { data } = parseFact(fact.type, fact.data);
  const subject = subjectOf({ type: fact.type, data } as Fact);
  const event = {
    type: fact.type,
    data,
    id: newEventId(),
    source: by.source,
    time: by.now,
    actor: `${by.actor.kind}:${by.actor.id}`,
    causationId: by.cause.causationId,
    correlationId: by.cause.correlationId,
    subject,
    ...(by.restatedFrom !== undefined && { restatedFrom: by.restatedFrom }),
  } as Event<EventType>;
  const { traceparent } = by.cause;
  const payload = JSON.stringify(data);
  const headers = JSON.stringify(headersOf(event, { publicUrl: by.publicUrl, traceparent }));
  const bytes = Buffer.byteLength(payload) + Buffer.byteLength(headers);
  if (bytes > mostMessageBytes)
    throw new Refusal('invalid', 'event.too_large', { type: fact.type, id: subject.id, bytes });
  return {
    eventId: event.id,
    aggregateType: subject.aggregate,
    aggregateId: subject.id,
    aggregateVersion: subject.version,
    topic: fact.type,
    key: subject.id,
    type: fact.type,
    payload,
    headers,
    shard: shardOf(subject.id),
    occurredAt: by.now,
  };
}

const columns =
  'event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload, headers, shard, occurred_at';
const fields = [
  'eventId',
  'aggregateType',
  'aggregateId',
  'aggregateVersion',
  'topic',
  'key',
  'type',
  'payload',
  'headers',
  'shard',
  'occurredAt',
] as const satisfies readonly (keyof OutboxRow)[];

const valuesOf = (row: OutboxRow): unknown[] => fields.map((field) => row[field]);
const arraysOf = (rows: readonly OutboxRow[]): unknown[] =>
  fields.map((field) =>
    field === 'payload' || field === 'headers'
      ? textArray(rows.map((row) => row[field]))
      : rows.map((row) => row[field]),
  );

const insertOne = `insert into outbox (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
const insertMany = `insert into outbox (${columns}) select * from unnest($1::uuid[], $2::text[], $3::text[],
  $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::smallint[], $11::timestamptz[])`;

/** Stores rows in the order they were announced, which the identity column keeps. */
function storeOutbox(connection: Connection, rows: readonly OutboxRow[]): Promise<unknown> {
  const [first] = rows;
  if (!first) return Promise.resolve();
  return rows.length === 1
    ? pipelined(connection, insertOne, valuesOf(first))
    : pipelined(connection, insertMany, arraysOf(rows));
}

/** The outbox as `openDatabase` takes it: facts that a transaction announces are stored in it. */
export const outbox = { announce, store: storeOutbox };
