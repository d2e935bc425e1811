import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Actor, type Database, type Tx } from '@accord/core';
import { currentContext, currentTraceparent, span, type Context } from '@accord/core/observability';
import { newEventId } from '@accord/core/runtime';
import type { DatabaseAddress } from './address.ts';
import type { Clock } from './clock.ts';
import { openPool } from './connection.ts';
import { flush } from './pipeline.ts';
import { checkRowSecurity } from './row-security.ts';
import {
  commit,
  openTransaction,
  seesAllAccounts,
  txOf,
  type Announcer,
  type Outbox,
} from './transaction.ts';

interface DatabaseSettings<Row = unknown> extends Announcer {
  /** Role under row-level security, for customers and events. */
  readonly url: DatabaseAddress;
  /** Role that sees every account, for operators, the platform and the search for due work. */
  readonly operatorUrl: DatabaseAddress;
  readonly schema: string;
  readonly clock: Clock;
  readonly outbox: Outbox<Row>;
  /** Connections per role. */
  readonly poolSize: number;
  /** Told after each commit that announced something, with the rows that it stored. */
  readonly onCommit?: (announced: readonly Row[]) => void;
}

/** Several acts of one transaction, each under the account and the cause it concerns: a chunk of events. */
export interface Session {
  /**
   * A Tx that acts as `actor`; its `now` is known once the session has begun, so after its first statement at
   * the latest.
   */
  as(actor: Actor, cause: Context): Tx;
  begun(): Promise<void>;
}

export interface ServiceDatabase extends Database {
  session<T>(actor: Actor, work: (session: Session) => Promise<T>): Promise<T>;
  /** One question that needs no table. @throws Error where the database does not answer. */
  ping(): Promise<void>;
  /**
   * @throws Error where a role could do more than row security allows, or sees other rows than it should (API-5):
   * then nothing may be served.
   */
  checkRoles(): Promise<void>;
  pools(): Pools;
  /** Whether a transaction is under way, or waits for a connection, in this process. */
  isBusy(): boolean;
  close(): Promise<void>;
}

interface Pools {
  readonly app: pg.Pool;
  readonly operator: pg.Pool;
}

/** Serialisation failure and deadlock. */
const retried = new Set(['40001', '40P01']);
const attempts = 5;

export function openDatabase<Row>(of: DatabaseSettings<Row>): ServiceDatabase {
  const settings = of as DatabaseSettings;
  const pools = {
    app: openPool(settings.url, settings.schema, settings.poolSize),
    operator: openPool(settings.operatorUrl, settings.schema, settings.poolSize),
  };
  const attributes = { 'db.system.name': 'postgresql', 'db.namespace': settings.schema };

  async function session<T>(actor: Actor, work: (session: Session) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await span('postgres transaction', attributes, () => runOnce(pools, settings, actor, work));
      } catch (error) {
        if (tried === attempts || !retried.has((error as { code?: string }).code ?? '')) throw error;
        await sleep(Math.random() * 10 * 2 ** tried);
      }
    }
  }

  return {
    session,
    transaction: (actor, work, { atOnce = false } = {}) =>
      session(actor, async (opened) => {
        if (!atOnce) await opened.begun();
        return work(opened.as(actor, causeAtHand()));
      }),
    ping: async () => void (await pools.app.query('select 1')),
    checkRoles: () => checkRowSecurity(pools, settings.schema),
    pools: () => pools,
    isBusy: () =>
      [pools.app, pools.operator].some(
        ({ totalCount, idleCount, waitingCount }) => totalCount > idleCount || waitingCount > 0,
      ),
    close: async () => void (await Promise.all([pools.app.end(), pools.operator.end()])),
  };
}

/** The request, event or due item under way; work outside of any is its own cause. */
function causeAtHand(): Context {
  const id = newEventId();
  const traceparent = currentTraceparent();
  return {
    causationId: id,
    correlationId: id,
    ...currentContext(),
    ...(traceparent && { traceparent }),
  };
}

/** One attempt at a transaction, on a connection that is given back sound or closed. */
async function runOnce<T>(
  pools: Pools,
  settings: DatabaseSettings,
  actor: Actor,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const connection = await (seesAllAccounts(actor) ? pools.operator : pools.app).connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  connection.on('error', onError);
  const open = openTransaction(connection, actor, settings);
  try {
    const result = await work({ as: (next, cause) => txOf(open, next, cause), begun: () => open.begun });
    if (open.failed) throw open.failed;
    await commit(open);
    await open.begun; // a commit without begin succeeds on the server; here it shows
    if (open.announced.length > 0) settings.onCommit?.(open.announced);
    return result;
  } catch (error) {
    open.ended = true;
    // Refused by the driver itself, which from now on is wrong about what the server has prepared.
    if (open.failed && !(open.failed as { code?: string }).code) broken ??= open.failed;
    flush(connection);
    await connection.query('rollback').catch((failed: Error) => (broken ??= failed));
    await open.begun; // where that failed, every later statement failed because of it
    throw open.failed ?? error;
  } finally {
    connection.off('error', onError);
    connection.release(broken);
  }
}
