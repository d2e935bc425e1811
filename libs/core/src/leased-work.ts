import type { Actor } from './actor.ts';
import type { DueItem, Worker } from './due-work.ts';
import { withContext, type Context } from './observability/context.ts';
import type { Tx } from './tx.ts';

/**
 * Work outside of the database (a seal key, a mail server, a gateway), done between two transactions: the first
 * takes a lease on the row, the second records the result. A process that dies in between leaves the row to the
 * next one once the lease has run out, so `perform` carries our id, under which a repetition is recognised.
 */
export interface LeasedWork<Lease, Result> extends Omit<Worker, 'run'> {
  /** Locks the row, leases it and reads what `perform` needs. Undefined: there is nothing (more) to perform. */
  readonly take: (tx: Tx, item: DueItem) => Promise<Lease | undefined>;
  /** Outside of any transaction. An outcome that is known, a refusal included, is a result and not an error. */
  readonly perform: (lease: Lease) => Promise<Result>;
  /** Locks the row again. A result that comes after its lease was replaced must change nothing. */
  readonly record: (tx: Tx, lease: Lease, result: Result) => Promise<void>;
  /**
   * After an error of `perform`: `retry` ends the lease, and the item waits with back-off; `ended` means that
   * the row was given up and the error is told there. Without it an error is a retry once the lease has run out.
   */
  readonly giveBack?: (tx: Tx, lease: Lease, error: Error) => Promise<'retry' | 'ended'>;
  /** The request or event that the result follows from; default: none, the work is its own cause. */
  readonly cause?: (lease: Lease) => Context;
  /** A lease that took longer to get, ms, is left to run out, so that no other instance performs meanwhile. */
  readonly startWithinMs?: number;
}

/** Acts as `system:<name>` under the item's account. */
export function leasedWork<Lease, Result>(work: LeasedWork<Lease, Result>): Worker {
  const { take, perform, record, giveBack, cause, startWithinMs = Infinity, ...worker } = work;
  return {
    ...worker,
    async run(db, item) {
      const actor: Actor = { kind: 'system', id: work.name, accountId: item.accountId };
      const began = performance.now();
      const lease = await db.transaction(actor, (tx) => take(tx, item));
      if (lease === undefined || performance.now() - began > startWithinMs) return;
      const inTransaction = <T>(step: (tx: Tx) => Promise<T>) => {
        const run = () => db.transaction(actor, step);
        return cause ? withContext(cause(lease), run) : run();
      };
      let result: Result;
      try {
        result = await perform(lease);
      } catch (error) {
        const next = giveBack && (await inTransaction((tx) => giveBack(tx, lease, error as Error)));
        if (next === 'ended') return;
        throw error;
      }
      await inTransaction((tx) => record(tx, lease, result));
    },
  };
}
