import { createHash } from 'node:crypto';
import { ZodError } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import { JsonError, newEventId } from '@accord/core/runtime';
import { fitsEvent } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import type { ServiceDatabase } from '@accord/postgres';
import { messagingTransaction } from './messaging-session.ts';
import { shardOf } from './outbox.ts';

// `parked_events` keeps what could not be handled: an event that failed, and behind it the later events of
// its key in their order (EVT-9). `retries.ts` tries them again; operators decide on the dead (EVT-10).

/** An event to park: it waits to be tried again, or is dead until an operator replays or discards it. */
interface ParkedMessage {
  readonly message: Incoming;
  readonly status: 'waiting' | 'dead';
  readonly reason: string;
  /** Tries so far; default 1. */
  readonly attempts?: number;
}

interface ParkingSettings {
  /** Consumer group, from which the dead-letter topic gets its name: `accord.order`. */
  readonly group: string;
  readonly onParked?: () => void;
}

/** An event is given up when the process ended so many times while it was handled (EVT-9). */
export const maxStarts = 3;

/**
 * A time limit, a lock in the way, a serialisation failure or a deadlock, also after the transaction was
 * repeated. It is no fault of the event, so the event waits as long as that lasts and is never given up.
 */
export const isDatabaseBusy = (error: unknown): boolean =>
  ['57014', '55P03', '40001', '40P01'].includes((error as { code?: string }).code ?? '');

/**
 * A rule refuses it for ever: `invalid` and `forbidden` cannot become right, while after `not_found` and
 * `conflict` the missing event may still arrive (EVT-9).
 */
export const isRefused = (error: unknown): boolean =>
  error instanceof Refusal && (error.kind === 'invalid' || error.kind === 'forbidden');

/** SQLSTATEs of a text too long, a number or a time beyond its range, as the year 0, and a character that is none. */
const isNoValue = (error: unknown) =>
  ['22001', '22003', '22007', '22008', '22021', '22P05'].includes((error as { code?: string }).code ?? '');

/** Never retried: refused by a rule, or no event, or with a value that no column takes. */
export const isFinal = (error: unknown): boolean =>
  isRefused(error) || error instanceof ZodError || error instanceof JsonError || isNoValue(error);

/** One line for operators: which fields are wrong, or a refusal's code with its facts, or the message. */
export function reasonOf(error: Error): string {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error instanceof Refusal && Object.keys(error.facts).length > 0
    ? `${error.code} ${JSON.stringify(error.facts)}`
    : error.message;
}

/** 100 ms, doubled with each attempt up to 2 minutes; half of it is chance. */
export const backOffMs = (attempts: number): number =>
  Math.min(120_000, 100 * 2 ** attempts) * (0.5 + Math.random() / 2);

const longestReason = 2_000;
/** Postgres stores no U+0000, so a mark takes its place: else the message would block its partition for ever. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');
/** The reason as it is stored and told. */
export const storableReason = (reason: string): string => storable(reason).slice(0, longestReason);

/** Longer keys would not fit an index; no aggregate of ours has such a key. */
const longestKey = 500;

/** The message with a key and headers that Postgres can store, whatever its producer wrote. */
export function withStorableNames(message: Incoming): Incoming {
  const { key, headers } = message;
  const headersFit = !Object.keys(headers).some(
    (name) => name.includes('\0') || headers[name]!.includes('\0'),
  );
  if (headersFit && key.length <= longestKey && !key.includes('\0')) return message;
  return {
    ...message,
    key: storable(key).slice(0, longestKey),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [storable(name), storable(value)]),
    ),
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** As the event's; of a message without one, it is equal for equal messages, so that it is parked once. */
export const idOf = (message: Incoming): string => {
  const id = message.headers['ce_id'] ?? '';
  return uuid.test(id) ? id.toLowerCase() : idOfNameless(message);
};
const longestSource = 300;
const sourceOf = ({ headers }: Incoming) => (headers['ce_source'] ?? '').slice(0, longestSource);

function idOfNameless({ topic, partition, offset, key, value }: Incoming): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([topic, partition, offset, key, value]))
    .digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

const insertParked = `
  insert into parked_events
    (event_id, source, type, key, topic, partition, "offset", payload, headers, status, attempts, reason,
     next_attempt_at)
  select $1::uuid, $12, $2, $3, $2, $4, $5, $6, $7, $8, $11, $9, clock_timestamp() + make_interval(secs => $10)
   where not exists (select from inbox where event_id = $1::uuid and source = $12)
  on conflict do nothing returning seq`;

/** Parks events in their order. A dead one is announced on the dead-letter topic in the same transaction. */
export async function park(
  tx: Tx,
  settings: ParkingSettings,
  messages: readonly ParkedMessage[],
): Promise<void> {
  for (const { message, status, attempts = 1, ...why } of messages) {
    const reason = storableReason(why.reason);
    const { topic, key, partition, offset, headers } = message;
    const value = storable(message.value);
    const stored = await tx.one<{ seq: string }>(insertParked, [
      idOf(message),
      topic,
      key,
      partition,
      offset,
      value,
      JSON.stringify(headers),
      status,
      reason,
      backOffMs(0) / 1_000,
      attempts,
      sourceOf(message),
    ]);
    if (stored && status === 'dead')
      await announceDead(tx, settings.group, { ...message, value, reason, attempts });
    settings.onParked?.();
  }
}

/** Parks one event in a transaction of its own. */
export const parkOne = (
  { database, ...settings }: ParkingSettings & { readonly database: ServiceDatabase },
  message: ParkedMessage,
): Promise<void> => messagingTransaction(database, (tx) => park(tx, settings, [message]));

const insertDeadLetter = `
  insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key, type, payload,
    headers, shard, occurred_at)
  values ($1, 'dead_letter', $2, 1, $3, $4, 'dead_letter', $5, $6, $7, $8) on conflict do nothing`;

/** More, or longer ones, no producer needs; together they leave room for a value. */
const [mostHeaders, longestHeader] = [50, 2_000];

/** A dead event's headers and value, as far as the broker takes them beside the reason and origin. */
function announceable({ headers, value, topic, partition, offset }: Incoming) {
  const kept = Object.entries(headers)
    .slice(0, mostHeaders)
    .map(([name, text]) => [name.slice(0, longestHeader), text.slice(0, longestHeader)]);
  const bytes = Buffer.byteLength(value);
  const isWhole = fitsEvent(kept, bytes);
  return {
    headers: Object.fromEntries(kept) as Record<string, string>,
    value: isWhole
      ? value
      : `${bytes} bytes, too many for a dead letter: see ${topic}/${partition}/${offset}`,
  };
}

/**
 * Announces a dead event on `<service>.dead_letter`: as it came, under the key it is parked under, with
 * reason, number of attempts and origin in headers (EVT-9). Parts that would make it too large for the broker
 * stay in its topic and in `parked_events` alone. If it is replayed and dead again before the first announcement
 * is published, one announcement is made.
 */
export async function announceDead(
  tx: Tx,
  group: string,
  dead: Incoming & { readonly reason: string; readonly attempts: number },
): Promise<void> {
  const service = group.replace(/^.*accord\./, '');
  const { headers: kept, value } = announceable(dead);
  const headers = {
    ...kept,
    dl_reason: dead.reason,
    dl_attempts: String(dead.attempts),
    dl_topic: dead.topic,
    dl_partition: String(dead.partition),
    dl_offset: dead.offset,
  };
  await tx.one(insertDeadLetter, [
    newEventId(),
    `${dead.topic}/${dead.partition}/${dead.offset}`,
    `${service}.dead_letter`,
    dead.key,
    value,
    JSON.stringify(headers),
    shardOf(dead.key),
    tx.now,
  ]);
}
