import type { Logger } from 'pino';
import { withContext } from './context.ts';
import { newEventId } from './ids.ts';
import type { Database, DueItem, Worker } from './tx.ts';

export interface RunningWorker {
  readonly name: string;
  /** A commit announced one of these types. */
  wake(types: ReadonlySet<string>): void;
  /** Looks at once, whatever was announced. */
  look(): void;
  stop(): Promise<void>;
}

const atOnce = 100;
const longestBackOffMs = 60_000;
const backOffMs = (failures: number) => Math.min(longestBackOffMs, 200 * 2 ** failures) * (0.5 + Math.random() / 2);

/** Looks for due work and does it, a few items at a time. A failing item waits with back-off, in this process, while the others go on. */
export function startWorker(worker: Worker, db: Database, log: Logger): RunningWorker {
  const wakesOn = new Set<string>(worker.wakesOn);
  const { signal, abort } = abortable();
  const bell = bellOf();
  const round = roundOf(worker, db, log, signal);
  const loop = async () => {
    while (!signal.aborted) {
      bell.hush();
      const more = await round().catch((error: Error) => log.warn({ worker: worker.name, reason: error.message }, 'due work could not be looked for'));
      if (!more && !signal.aborted) await bell.wait(worker.everyMs * (0.9 + Math.random() * 0.2));
    }
  };
  const done = loop();
  return {
    name: worker.name,
    wake: (types) => {
      if ([...types].some((type) => wakesOn.has(type))) bell.ring();
    },
    look: () => bell.ring(),
    async stop() {
      abort();
      bell.ring();
      await done;
    },
  };
}

const abortable = () => {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
};

/** Rung before `wait`, `wait` does not wait. */
function bellOf() {
  let rung = false;
  let wake: () => void = () => undefined;
  return {
    hush: () => void (rung = false),
    ring() {
      rung = true;
      wake();
    },
    async wait(ms: number) {
      if (rung) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    },
  };
}

/** One look and the work it found; true where there may be more at once. */
function roundOf(worker: Worker, db: Database, log: Logger, signal: AbortSignal): () => Promise<boolean> {
  const waiting = new Map<string, { failures: number; until: number }>();

  async function doOne(item: DueItem): Promise<void> {
    const id = newEventId();
    try {
      await withContext({ causationId: id, correlationId: id }, () => worker.run(db, item));
      waiting.delete(item.id);
    } catch (error) {
      const failures = (waiting.get(item.id)?.failures ?? 0) + 1;
      waiting.set(item.id, { failures, until: performance.now() + backOffMs(failures) });
      log.warn({ worker: worker.name, item: item.id, failures, reason: (error as Error).message }, 'due work failed');
    }
  }

  return async () => {
    // Beyond those that wait, so that they never hide the others.
    const limit = atOnce + waiting.size;
    const due = await db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, limit));
    const now = performance.now();
    const ready = due.filter(({ id }) => (waiting.get(id)?.until ?? 0) <= now);
    if (waiting.size > 10_000) waiting.clear();
    const queue = ready.values();
    const lanes = Array.from({ length: Math.min(worker.parallel ?? 4, ready.length) }, async () => {
      for (const item of queue) {
        if (signal.aborted) return;
        await doOne(item);
      }
    });
    await Promise.all(lanes);
    return due.length === limit && ready.length > 0;
  };
}
