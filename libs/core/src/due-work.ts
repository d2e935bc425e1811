import type { EventType } from '@accord/events';
import type { Database, Tx } from './tx.ts';

/**
 * Work that falls due by time or after a commit, one row at a time. A failing item waits with back-off while the
 * others go on.
 */
export interface Worker {
  readonly name: string;
  /** Longest wait between looks, ms. A commit that announced one of `wakesOn` causes a look at once. */
  readonly everyMs: number;
  readonly wakesOn?: readonly EventType[];
  /** The items due at `tx.now`, over all accounts, oldest first. */
  readonly due: (tx: Tx, limit: number) => Promise<readonly DueItem[]>;
  /** Does one item. Must be harmless after another instance did it: lock the row and look again. */
  readonly run: (db: Database, item: DueItem) => Promise<void>;
  /** Items of this worker, or several together, that may be under way at once in this process; default 4. */
  readonly parallel?: number;
  /** For work that may fall due in masses, such as after the service was down. */
  readonly together?: DueTogether;
}

export type DueItem = { readonly id: string; readonly accountId: string };

/** Several items in one transaction. Where it fails each item is done by `run`, so that one spoils no other. */
export interface DueTogether {
  readonly most: number;
  /** Harmless as `run` is. An item that is locked by others may be left: the next look finds it again. */
  readonly run: (db: Database, items: readonly DueItem[]) => Promise<void>;
}
