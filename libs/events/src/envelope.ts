import { z } from 'zod';
import { eventTypes, parseFact, subjectOf, type Event, type EventType } from './catalogue.ts';
import { schemaAddress } from './schema-address.ts';

/** EVT-5: every broker takes a message of this size: the data as JSON, with its headers. */
export const mostMessageBytes = 900_000;
/** No event has more: ids, times and addresses are bounded. */
const mostHeaderBytes = 30_000;

/** Whether the broker takes an event with this data, as JSON, and `more` bytes to come (EVT-5). */
export const fitsEvent = (data: unknown, more = 0): boolean =>
  Buffer.byteLength(JSON.stringify(data)) + more <= mostMessageBytes - mostHeaderBytes;

/**
 * The message's key: the id of the event's aggregate. One key is one partition, so its events stay in order (EVT-1,
 * EVT-11).
 */
export const keyOf = (event: Event): string => event.subject.id;

/** Ten digits, so that texts order like numbers; a larger version, which only the platform has, has more. */
const sequenceOf = (version: number): string => String(version).padStart(10, '0');

/**
 * CloudEvents 1.0, Kafka binary mode (EVT-2). The value beside them is the data as JSON.
 *
 * @param more `publicUrl` is where the schemas are answered; `traceparent` the W3C trace context the event was
 * announced in.
 */
export const headersOf = (
  event: Event,
  more: { publicUrl?: string | undefined; traceparent?: string | undefined } = {},
): Record<string, string> => ({
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: event.id,
  ce_source: event.source,
  ce_type: event.type,
  ce_time: event.time.toISOString(),
  ce_subject: event.subject.id,
  ce_dataschema: schemaAddress(event.type, more.publicUrl),
  ce_sequence: sequenceOf(event.subject.version),
  ce_sequencetype: 'Integer',
  ...(event.restatedFrom !== undefined && { ce_restatedfrom: sequenceOf(event.restatedFrom) }),
  ...(event.subject.accountId !== undefined && { ce_accountid: event.subject.accountId }),
  ce_actor: event.actor,
  ce_causationid: event.causationId,
  ce_correlationid: event.correlationId,
  ...(more.traceparent !== undefined && { traceparent: more.traceparent }),
});

/**
 * One line of text. It goes on into every event that follows, so it is short, and holds no character that is
 * not seen, as a byte order mark, and none that stands for bytes that are no text (U+FFFD).
 */
const Line = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}\uFFFD]{0,300}$/u, 'is no line of at most 300 characters');
const SourceUri = z.string().regex(/^[!-~]{1,300}$/, 'is no URI of at most 300 characters');
/** Of a year that databases, cursors and RFC 3339 have, whatever the offset. */
const Time = z
  .string()
  .max(40)
  .pipe(z.iso.datetime({ offset: true }))
  .transform((text) => new Date(text))
  .refine((time) => time.getUTCFullYear() >= 1970 && time.getUTCFullYear() <= 9999, {
    message: 'is no time between the years 1970 and 9999',
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
    ce_source: SourceUri,
    ce_type: z.literal(type),
    ce_time: Time,
    ce_actor: Line.optional(),
    ce_causationid: Line.optional(),
    ce_correlationid: Line.optional(),
    ce_restatedfrom: z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number)
      .optional(),
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
    source: envelope.ce_source,
    time: envelope.ce_time,
    actor: envelope.ce_actor || `platform:${envelope.ce_source}`,
    causationId: envelope.ce_causationid || envelope.ce_id,
    correlationId: envelope.ce_correlationid || envelope.ce_id,
    subject: subjectOf(fact),
    ...(envelope.ce_restatedfrom !== undefined && { restatedFrom: envelope.ce_restatedfrom }),
  };
}
