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
  /**
   * Does one item. Must be harmless after another instance did it: lock the row and look again.
   *
   * @returns true where only a part of it is done: the next follows once requests had their turn.
   */
  readonly run: (db: Database, item: DueItem) => Promise<unknown>;
  /** Items of this worker that may be under way at once in this process; default 4. */
  readonly parallel?: number;
  /**
   * For work that may fall due in masses, such as after the service was down: several items in one short transaction,
   * one such at a time in a process. Harmless as `run` is; an item that is locked by others may be left, for the next
   * look finds it again. Where it fails each item is done by `run`, so that one spoils no other.
   */
  readonly together?: (db: Database, items: readonly DueItem[]) => Promise<void>;
}

export type DueItem = { readonly id: string; readonly accountId: string };
