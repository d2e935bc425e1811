import type { z } from 'zod';
import type { Speaker } from './services.ts';

/** The id and version of an aggregate; they make an event's key, sequence and account (EVT-2, EVT-5). */
interface AggregateVersion {
  readonly id: string;
  readonly version: number;
  /** Absent for facts that belong to no account, such as a product. */
  readonly accountId?: string;
}

/** An event is about one version of one aggregate. */
export interface Subject extends AggregateVersion {
  readonly aggregate: string;
}

/** One event type. Its topic has its name (EVT-1). */
export interface EventDefinition<S extends z.ZodType = z.ZodType, A extends string = string> {
  /** The service that announces it. */
  readonly speaker: Speaker;
  /** The noun it is about. */
  readonly aggregate: A;
  readonly summary: string;
  readonly data: S;
  readonly about: (data: z.output<S>) => AggregateVersion;
}

export const event = <S extends z.ZodType, const A extends string>(
  definition: EventDefinition<S, A>,
): EventDefinition<S, A> => definition;
