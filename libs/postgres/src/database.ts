import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newEventId, type Actor, type Database, type Tx } from '@accord/core';
import { currentContext, currentTraceparent, span, type Context } from '@accord/core/observability';
import type { Fact } from '@accord/events';
import type { Clock } from './clock.ts';
import { depart, send } from './pipeline.ts';

/** How a transaction keeps the facts it announces: each becomes a row, stored in the same transaction. */
export interface FactStore<Row> {
  /** @throws Error where the fact does not fit its type: the transaction fails where the bug is (EVT-3). */
  announce(fact: Fact, by: { now: Date; actor: Actor; cause: Context; source: string }): Row;
  /** In the order they were announced. */
  store(client: pg.ClientBase, rows: readonly Row[]): Promise<unknown>;
}

export interface DatabaseSettings<Row = unknown> {
  /** Role under row-level security, for customers and events. */
  readonly url: string;
  /** Role that sees every account, for operators, the platform and the search for due work. */
  readonly operatorUrl: string;
  readonly schema: string;
  /** `/services/order`: the source of the events that transactions announce. */
  readonly source: string;
  readonly clock: Clock;
  readonly outbox: FactStore<Row>;
  /** Connections per role. */
  readonly poolSize: number;
  /** Told after each commit that announced something, with the shards written to and the types announced. */
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
  /** True while the database answers. */
  answers(): Promise<boolean>;
  /**
   * @throws Error where a role could do more than row security allows (API-5): then nothing may be served.
   */
  checkRoles(): Promise<void>;
  pools(): Pools;
  close(): Promise<void>;
}

const retried = new Set(['40001', '40P01']);
const attempts = 5;

/**
 * A lost or refused connection, a server that starts or stops, has no room on its disk or may not write: the
 * work may succeed later, unchanged.
 */
export const isDatabaseAway = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string };
  return (
    /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOST|ENET|ETIMEDOUT|57P0|08|53[0-3]00|58030|25006|25P03)/.test(
      code ?? '',
    ) ||
    /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error))/.test(
      message ?? '',
    )
  );
};

/**
 * What holds locks ends: where it is slow, where it does nothing, and where it takes no more of what it is
 * sent.
 */
const limits =
  '-c statement_timeout=5000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=10000 -c tcp_user_timeout=10000';
const sessionOptions = (schema: string) => `-c search_path=${schema} -c timezone=UTC ${limits}`;

export const poolOf = (url: string, schema: string, size: number) => {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    options: sessionOptions(schema),
    pipeline: true,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    // The server's limits end what is slow; these end a wait for a server that is gone without a word.
    keepAlive: true,
    query_timeout: 15_000,
  } as pg.PoolConfig);
  // an idle connection was cut; the pool replaces it and the next use reports what is wrong
  pool.on('error', () => undefined);
  return pool;
};

const seesAll = (actor: Actor) =>
  actor.kind === 'operator' || actor.kind === 'platform' || (actor.kind === 'system' && !actor.accountId);
interface Moment {
  readonly client: pg.PoolClient;
  /** Unknown until the server has answered for the first time. */
  now: Date | undefined;
  begun: Promise<void>;
  readonly store: FactStore<unknown>;
  readonly announced: unknown[];
  readonly source: string;
  /** Under a role that sees every account none is set. */
  readonly seesAll: boolean;
  /** Whom the statements sent so far left the connection to. */
  account: string | undefined;
  /** Of a statement that nobody waited for. */
  failed: Error | undefined;
  /**
   * Set once it was committed or rolled back: what comes late must not run in the connection's next
   * transaction.
   */
  ended: boolean;
}

/** Not waited for: if it failed, all that follows fails, and this is why. */
function later(moment: Moment, sent: Promise<unknown>): void {
  sent.catch((error: Error & { code?: string }) => {
    // Errors that only say that there was one before.
    if (error.code !== '25P02' && error.code !== '26000') moment.failed ??= error;
  });
}

/**
 * Statements run in the order they are sent, so each finds the account of its own actor, also where several
 * acts go on beside each other.
 */
function txOf(moment: Moment, actor: Actor, cause: Context): Tx {
  const { client, store, announced, source } = moment;
  const run = (sql: string, values?: readonly unknown[]) => {
    if (moment.ended) throw new Error('a statement after the end of its transaction');
    if (!moment.seesAll && moment.account !== actor.accountId) {
      moment.account = actor.accountId;
      later(moment, send(client, `select set_config('accord.account', $1, true)`, [actor.accountId ?? '']));
    }
    return send(client, sql, values);
  };
  const many = async <Row>(sql: string, values?: readonly unknown[]) =>
    (await run(sql, values)).rows as Row[];
  return {
    get now() {
      if (!moment.now) throw new Error('the time is not known before the first statement was answered');
      return moment.now;
    },
    actor,
    many,
    one: async <Row>(sql: string, values?: readonly unknown[]) => (await many<Row>(sql, values))[0],
    write: (sql, values) => later(moment, run(sql, values)),
    emit(...facts) {
      announced.push(...facts.map((fact) => store.announce(fact, { now: this.now, actor, cause, source })));
    },
  };
}

interface Pools {
  readonly app: pg.Pool;
  readonly operator: pg.Pool;
}

/**
 * Outbox and commit in one flight. A transaction that had failed answers the commit with a rollback, which is
 * no success.
 */
async function end(moment: Moment): Promise<void> {
  const { client, store, announced } = moment;
  moment.ended = true;
  const [, committed] = await Promise.all([
    announced.length > 0 && store.store(client, announced),
    send(client, 'commit'),
  ]);
  if (committed.command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
}

/**
 * `begin`, the account and the time leave with the first statement, the outbox with `commit`: neither costs a
 * round trip of its own.
 */
async function attempt<T>(
  pools: Pools,
  settings: DatabaseSettings,
  actor: Actor,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = await (seesAll(actor) ? pools.operator : pools.app).connect();
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on('error', onError);
  const account = seesAll(actor) ? undefined : actor.accountId;
  const moment: Moment = {
    client,
    now: undefined,
    begun: Promise.resolve(),
    store: settings.outbox,
    announced: [],
    source: settings.source,
    seesAll: seesAll(actor),
    account,
    failed: undefined,
    ended: false,
  };
  try {
    moment.begun = begin(moment, settings.clock);
    const result = await work({ as: (next, cause) => txOf(moment, next, cause), begun: () => moment.begun });
    if (moment.failed) throw moment.failed;
    await end(moment);
    await moment.begun; // what was never begun commits without complaint
    if (moment.announced.length > 0) settings.onCommit?.(moment.announced);
    return result;
  } catch (error) {
    moment.ended = true;
    // Refused by the driver itself, which from now on is wrong about what the server has prepared.
    if (moment.failed && !(moment.failed as { code?: string }).code) broken ??= moment.failed;
    depart(client);
    await client.query('rollback').catch((failed: Error) => (broken ??= failed));
    await moment.begun; // where that failed, what followed failed for it
    throw moment.failed ?? error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

function begin(moment: Moment, { offsetMs }: Clock): Promise<void> {
  const { client, account } = moment;
  const opened = [
    send(client, 'begin'),
    send<{ now: Date }>(client, `select set_config('accord.account', $1, true), now() as now`, [
      account ?? '',
    ]),
  ] as const;
  const begun = Promise.all(opened).then(
    ([, { rows }]) => void (moment.now = new Date(rows[0]!.now.getTime() + offsetMs)),
  );
  begun.catch(() => undefined); // whoever goes on finds out
  return begun;
}

async function checkRole(pool: pg.Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ name: string; bypasses: boolean; owns: boolean }>(
    `select rolname as name, rolsuper or rolbypassrls as bypasses,
            exists (select from pg_namespace where nspname = $1 and pg_has_role(r.oid, nspowner, 'member')) as owns
       from pg_roles r where rolname = current_user`,
    [schema],
  );
  const { name, bypasses, owns } = rows[0]!;
  if (bypasses) throw new Error(`the database role ${name} may bypass row security`);
  if (owns)
    throw new Error(`the database role ${name} owns the schema ${schema}: it could switch row security off`);
}

export function openDatabase<Row>(of: DatabaseSettings<Row>): ServiceDatabase {
  const settings = of as DatabaseSettings;
  const pools = {
    app: poolOf(settings.url, settings.schema, settings.poolSize),
    operator: poolOf(settings.operatorUrl, settings.schema, settings.poolSize),
  };
  const attributes = { 'db.system.name': 'postgresql', 'db.namespace': settings.schema };

  async function session<T>(actor: Actor, work: (session: Session) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await span('postgres transaction', attributes, () => attempt(pools, settings, actor, work));
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
        const id = newEventId();
        const traceparent = currentTraceparent();
        return work(
          opened.as(actor, {
            causationId: id,
            correlationId: id,
            ...currentContext(),
            ...(traceparent && { traceparent }),
          }),
        );
      }),
    answers: () =>
      pools.app.query('select 1').then(
        () => true,
        () => false,
      ),
    checkRoles: async () =>
      void (await Promise.all(Object.values(pools).map((pool) => checkRole(pool, settings.schema)))),
    pools: () => pools,
    close: async () => void (await Promise.all([pools.app.end(), pools.operator.end()])),
  };
}
