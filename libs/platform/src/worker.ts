import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database, DueItem, Worker } from '@accord/core';
import { withContext } from '@accord/core/observability';
import { newEventId, newWakeup } from '@accord/core/runtime';
import type { ServiceDatabase } from '@accord/postgres';
import { openTurns, type Turns } from './turns.ts';

/** Told the worker's name each time that an item failed. */
type OnFailed = (worker: string) => void;

export interface RunningWorker {
  readonly name: string;
  /** Looks at once if the worker wakes on one of these types, which a commit announced. */
  wake(types: ReadonlySet<string>): void;
  /** Looks at once. */
  look(): void;
  /** Waits for items under way, at most 5 s. */
  stop(): Promise<void>;
}

const itemsAtOnce = 100;
/** Items that take longer when the service stops are abandoned: it is harmless to do them again (EVT-12). */
const abandonedAfterMs = 5_000;
const longestBackOffMs = 60_000;
/** Of a mass, in one look: each look passes the index's entries of all that was done already. */
const itemsOfMass = 1_000;
const backOffMs = (failures: number) =>
  Math.min(longestBackOffMs, 200 * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * Looks for due work and does it, a few items at a time. A failing item waits with back-off, in this process,
 * while the others go on.
 */
export function startWorker(
  worker: Worker,
  db: Pick<ServiceDatabase, 'transaction' | 'isBusy'>,
  log: Logger,
  onFailed: OnFailed = () => undefined,
): RunningWorker {
  const wakesOn = new Set<string>(worker.wakesOn);
  const stopping = new AbortController();
  const { signal } = stopping;
  const wakeup = newWakeup();
  const turns = openTurns(db, signal);
  const attempts = openAttempts(worker, { db, turns, log, onFailed });
  const lanes = openLanes(worker, attempts, { db, turns, signal });
  const loop = async () => {
    while (!signal.aborted) {
      wakeup.reset();
      const more = await lanes
        .fill()
        .catch((error: Error) =>
          log.warn({ worker: worker.name, reason: error.message }, 'due work could not be looked for'),
        );
      if (!more && !signal.aborted) await wakeup.wait(worker.everyMs * (0.9 + Math.random() * 0.2));
    }
  };
  const done = loop();
  return {
    name: worker.name,
    wake: (types) => {
      if (!wakesOn.isDisjointFrom(types)) wakeup.notify();
    },
    look: () => wakeup.notify(),
    async stop() {
      stopping.abort();
      wakeup.notify();
      await Promise.race([done.then(lanes.empty), sleep(abandonedAfterMs, undefined, { ref: false })]);
    },
  };
}

interface AttemptParts {
  readonly db: Database;
  readonly turns: Turns;
  readonly log: Logger;
  readonly onFailed: OnFailed;
}

/** Items that failed wait with back-off; those that are done are forgotten. */
function openAttempts(worker: Worker, { db, turns, log, onFailed }: AttemptParts) {
  const waiting = new Map<string, { failures: number; until: number }>();
  const { together } = worker;

  async function doOne(item: DueItem): Promise<void> {
    try {
      await turns.take(() => asOwnCause(() => worker.run(db, item)));
      waiting.delete(item.id);
    } catch (error) {
      const failures = (waiting.get(item.id)?.failures ?? 0) + 1;
      waiting.set(item.id, { failures, until: performance.now() + backOffMs(failures) });
      onFailed(worker.name);
      log.warn(
        { worker: worker.name, item: item.id, failures, reason: (error as Error).message },
        'due work failed',
      );
    }
  }

  async function doTogether(
    items: readonly DueItem[],
    together: NonNullable<Worker['together']>,
  ): Promise<void> {
    try {
      await turns.takeMany(items.length, () => asOwnCause(() => together(db, items)));
      for (const { id } of items) waiting.delete(id);
    } catch (error) {
      const reason = (error as Error).message;
      log.warn({ worker: worker.name, items: items.length, reason }, 'due work is done one by one');
      for (const item of items) await doOne(item);
    }
  }

  return {
    waiting: () => waiting.size,
    /** The items whose time to wait is over. */
    ready(items: readonly DueItem[]): DueItem[] {
      const now = performance.now();
      const ready = items.filter(({ id }) => (waiting.get(id)?.until ?? 0) <= now);
      if (waiting.size > 10_000) waiting.clear();
      return ready;
    },
    run: (items: readonly DueItem[]): Promise<void> =>
      together && items.length > 1 ? doTogether(items, together) : doOne(items[0]!),
  };
}

type Attempts = ReturnType<typeof openAttempts>;

/**
 * Lanes do one item each, or one lane several together. One that takes long holds its own lane; the looks and the
 * others go on.
 */
function openLanes(
  worker: Worker,
  attempts: Attempts,
  { db, turns, signal }: { readonly db: Database; readonly turns: Turns; readonly signal: AbortSignal },
) {
  const underWay = new Set<string>();
  const busy = new Set<Promise<void>>();
  const { together } = worker;
  const count = together ? 1 : (worker.parallel ?? 4);
  const inOneLook = together ? itemsOfMass : itemsAtOnce;

  async function occupy(items: readonly DueItem[]): Promise<void> {
    await Promise.resolve(); // so that it is among those under way before it can end
    await attempts.run(items);
    for (const { id } of items) underWay.delete(id);
  }

  return {
    /** Looks once and starts the items found as lanes come free. True where there may be more at once. */
    async fill(): Promise<boolean> {
      // Items that wait or are under way come on top, so that they never hide the others.
      const limit = inOneLook + attempts.waiting() + underWay.size;
      const due = await db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, limit));
      let ready = attempts.ready(due.filter(({ id }) => !underWay.has(id)));
      const isMore = due.length === limit && ready.length > 0;
      while (ready.length > 0) {
        while (busy.size >= count) await Promise.race(busy);
        if (signal.aborted) return false;
        const items = ready.slice(0, together ? turns.size : 1);
        ready = ready.slice(items.length);
        for (const { id } of items) underWay.add(id);
        const lane: Promise<void> = occupy(items).finally(() => busy.delete(lane));
        busy.add(lane);
      }
      return isMore;
    },
    empty: () => Promise.all(busy),
  };
}

function asOwnCause<T>(work: () => Promise<T>): Promise<T> {
  const id = newEventId();
  return withContext({ causationId: id, correlationId: id }, work);
}
