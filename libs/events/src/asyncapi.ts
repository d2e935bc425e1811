import { z } from 'zod';
import { AccountFacts } from './account.ts';
import { catalogue, eventTypes, type EventType } from './catalogue.ts';
import { ContractSnapshot } from './contract.ts';
import { Holder, Money, PaymentSplit } from './fields.ts';
import { NotificationSnapshot } from './notification.ts';
import { OrderSnapshot } from './order.ts';
import { ProductSnapshot } from './product.ts';
import { byFormatAlone, withoutNames } from './recorded-form.ts';
import { RefundSnapshot } from './refund.ts';
import { ReservationRefusalReason } from './reservation.ts';
import { ResourceSnapshot } from './resource.ts';
import { schemaAddress } from './schema-address.ts';
import { schemaVersions } from './schema-versions.ts';
import type { Speaker } from './services.ts';
import { TicketSnapshot } from './ticket.ts';
import { speakerOf, topicSettings } from './topics.ts';

/** Schemas that several events share; each has a name of its own in the document. */
const shared = {
  Holder,
  Money,
  PaymentSplit,
  OrderSnapshot,
  ResourceSnapshot,
  ProductSnapshot,
  ReservationRefusalReason,
  ContractSnapshot,
  TicketSnapshot,
  AccountFacts,
  RefundSnapshot,
  NotificationSnapshot,
};

const text = { type: 'string' } as const;
const headers = {
  type: 'object',
  description: 'CloudEvents 1.0, Kafka binary mode.',
  required: [
    'content-type',
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_time',
    'ce_subject',
    'ce_dataschema',
    'ce_sequence',
    'ce_sequencetype',
  ],
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: { type: 'string', format: 'uuid', description: 'UUIDv7; the same at every delivery.' },
    ce_source: { type: 'string', examples: ['/services/order'] },
    ce_type: { type: 'string', description: 'The event type, which is the topic.' },
    ce_time: { type: 'string', format: 'date-time' },
    ce_subject: { type: 'string', description: 'The id of the aggregate, which is the key.' },
    ce_dataschema: {
      type: 'string',
      format: 'uri',
      description: 'Where the schema of the data is answered, or its name.',
      examples: ['https://accord.example/v1/schemas/order.paid/1', 'urn:accord:schema:order.paid:1'],
    },
    ce_sequence: {
      type: 'string',
      pattern: '^[0-9]{10,16}$',
      description: 'The version of the aggregate, with zeros before it, so that texts order like numbers.',
      examples: ['0000000003'],
    },
    ce_sequencetype: { const: 'Integer' },
    ce_restatedfrom: {
      type: 'string',
      pattern: '^[0-9]{10,16}$',
      description:
        'Present where a state is told again, after a database or topics were lost: the first version that the event ' +
        'stands for, up to its own. It replaces all that was heard of the aggregate before.',
    },
    ce_accountid: text,
    ce_actor: { type: 'string', description: 'The actor that caused it, as kind:id.' },
    ce_causationid: { type: 'string', description: 'The event or request this one follows from.' },
    ce_correlationid: { type: 'string', description: 'The request everything of one story follows from.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

function schemas() {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(shared)) registry.add(schema, { id });
  for (const type of eventTypes) registry.add(catalogue[type].data, { id: type });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const made = z.toJSONSchema(registry, {
    io: 'input',
    target: 'draft-07',
    uri,
    override: byFormatAlone,
    metadata: withoutNames,
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}

const message = (type: EventType, versions: typeof schemaVersions) => ({
  name: type,
  title: type,
  summary: catalogue[type].summary,
  contentType: 'application/json',
  headers: { $ref: '#/components/schemas/headers' },
  payload: { $ref: `#/components/schemas/${type}` },
  correlationId: { location: '$message.header#/ce_correlationid' },
  bindings: {
    kafka: { key: { type: 'string', description: 'The id of the aggregate.' }, bindingVersion: '0.5.0' },
  },
  'x-dataschema': schemaAddress(type, undefined, versions[type]),
});

const channel = (type: EventType) => ({
  address: type,
  messages: { [type]: { $ref: `#/components/messages/${type}` } },
  bindings: {
    kafka: {
      topic: type,
      partitions: topicSettings[type].partitions,
      topicConfiguration: { 'retention.ms': -1 },
      bindingVersion: '0.5.0',
    },
  },
});

const operation = (type: EventType, speaker: Speaker) => ({
  // Seen from us: the platform tells, we receive.
  action: speaker === 'platform' ? 'receive' : 'send',
  summary: catalogue[type].summary,
  channel: { $ref: `#/channels/${type}` },
  messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
  tags: [{ name: speaker }],
});

const byType = <T>(make: (type: EventType) => T) =>
  Object.fromEntries(eventTypes.map((type) => [type, make(type)]));

/**
 * AsyncAPI 3 of every topic, made from the schemas that producers and consumers use (EVT-3).
 *
 * @param versions of the schemas, where they are not those that this process began with.
 */
export const asyncApi = (versions = schemaVersions) => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Accord events',
    version: '1.0.0',
    description:
      'One Kafka topic per event type, keyed by the aggregate. Each event carries a snapshot: a subscriber ' +
      'never has to ask back.',
    license: { name: 'Apache-2.0' },
  },
  defaultContentType: 'application/json',
  channels: byType(channel),
  operations: Object.fromEntries(
    eventTypes.map((type) => {
      const speaker = speakerOf(type);
      return [`${speaker === 'platform' ? 'hear' : 'announce'}-${type}`, operation(type, speaker)];
    }),
  ),
  components: { messages: byType((type) => message(type, versions)), schemas: { headers, ...schemas() } },
});
