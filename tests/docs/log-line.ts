import { z } from 'zod';
import { serviceNames } from '@accord/events/services';

// docs/log-line.schema.json: every field that a line of a service's log may have. docs/operations.md has the lines.

const count = z.int().nonnegative();
const about = {
  key: z.string().meta({ description: 'Key of the event: the id of its order, contract or refund' }),
  eventId: z.string(),
  topic: z.string(),
  partition: count,
  offset: z.string().meta({ description: 'As Kafka counts, which is beyond 2^53' }),
  reason: z.string().nullable().meta({ description: 'Why it went wrong, without personal data' }),
};

const fault: z.ZodType = z
  .looseObject({
    type: z.string(),
    message: z.string(),
    stack: z.string(),
    code: z.union([z.string(), z.number()]),
    constraint: z.string(),
    table: z.string(),
  })
  .partial({ code: true, constraint: true, table: true })
  .meta({ description: 'An error, with its `cause` in the same form' });

const requests = {
  method: z.string(),
  route: z.string().meta({ description: 'Pattern of the path; `-` where there is none' }),
  status: count,
  ms: z.number().meta({ description: 'From the request to the end of its answer' }),
  ended: z.boolean().meta({ description: 'Whether the answer went out whole' }),
  code: z.string().meta({ description: 'Of the problem that was answered' }),
  traceparent: z.string().meta({ description: 'W3C Trace Context' }),
};

const numbers = {
  port: count,
  opsPort: count,
  failures: count.meta({ description: 'In a row' }),
  restarts: z.unknown().meta({ description: 'Whether the consumer starts anew by itself' }),
  attempts: count,
  attempt: count,
  items: count,
  events: count,
  daysLeft: z.number(),
};

const names = {
  worker: z.string(),
  item: z.string().meta({ description: 'Id of the due item' }),
  waitsFor: z.enum(['postgres', 'kafka', 'issuer']),
  waitedFor: z.enum(['postgres', 'kafka', 'issuer']),
  kafka: z.string().meta({ description: 'Part of kafkajs' }),
  groupId: z.string(),
  subject: z.string().meta({ description: 'Of a certificate' }),
  validFrom: z.iso.datetime(),
  validTo: z.iso.datetime(),
  listedUntil: z.iso.date(),
  notificationId: z.string(),
  type: z.string().meta({ description: 'Event type' }),
  profile: z.string(),
  version: z.string(),
  dead: z.boolean().meta({ description: 'Whether the event was given up' }),
};

export const LogLine = z
  .strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    time: z.iso.datetime(),
    msg: z.string(),
    /** Absent where a process could not start. */
    service: z.enum(serviceNames).optional(),
    requestId: z.string().optional(),
    causationId: z.string().optional().meta({ description: 'Request or event that it follows from' }),
    correlationId: z.string().optional().meta({ description: 'Request that all of it began with' }),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
    err: fault.optional(),
    ...z.object({ ...about, ...requests, ...numbers, ...names }).partial().shape,
  })
  .meta({ title: 'A line of the log', description: 'On standard output, one JSON object a line.' });

export const logLineSchema = (): string =>
  `${JSON.stringify(z.toJSONSchema(LogLine, { target: 'draft-2020-12' }), undefined, 2)}\n`;
