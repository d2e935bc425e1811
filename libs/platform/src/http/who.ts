import { z } from 'zod';
import type { Actor } from '../tx.ts';

/** Who did something. Ids of the provider's staff and services are shown to them alone; others see that it was one of them. */
export const Who = z.object({ kind: z.string(), id: z.string().nullable() }).meta({ id: 'Who' });

const ofTheProvider = (kind: string): boolean => kind === 'operator' || kind === 'platform';

/** @param actor as it is recorded, `kind:id`. */
export function shownTo(reader: Actor, actor: string): z.input<typeof Who> {
  const [, kind, id] = /^([^:]*):?(.*)$/s.exec(actor) as unknown as [string, string, string];
  return { kind, id: ofTheProvider(kind) && !ofTheProvider(reader.kind) ? null : id };
}
