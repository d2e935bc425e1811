import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { newEventId, newWakeup, type Database, type DueItem, type Worker } from '@accord/core';
import { withContext } from '@accord/core/observability';

export interface RunningWorker {
  readonly name: string;
  /** A commit announced one of these types. */
  wake(types: ReadonlySet<string>): void;
  /** Looks at once, whatever was announced. */
  look(): void;
  stop(): Promise<void>;
}

const atOnce = 100;
/** What takes longer when the service stops is left behind: it is harmless to do again (EVT-12). */
const abandonedAfterMs = 5_000;
const longestBackOffMs = 60_000;
const backOffMs = (failures: number) =>
  Math.min(longestBackOffMs, 200 * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * Looks for due work and does it, a few items at a time. A failing item waits with back-off, in this process,
 * while the others go on.
 */
export function startWorker(worker: Worker, db: Database, log: Logger): RunningWorker {
  const wakesOn = new Set<string>(worker.wakesOn);
  const { signal, abort } = abortable();
  const bell = newWakeup();
  const rounds = roundsOf(worker, db, log, signal);
  const loop = async () => {
    while (!signal.aborted) {
      bell.reset();
      const more = await rounds
        .next()
        .catch((error: Error) =>
          log.warn({ worker: worker.name, reason: error.message }, 'due work could not be looked for'),
        );
      if (!more && !signal.aborted) await bell.wait(worker.everyMs * (0.9 + Math.random() * 0.2));
    }
  };
  const done = loop();
  return {
    name: worker.name,
    wake: (types) => {
      if ([...types].some((type) => wakesOn.has(type))) bell.notify();
    },
    look: () => bell.notify(),
    async stop() {
      abort();
      bell.notify();
      await Promise.race([done.then(rounds.ended), sleep(abandonedAfterMs, undefined, { ref: false })]);
    },
  };
}

const abortable = () => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
};

/**
 * Looks for due work and sets it going in the worker's lanes. An item that takes long holds its own lane; the
 * looks and the others go on.
 */
function roundsOf(worker: Worker, db: Database, log: Logger, signal: AbortSignal) {
  const waiting = new Map<string, { failures: number; until: number }>();
  const underWay = new Map<string, Promise<void>>();
  const lanes = worker.parallel ?? 4;

  async function doOne(item: DueItem): Promise<void> {
    const id = newEventId();
    await Promise.resolve(); // so that it is among those under way before it can end
    try {
      await withContext({ causationId: id, correlationId: id }, () => worker.run(db, item));
      waiting.delete(item.id);
    } catch (error) {
      const failures = (waiting.get(item.id)?.failures ?? 0) + 1;
      waiting.set(item.id, { failures, until: performance.now() + backOffMs(failures) });
      log.warn(
        { worker: worker.name, item: item.id, failures, reason: (error as Error).message },
        'due work failed',
      );
    }
    underWay.delete(item.id);
  }

  return {
    /** True where there may be more at once. */
    async next(): Promise<boolean> {
      // Beyond those that wait or are under way, so that they never hide the others.
      const limit = atOnce + waiting.size + underWay.size;
      const due = await db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, limit));
      const now = performance.now();
      const ready = due.filter(({ id }) => !underWay.has(id) && (waiting.get(id)?.until ?? 0) <= now);
      if (waiting.size > 10_000) waiting.clear();
      for (const item of ready) {
        while (underWay.size >= lanes) await Promise.race(underWay.values());
        if (signal.aborted) return false;
        underWay.set(item.id, doOne(item));
      }
      return due.length === limit && ready.length > 0;
    },
    ended: () => Promise.all(underWay.values()),
  };
}
