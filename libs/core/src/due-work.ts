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
  /** Items of this worker that may be under way at once in this process; default 4. */
  readonly parallel?: number;
}

export type DueItem = { readonly id: string; readonly accountId: string };
