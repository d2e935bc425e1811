import { z } from 'zod';
import type { Actor } from '@accord/core';

/**
 * The actor of something, as a reader may see it. Ids of the provider's staff and services are shown to them alone;
 * other readers see only that it was one of them, and so for a kind that we do not know.
 */
export const ActorView = z.object({ kind: z.string(), id: z.string().nullable() }).meta({ id: 'Actor' });

const ofTheProvider = ['operator', 'platform'];
const shownToAll = ['customer', 'event', 'system'];

/** @param actor as it is recorded, `kind:id`. */
export function maskActor(reader: Actor, actor: string): z.input<typeof ActorView> {
  const [, kind, id] = /^([^:]*):?(.*)$/s.exec(actor) as unknown as [string, string, string];
  if (ofTheProvider.includes(reader.kind) || shownToAll.includes(kind)) return { kind, id };
  return { kind: ofTheProvider.includes(kind) ? kind : 'platform', id: null };
}
