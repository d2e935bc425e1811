import { catalogue, type EventType } from './catalogue.ts';
import type { EventDefinition } from './definition.ts';

/** The version of the type's schema; an incompatible change makes a new type instead (EVT-4). */
export const schemaVersion = (type: EventType): number => (catalogue[type] as EventDefinition).version ?? 1;

/**
 * The address of the type's schema (EVT-2): `<publicUrl>/v1/schemas/order.paid/1` where an installation says
 * under which URL it answers, else a name that is the same everywhere.
 */
export const schemaAddress = (type: EventType, publicUrl?: string, version = schemaVersion(type)): string =>
  publicUrl === undefined
    ? `urn:accord:schema:${type}:${version}`
    : `${publicUrl}/v1/schemas/${type}/${version}`;
