import type pg from 'pg';
import type { Actor, Tx } from '@accord/core';
import type { Context } from '@accord/core/observability';
import type { Fact } from '@accord/events';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { pipelined, withLiterals } from './pipeline.ts';

/** Keeps the facts that transactions announce: each becomes a row, stored by the same transaction. */
export interface Outbox<Row> {
  /** @throws Error where the fact does not fit its type: the transaction fails where the bug is (EVT-3). */
  announce(fact: Fact, by: Announcer & { now: Date; actor: Actor; cause: Context }): Row;
  /** In the order they were announced. */
  store(connection: Connection, rows: readonly Row[]): Promise<unknown>;
}

/** Of the events that transactions announce. */
export interface Announcer {
  /** `/services/order`: their source. */
  readonly source: string;
  /** `https://accord.example`: under it their schemas are answered (EVT-2). */
  readonly publicUrl?: string | undefined;
}

interface OpenTransaction {
  readonly connection: pg.PoolClient;
  /** Unknown until the server has answered for the first time. */
  now: Date | undefined;
  /** Fails where the transaction could not begin. */
  begun: Promise<void>;
  readonly outbox: Outbox<unknown>;
  readonly announced: unknown[];
  readonly announcer: Announcer;
  /** The role is that of operators: no account is set. */
  readonly seesAll: boolean;
  /** The account under which the next statement would run. */
  account: string | undefined;
  /** Error of a statement that was not waited for. */
  failed: Error | undefined;
  /** Committed or rolled back: a late statement must not run in the connection's next transaction. */
  ended: boolean;
}

export const seesAllAccounts = (actor: Actor): boolean =>
  actor.kind === 'operator' || actor.kind === 'platform' || (actor.kind === 'system' && !actor.accountId);

/** Sends the begin, the account and the question for the time with the first statement of the transaction. */
export function openTransaction(
  connection: pg.PoolClient,
  actor: Actor,
  { outbox, source, publicUrl, clock }: Announcer & { outbox: Outbox<unknown>; clock: Clock },
): OpenTransaction {
  const seesAll = seesAllAccounts(actor);
  const open: OpenTransaction = {
    connection,
    now: undefined,
    begun: Promise.resolve(),
    outbox,
    announced: [],
    announcer: { source, publicUrl },
    seesAll,
    account: seesAll ? undefined : actor.accountId,
    failed: undefined,
    ended: false,
  };
  open.begun = begin(open, clock);
  return open;
}

function begin(open: OpenTransaction, { offsetMs }: Clock): Promise<void> {
  const { connection, account } = open;
  const sent = [
    pipelined(connection, 'begin'),
    pipelined<{ now: Date }>(connection, `select set_config('accord.account', $1, true), now() as now`, [
      account ?? '',
    ]),
  ] as const;
  const begun = Promise.all(sent).then(
    ([, { rows }]) => void (open.now = new Date(rows[0]!.now.getTime() + offsetMs)),
  );
  begun.catch(() => undefined); // told where the transaction waits for it or commits
  return begun;
}

/** Outbox and commit in one round trip. */
export async function commit(open: OpenTransaction): Promise<void> {
  const { connection, outbox, announced } = open;
  open.ended = true;
  const [, committed] = await Promise.all([
    announced.length > 0 && outbox.store(connection, announced),
    pipelined(connection, 'commit'),
  ]);
  // The server answers the commit of a failed transaction with a rollback, and calls it a success.
  if (committed.command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
}

/** Remembers the error of a statement that is not waited for: later statements fail because of it. */
function noteFailure(open: OpenTransaction, sent: Promise<unknown>): void {
  sent.catch((error: Error & { code?: string }) => {
    // Errors that only say that there was one before.
    if (error.code !== '25P02' && error.code !== '26000') open.failed ??= error;
  });
}

/**
 * Several acts may share a transaction: statements run in the order they are sent, so each finds the account of
 * its own actor.
 */
export function txOf(open: OpenTransaction, actor: Actor, cause: Context): Tx {
  const { connection, outbox, announced, announcer } = open;
  const run = (sql: string, values?: readonly unknown[], onCopied?: (row: Buffer) => void) => {
    if (open.ended) throw new Error('a statement after the end of its transaction');
    if (!open.seesAll && open.account !== actor.accountId) {
      open.account = actor.accountId;
      const account = [actor.accountId ?? ''];
      noteFailure(open, pipelined(connection, `select set_config('accord.account', $1, true)`, account));
    }
    return pipelined(connection, sql, values, onCopied);
  };
  const many = async <Row>(sql: string, values?: readonly unknown[]) =>
    (await run(sql, values)).rows as Row[];
  return {
    get now() {
      if (!open.now) throw new Error('the time is not known before the first statement was answered');
      return open.now;
    },
    actor,
    many,
    one: async <Row>(sql: string, values?: readonly unknown[]) => (await many<Row>(sql, values))[0],
    write: (sql, values) => noteFailure(open, run(sql, values)),
    copy: async (sql, values, onRow) => void (await run(withLiterals(sql, values), [], onRow)),
    emit(...facts) {
      const by = { ...announcer, now: this.now, actor, cause };
      announced.push(...facts.map((fact) => outbox.announce(fact, by)));
    },
  };
}
