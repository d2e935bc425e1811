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
export type { EventDefinition } from './definition.ts';
export { fitsEvent, headersOf, keyOf, mostMessageBytes, readEvent } from './envelope.ts';
