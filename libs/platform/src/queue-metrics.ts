import type { Worker } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import type { ServiceDatabase } from '@accord/postgres';

const look = `
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

type State = Record<keyof typeof shown, string>;

const mostCounted = 1_000;

/**
 * What an SRE sees of the state in the database: asked at each scrape, in one statement, and once for all its
 * gauges; NaN while it does not answer.
 */
export function showState(workers: readonly Worker[], db: ServiceDatabase, metrics: Metrics): void {
  let asked: { at: number; state: Promise<State | undefined> } | undefined;
  const state = () => {
    if (!asked || performance.now() - asked.at > 500) {
      const actor = { kind: 'system' as const, id: 'metrics' };
      asked = {
        at: performance.now(),
        state: db.transaction(actor, (tx) => tx.one<State>(look)).catch(() => undefined),
      };
    }
    return asked.state;
  };
  for (const [name, [metric, help]] of Object.entries(shown) as [
    keyof State,
    (typeof shown)[keyof State],
  ][]) {
    metrics.gauge(metric, help, [], async (gauge) => {
      const found = await state();
      gauge.set(found ? Number(found[name]) : NaN);
    });
  }
  metrics.gauge(
    'accord_due_items',
    `Work that is due, counted to ${mostCounted}`,
    ['worker'],
    async (gauge) => {
      for (const { name, due } of workers) {
        const items = await db
          .transaction({ kind: 'system', id: 'metrics' }, (tx) => due(tx, mostCounted))
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
