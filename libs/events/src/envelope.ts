import { z } from 'zod';
import { eventTypes, parseFact, subjectOf, type Event, type EventType } from './catalogue.ts';

/**
 * The address of the type's schema, for ever; an incompatible change makes a new type, so the version stays 1
 * (EVT-4).
 */
export const schemaUri = (type: EventType): string => `https://schemas.accord.dev/${type}/1`;

/** The broker takes an event of this size, as JSON, with its headers. */
const mostBytes = 870_000;

/** Whether the broker takes an event with this data, as JSON, and `more` bytes to come (EVT-5). */
export const fitsEvent = (data: unknown, more = 0): boolean =>
  Buffer.byteLength(JSON.stringify(data)) + more <= mostBytes;

/**
 * The message's key: the id of the event's aggregate. One key is one partition, so its events stay in order (EVT-1,
 * EVT-11).
 */
export const keyOf = (event: Event): string => event.subject.id;

/**
 * CloudEvents 1.0, Kafka binary mode (EVT-2). The value beside them is the data as JSON.
 *
 * @param more `source` is the speaker's URI, `/services/order`; `traceparent` the W3C trace context it was
 * announced in.
 */
export const headersOf = (
  event: Event,
  more: { source: string; traceparent?: string },
): Record<string, string> => ({
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: event.id,
  ce_source: more.source,
  ce_type: event.type,
  ce_time: event.time.toISOString(),
  ce_subject: event.subject.id,
  ce_dataschema: schemaUri(event.type),
  ce_sequence: String(event.subject.version),
  ...(event.subject.accountId !== undefined && { ce_accountid: event.subject.accountId }),
  ce_actor: event.actor,
  ce_causationid: event.causationId,
  ce_correlationid: event.correlationId,
  ...(more.traceparent !== undefined && { traceparent: more.traceparent }),
});

/**
 * The headers that a message must have. Other platform services announce facts without our extensions: such a
 * fact follows from nothing but itself.
 */
const envelopeOf = (type: EventType) =>
  z.object({
    ce_specversion: z.literal('1.0'),
    // In small letters, as Postgres writes it, whatever the sender's are.
    ce_id: z.guid().toLowerCase(),
    ce_source: z.string().min(1),
    ce_type: z.literal(type),
    ce_time: z.iso.datetime({ offset: true }),
    ce_actor: z.string().optional(),
    ce_causationid: z.string().optional(),
    ce_correlationid: z.string().optional(),
  });

const envelopes = new Map(eventTypes.map((type) => [type, envelopeOf(type)]));

/**
 * The event of a message on the topic `type`. Sequence, subject and account are those of the data, whatever
 * the headers say.
 *
 * @throws ZodError where the headers are no CloudEvents envelope of this type or the value does not fit the
 * type's schema (EVT-3).
 */
export function readEvent(type: EventType, value: unknown, headers: Readonly<Record<string, string>>): Event {
  const envelope = (envelopes.get(type) ?? envelopeOf(type)).parse(headers);
  const fact = parseFact(type, value);
  return {
    ...fact,
    id: envelope.ce_id,
    time: new Date(envelope.ce_time),
    actor: envelope.ce_actor ?? `platform:${envelope.ce_source}`,
    causationId: envelope.ce_causationid ?? envelope.ce_id,
    correlationId: envelope.ce_correlationid ?? envelope.ce_id,
    subject: subjectOf(fact),
  };
}
