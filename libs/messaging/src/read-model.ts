import type { Tx } from '@accord/core';
import type { Event, EventType } from '@accord/events';
import type { Subscription, Subscriptions } from './subscription.ts';

/**
 * All that a projection can do: change rows. It reads nothing, knows no time and announces nothing, so a
 * replay ends in the same rows (EVT-13).
 */
export type ProjectionWriter = Pick<Tx, 'write'>;

/**
 * Keeps what an event shows. By version or by the event's id, so that any order of topics and any repeat end
 * in the same rows (EVT-5).
 */
export interface Projection<T extends EventType = EventType> {
  readonly on: (writer: ProjectionWriter, event: Event<T>) => void;
  /** As a subscription's: ids of the rows it will change. */
  readonly locks?: Subscription<T>['locks'];
}

/** What a service keeps of what the topics say, and of nothing else: it can be rebuilt from them (EVT-13). */
export interface ReadModel {
  /** `order-view` */
  readonly name: string;
  /**
   * Those that its projections write to, and nobody else; in the order in which the service's `lockRows`
   * locks them. Each has a primary key.
   */
  readonly tables: readonly string[];
  readonly projections: { readonly [T in EventType]?: Projection<T> };
}

/**
 * Subscriptions to all that the models keep, and to what follows from it: a process finds the views as its
 * event shows them.
 */
export function projecting(models: readonly ReadModel[], processes: Subscriptions): Subscriptions {
  const parts = [...models.map(({ projections }) => projections), processes] as readonly Readonly<
    Record<string, Subscription>
  >[];
  const types = [...new Set(parts.flatMap((part) => Object.keys(part)))];
  return Object.fromEntries(
    types.map((type) => [
      type,
      { ...inTurn(parts.flatMap((part) => part[type] ?? [])), onlyWrites: !(type in processes) },
    ]),
  );
}

const inTurn = (steps: readonly Subscription[]): Subscription => ({
  on: async (tx, event) => {
    for (const { on } of steps) await on(tx, event);
  },
  locks: (event) => [...new Set(steps.flatMap(({ locks }) => locks?.(event) ?? []))],
});
