export {
  type Aggregate,
  catalogue,
  type Data,
  type Event,
  type EventAbout,
  type EventType,
  eventTypes,
  eventTypesAbout,
  type Fact,
  parseFact,
  subjectOf,
} from './catalogue.ts';
export type { EventDefinition, ServiceName, Speaker, Subject } from './definition.ts';
export { fitsEvent, headersOf, keyOf, readEvent } from './envelope.ts';
export { schemaAddress } from './schema-address.ts';
