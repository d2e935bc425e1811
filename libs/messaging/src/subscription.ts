import type { Tx } from '@accord/core';
import type { Event, EventType } from '@accord/events';

export interface Subscription<T extends EventType = EventType> {
  /** Runs in one transaction with the event's inbox record (EVT-8). */
  readonly on: (tx: Tx, event: Event<T>) => Promise<void> | void;
  /** Ids of the rows it will change, given to the service's `lockRows` before a batch is handled. */
  readonly locks?: (event: Event<T>) => readonly string[];
  /** True where it only writes rows: it reads nothing, needs no time and announces nothing. */
  readonly onlyWrites?: boolean;
}

/** By event type; a consumer reads the topics of these types and no others. */
export type Subscriptions = { readonly [T in EventType]?: Subscription<T> };
