import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@accord/core';
import { ofService, type Metrics } from '@accord/core/observability';
import type { ServiceDatabase } from '@accord/postgres';

const queuesText = `
  select (select count(*) from outbox) as outbox,
         (select coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0) from outbox) as oldest,
         (select count(*) from outbox_refused) as refused,
         (select count(distinct key) from parked_events) as "parkedKeys",
         (select count(*) from parked_events where status = 'waiting') as parked,
         (select count(*) from parked_events where status = 'dead') as dead,
         (select greatest(reltuples, 0) from pg_class where oid = 'inbox'::regclass) as inbox,
         (select sum(numbackends) from pg_stat_database) as sessions,
         current_setting('max_connections')::integer - current_setting('reserved_connections')::integer
           - current_setting('superuser_reserved_connections')::integer as "mostSessions"`;

const shown = {
  outbox: ['accord_outbox_events', 'Events committed and not yet published'],
  oldest: ['accord_outbox_oldest_seconds', 'Age of the oldest event not yet published'],
  refused: ['accord_outbox_refused_events', 'Events the broker refused, and those behind them'],
  parkedKeys: ['accord_parked_keys', 'Keys that wait because an event of theirs failed'],
  parked: ['accord_parked_events', 'Events that wait to be tried again, or behind one that does'],
  dead: ['accord_dead_letters', 'Events that were given up and wait for a redrive'],
  inbox: ['accord_inbox_rows', 'Events remembered as handled, as the planner estimates'],
  sessions: ['accord_database_sessions', 'Sessions of the whole database server, of whatever client'],
  mostSessions: ['accord_database_sessions_limit', 'Sessions that the database server takes of its users'],
} as const;

type Queues = Record<keyof typeof shown, string>;

const countedAtMost = 1_000;
/** Well below the 10 s after which a scrape fails, and with it the metrics that need no database. */
const readWithinMs = 3_000;
/** How long the queues serve the scrapes of several collectors, and all gauges of one. */
const freshMs = 500;

const actor = { kind: 'system' as const, id: 'metrics' };

/** Undefined where the database does not answer in time. */
const inTime = <T>(read: Promise<T>): Promise<T | undefined> =>
  Promise.race([read.catch(() => undefined), sleep(readWithinMs, undefined, { ref: false })]);

function queuesOf(db: ServiceDatabase): () => Promise<Queues | undefined> {
  let last: { at: number; queues: Promise<Queues | undefined> } | undefined;
  return () => {
    if (!last || performance.now() - last.at > freshMs) {
      const queues = inTime(db.transaction(actor, (tx) => tx.one<Queues>(queuesText)));
      last = { at: performance.now(), queues };
    }
    return last.queues;
  };
}

/** Work that is due, by worker; NaN of one that could not be asked. */
async function dueItems(workers: readonly Worker[], db: ServiceDatabase): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  for (const worker of workers) {
    const items = db.transaction(actor, (tx) => worker.due(tx, countedAtMost));
    const count = await items.then(
      ({ length }) => length,
      () => NaN,
    );
    due.set(worker.name, count);
  }
  return due;
}

/**
 * Gauges of the queues, the due work and the pools. The queues are read at each scrape by one statement for all
 * their gauges; NaN while the database does not answer.
 */
export function showQueues(workers: readonly Worker[], db: ServiceDatabase, metrics: Metrics): void {
  const readQueues = queuesOf(db);
  for (const [name, [metric, help]] of Object.entries(shown) as [
    keyof Queues,
    (typeof shown)[keyof Queues],
  ][]) {
    metrics.gauge(metric, ofService(help), [], async (gauge) => {
      const queues = await readQueues();
      gauge.set(queues ? Number(queues[name]) : NaN);
    });
  }
  const upHelp = 'Whether the database answered this instance within 3 s: 1, else 0';
  metrics.gauge('accord_database_up', upHelp, [], async (gauge) => gauge.set((await readQueues()) ? 1 : 0));
  const dueHelp = ofService(`Work that is due, counted to ${countedAtMost}`);
  metrics.gauge('accord_due_items', dueHelp, ['worker'], async (gauge) => {
    const due = await inTime(dueItems(workers, db));
    for (const { name } of workers) gauge.set({ worker: name }, due?.get(name) ?? NaN);
  });
  metrics.gauge(
    'accord_pool_connections',
    'Database connections by role and state',
    ['role', 'state'],
    (gauge) => {
      for (const [role, pool] of Object.entries(db.pools())) {
        gauge.set({ role, state: 'idle' }, pool.idleCount);
        gauge.set({ role, state: 'busy' }, pool.totalCount - pool.idleCount);
        gauge.set({ role, state: 'waited_for' }, pool.waitingCount);
      }
    },
  );
}

/** Counts the tries of due work that failed, by worker. */
export function failedWork(metrics: Metrics): (worker: string) => void {
  const failed = metrics.counter('accord_due_work_failed_total', 'Tries of due work that failed', ['worker']);
  return (worker) => failed.inc({ worker });
}
