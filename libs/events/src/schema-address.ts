import type { EventType } from './catalogue.ts';
import { schemaVersions } from './schema-versions.ts';

/** Counts the compatible changes of the type's schema; another change makes a new type instead (EVT-4). */
const schemaVersion = (type: EventType): number => schemaVersions[type] ?? 1;

/**
 * The address of the type's schema (EVT-2): `<publicUrl>/v1/schemas/order.paid/1` where an installation says
 * under which URL it answers, else a name that is the same everywhere.
 */
export const schemaAddress = (type: EventType, publicUrl?: string, version = schemaVersion(type)): string =>
  publicUrl === undefined
    ? `urn:accord:schema:${type}:${version}`
    : `${publicUrl}/v1/schemas/${type}/${version}`;
