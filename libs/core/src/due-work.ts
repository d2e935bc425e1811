import type { EventType } from '@accord/events';
import type { Database, Tx } from './tx.ts';

/**
 * Work that falls due by time or after a commit, one row at a time, between transactions where it calls the
 * outside. A failing item waits with back-off; the others go on.
 */
export interface Worker {
  readonly name: string;
  /** Longest wait between looks, ms. A commit that announced one of `wakesOn` causes a look at once. */
  readonly everyMs: number;
  readonly wakesOn?: readonly EventType[];
  /** What is due at `tx.now`, over all accounts, oldest first. */
  readonly due: (tx: Tx, limit: number) => Promise<readonly DueItem[]>;
  /** Does one item. Must be harmless when another instance did it meanwhile: lock the row and look again. */
  readonly run: (db: Database, item: DueItem) => Promise<void>;
  /** Items of this worker that may be under way at once in this process; default 4. */
  readonly parallel?: number;
}

export type DueItem = { readonly id: string; readonly accountId: string };
