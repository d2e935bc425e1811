import { randomUUIDv7 } from 'node:crypto';

/**
 * `ord_0199…`: a prefix and a time-sortable part, so that ids in the order of their creation sort so
 * (API-10).
 */
export const newId = (prefix: string): string => `${prefix}_${randomUUIDv7().replaceAll('-', '')}`;

/** A bare UUIDv7, as CloudEvents' `ce_id` wants it (EVT-2). */
export const newEventId = (): string => randomUUIDv7();
