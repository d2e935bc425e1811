import type { Logger } from 'pino';
import { newEventId } from './ids.ts';
import { withContext } from './context.ts';
import type { Database, DueItem, Worker } from './tx.ts';

export interface RunningWorker {
  readonly name: string;
  /** A commit announced one of these types. */
  wake(types: ReadonlySet<string>): void;
  /** Looks at once, whatever was announced; for tests. */
  look(): void;
  stop(): Promise<void>;
}

const lookedAt = 100;
const longestBackOffMs = 60_000;

/** Looks for due work and does it, a few items at a time. A failing item waits with back-off, in this process, while the others go on. */
export function startWorker(worker: Worker, db: Database, log: Logger): RunningWorker {
  const waiting = new Map<string, { failures: number; until: number }>();
  const wakesOn = new Set<string>(worker.wakesOn);
  const stopping = new AbortController();
  let ring: () => void = () => undefined;
  let pending = false;
  const wake = () => {
    pending = true;
    ring();
  };

  async function doOne(item: DueItem): Promise<void> {
    const id = newEventId();
    try {
      await withContext({ causationId: id, correlationId: id }, () => worker.run(db, item));
      waiting.delete(item.id);
    } catch (error) {
      const failures = (waiting.get(item.id)?.failures ?? 0) + 1;
      waiting.set(item.id, { failures, until: performance.now() + Math.min(longestBackOffMs, 200 * 2 ** failures) * (0.5 + Math.random() / 2) });
      log.warn({ worker: worker.name, item: item.id, failures, reason: (error as Error).message }, 'due work failed');
    }
  }

  /** True where there may be more at once. */
  async function look(): Promise<boolean> {
    const due = await db.transaction({ kind: 'system', id: worker.name }, (tx) => worker.due(tx, lookedAt));
    const now = performance.now();
    const ready = due.filter(({ id }) => (waiting.get(id)?.until ?? 0) <= now);
    if (waiting.size > 10_000) waiting.clear();
    const queue = ready.values();
    const lanes = Array.from({ length: Math.min(worker.parallel ?? 4, ready.length) }, async () => {
      for (const item of queue) {
        if (stopping.signal.aborted) return;
        await doOne(item);
      }
    });
    await Promise.all(lanes);
    return due.length === lookedAt && ready.length > 0;
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      pending = false;
      let more = false;
      try {
        more = await look();
      } catch (error) {
        log.warn({ worker: worker.name, reason: (error as Error).message }, 'due work could not be looked for');
      }
      if (more || pending || stopping.signal.aborted) continue;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        ring = resolve;
        timer = setTimeout(resolve, worker.everyMs * (0.9 + Math.random() * 0.2));
      });
      clearTimeout(timer);
    }
  }

  const done = loop();
  return {
    name: worker.name,
    wake: (types) => {
      for (const type of types) if (wakesOn.has(type)) return wake();
    },
    look: wake,
    async stop() {
      stopping.abort();
      ring();
      await done;
    },
  };
}
