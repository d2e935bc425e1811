import type { Worker } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import type { ServiceDatabase } from '@accord/postgres';

const queuesText = `
  select (select count(*) from outbox) as outbox,
         (select coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0) from outbox) as oldest,
         (select count(*) from outbox_refused) as refused,
         (select count(distinct key) from parked_events) as "parkedKeys",
         (select count(*) from parked_events where status = 'waiting') as parked,
         (select count(*) from parked_events where status = 'dead') as dead,
         (select greatest(reltuples, 0) from pg_class where oid = 'inbox'::regclass) as inbox`;

const shown = {
  outbox: ['accord_outbox_events', 'Events committed and not yet published'],
  oldest: ['accord_outbox_oldest_seconds', 'Age of the oldest event not yet published'],
  refused: ['accord_outbox_refused_events', 'Events the broker refused, and those behind them'],
  parkedKeys: ['accord_parked_keys', 'Keys that wait because an event of theirs failed'],
  parked: ['accord_parked_events', 'Events that wait to be tried again, or behind one that does'],
  dead: ['accord_dead_letters', 'Events that were given up and wait for a redrive'],
  inbox: ['accord_inbox_rows', 'Events remembered as handled, as the planner estimates'],
} as const;

type Queues = Record<keyof typeof shown, string>;

const countedAtMost = 1_000;

/**
 * Gauges of the queues, the due work and the pools. The queues are read at each scrape by one statement for all
 * their gauges; NaN while the database does not answer.
 */
export function showQueues(workers: readonly Worker[], db: ServiceDatabase, metrics: Metrics): void {
  let last: { at: number; queues: Promise<Queues | undefined> } | undefined;
  const readQueues = () => {
    if (!last || performance.now() - last.at > 500) {
      const actor = { kind: 'system' as const, id: 'metrics' };
      last = {
        at: performance.now(),
        queues: db.transaction(actor, (tx) => tx.one<Queues>(queuesText)).catch(() => undefined),
      };
    }
    return last.queues;
  };
  for (const [name, [metric, help]] of Object.entries(shown) as [
    keyof Queues,
    (typeof shown)[keyof Queues],
  ][]) {
    metrics.gauge(metric, help, [], async (gauge) => {
      const queues = await readQueues();
      gauge.set(queues ? Number(queues[name]) : NaN);
    });
  }
  metrics.gauge(
    'accord_due_items',
    `Work that is due, counted to ${countedAtMost}`,
    ['worker'],
    async (gauge) => {
      for (const { name, due } of workers) {
        const items = await db
          .transaction({ kind: 'system', id: 'metrics' }, (tx) => due(tx, countedAtMost))
          .catch(() => undefined);
        gauge.set({ worker: name }, items?.length ?? NaN);
      }
    },
  );
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
