import type { Fact } from '@accord/events';
import type { Actor } from './actor.ts';

/**
 * A transaction is one moment: one connection, one time, one actor, and the facts it announces if it commits.
 */
export interface Tx {
  /** The transaction's time in the database, moved by the test clock; the same at every look. */
  readonly now: Date;
  readonly actor: Actor;
  /** The first row. Statements are prepared by their text, so keep texts few and constant. */
  one<Row>(sql: string, values?: readonly unknown[]): Promise<Row | undefined>;
  many<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Queues a statement without waiting for it: it is sent with the next query, so it costs no round trip.
   * Later queries see its effect. If it fails, the transaction fails with its error.
   */
  write(sql: string, values?: readonly unknown[]): void;
  /**
   * Runs a `copy (…) to stdout` and gives each row in the bytes that the database wrote, in their order: a
   * million rows are read without a string for any of their values. Values are put into the text as literals, for
   * the statement takes no others, and it is planned each time.
   *
   * @param onRow must not keep the bytes: they are the driver's. The first message of a binary copy has its head.
   */
  copy(sql: string, values: readonly unknown[], onRow: (row: Buffer) => void): Promise<void>;
  /**
   * Announces facts: they are stored in the outbox by this transaction (EVT-6).
   *
   * @throws Error where the data does not fit its schema, here, where the bug is (EVT-3).
   */
  emit(...facts: readonly Fact[]): void;
}

export interface Database {
  /**
   * Runs `work` in one transaction under the actor's account: a customer, an event and a worker with an
   * `accountId` see the rows of that account only, an operator and the platform see all. Serialisation failures
   * and deadlocks are tried again, at most 5 times.
   *
   * @param options `atOnce`: the begin is sent with the first statement, one round trip less; `tx.now` throws
   * until that statement was answered.
   */
  transaction<T>(
    actor: Actor,
    work: (tx: Tx) => Promise<T>,
    options?: { readonly atOnce?: boolean | undefined },
  ): Promise<T>;
}
