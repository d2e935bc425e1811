import type { Tx } from '@accord/core';
import { eventTypesAbout, type Aggregate, type Event, type EventAbout, type EventType } from '@accord/events';
import type { Subscription, Subscriptions } from './subscription.ts';

/**
 * A projection changes rows and can do nothing else: it reads nothing, knows no time and announces nothing, so
 * a replay ends in the same rows (EVT-13).
 */
export type ProjectionWriter = Pick<Tx, 'write'>;

/**
 * Writes the rows that an event shows. It decides by version (`keepNewest`) or by the event's id, so that any
 * order of topics and any repeat end in the same rows (EVT-5).
 */
export interface Projection<T extends EventType = EventType> {
  readonly on: (writer: ProjectionWriter, event: Event<T>) => void;
  /** As a subscription's: ids of the rows it will change. */
  readonly locks?: Subscription<T>['locks'];
}

type ForAll<A extends Aggregate, One> = { readonly [T in EventAbout<A>]: One };

/**
 * One projection, or one subscription, for every event type about a noun: `...eventsAbout('order', { on, locks })`.
 * A new event type about the noun reaches each that uses it; where it does not fit the new type, it does not
 * compile.
 */
export function eventsAbout<A extends Aggregate>(
  aggregate: A,
  projection: Projection<EventAbout<A>>,
): ForAll<A, Projection<EventAbout<A>>>;
export function eventsAbout<A extends Aggregate>(
  aggregate: A,
  subscription: Subscription<EventAbout<A>>,
): ForAll<A, Subscription<EventAbout<A>>>;
export function eventsAbout(aggregate: Aggregate, one: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(eventTypesAbout(aggregate).map((type) => [type, one]));
}

/** Tables that a service fills from topics and from nothing else: they can be rebuilt from these (EVT-13). */
export interface ReadModel {
  /** `order-view` */
  readonly name: string;
  /**
   * Only its projections write to them. In the order in which the service's `lockRows` locks them; each has a
   * primary key.
   */
  readonly tables: readonly string[];
  readonly projections: { readonly [T in EventType]?: Projection<T> };
  /**
   * True where each version counts, not the newest alone: from topics that have lost some it cannot be rebuilt
   * whole.
   */
  readonly keepsHistory?: true;
}

/**
 * One subscription for each event type: first the projections of the models, then the processes in their order,
 * which so find the views as the event shows them.
 */
export function projecting(models: readonly ReadModel[], processes: readonly Subscriptions[]): Subscriptions {
  const parts = [...models.map(({ projections }) => projections), ...processes] as readonly Readonly<
    Record<string, Subscription>
  >[];
  const types = [...new Set(parts.flatMap((part) => Object.keys(part)))];
  return Object.fromEntries(
    types.map((type) => [
      type,
      {
        ...inTurn(parts.flatMap((part) => part[type] ?? [])),
        onlyWrites: !processes.some((process) => type in process),
      },
    ]),
  );
}

const inTurn = (steps: readonly Subscription[]): Subscription => ({
  on: async (tx, event) => {
    for (const { on } of steps) await on(tx, event);
  },
  locks: (event) => [...new Set(steps.flatMap(({ locks }) => locks?.(event) ?? []))],
});
