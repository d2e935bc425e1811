import type { Fact } from '@accord/events';

/**
 * Who acts. A customer sees `accountId` alone; an event and a worker act under the account they concern
 * (API-5).
 */
export type Actor = {
  readonly kind: 'customer' | 'operator' | 'platform' | 'event' | 'system';
  /** Token subject, or the id of the event, or the worker's name. */
  readonly id: string;
  readonly accountId?: string;
};

/**
 * Whether two actors, each as `kind:id`, are one subject: who applied as a customer is the applicant as an
 * operator, too.
 */
export const isSameSubject = (one: string, other: string): boolean =>
  one.slice(one.indexOf(':') + 1) === other.slice(other.indexOf(':') + 1);

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
   * A change whose rows nobody asks for: it leaves with what follows, so it costs no wait. What is asked
   * after it finds it done, and if it fails, the transaction fails with its error.
   */
  write(sql: string, values?: readonly unknown[]): void;
  /**
   * Into the outbox, in this transaction; data that does not fit its schema fails here, where the bug is
   * (EVT-3, EVT-6).
   */
  emit(...facts: readonly Fact[]): void;
}

export interface Database {
  /**
   * Runs `work` in one transaction under the actor's account: a customer, an event and a worker with an
   * `accountId` see that account's rows only, an operator and the platform see all. Serialisation failures
   * and deadlocks are tried again, at most 5 times.
   *
   * @param options `atOnce`: the begin leaves with the first statement, one round trip less; `tx.now` throws
   * until that was answered.
   */
  transaction<T>(
    actor: Actor,
    work: (tx: Tx) => Promise<T>,
    options?: { readonly atOnce?: boolean | undefined },
  ): Promise<T>;
}

/** A pure decision: the next state, and the facts that say why. No facts: nothing changed. */
export type Decision<State> = { readonly state: State; readonly facts: readonly Fact[] };
