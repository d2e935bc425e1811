import type { Tx } from '@accord/core';
import type { Event, EventType } from '@accord/events';

export interface Subscription<T extends EventType = EventType> {
  /** Runs in one transaction with the event's inbox record (EVT-8). */
  readonly on: (tx: Tx, event: Event<T>) => Promise<void> | void;
  /**
   * Ids of the rows it will change, handed to the service's `lockRows` before a chunk of events is handled.
   */
  readonly locks?: (event: Event<T>) => readonly string[];
  /** It changes rows and does nothing else: it reads nothing, needs no time and announces nothing. */
  readonly onlyWrites?: boolean;
}

/** Each subscription is one function of a transaction and an event. */
export type Subscriptions = { readonly [T in EventType]?: Subscription<T> };
