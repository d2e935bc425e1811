import { z } from 'zod';
import type { Actor } from '@accord/core';

/**
 * Who did something. Ids of the provider's staff and services are shown to them alone; others see that it was
 * one of them, and so for whoever we do not know.
 */
export const Who = z.object({ kind: z.string(), id: z.string().nullable() }).meta({ id: 'Who' });

const ofTheProvider = ['operator', 'platform'];
const shownToAll = ['customer', 'event', 'system'];

/** @param actor as it is recorded, `kind:id`. */
export function maskActor(reader: Actor, actor: string): z.input<typeof Who> {
  const [, kind, id] = /^([^:]*):?(.*)$/s.exec(actor) as unknown as [string, string, string];
  if (ofTheProvider.includes(reader.kind) || shownToAll.includes(kind)) return { kind, id };
  return { kind: ofTheProvider.includes(kind) ? kind : 'platform', id: null };
}
