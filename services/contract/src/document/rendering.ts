import type { Logger } from 'pino';
import { Refusal } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import type { SignatureRoom } from '@accord/pdf';
import { openRenderPool, RenderRefused } from '@accord/pdf/pool';
import type { DocumentContent } from './content.ts';
import type { RenderTask } from './render-worker.ts';

export interface RenderSettings {
  /** Threads that render at once, at most. */
  readonly workers: number;
  /** Drafts that may wait. */
  readonly queue: number;
  /** Of one document, with the start of its worker; less than the lease of a sealing. */
  readonly deadlineMs: number;
  /** JavaScript's heap of a worker, MB. */
  readonly memoryMegabytes: number;
  /** For tests: a worker's file. */
  readonly file?: URL;
  /** For tests: how long a worker stays without work. */
  readonly restMs?: number;
}

export const renderDefaults = { workers: 2, queue: 32, deadlineMs: 10_000, memoryMegabytes: 256 } as const;

/** Renders contracts off the service's thread: `renderDocument` in a pool of workers, the same bytes. */
export interface Rendering {
  /**
   * For a download. It leaves the queue where its caller does.
   *
   * @throws Refusal `server.unavailable` where too many wait, or its worker was lost.
   */
  draft(content: DocumentContent, asked: { accountId: string; left: AbortSignal }): Promise<Buffer>;
  /** For a seal: however many drafts wait it has its turn. @throws RenderRefused where its worker was lost. */
  toSeal(content: DocumentContent, signature?: SignatureRoom): Promise<Buffer>;
  /** Adds its metrics. */
  measure(metrics: Metrics): void;
  /** Ends the workers; what was not rendered is refused. */
  close(): Promise<void>;
}

const workerFile = new URL('render-worker.ts', import.meta.url);

/** No worker starts before there is something to render. */
export function openRendering(changed: Partial<RenderSettings>, log: Pick<Logger, 'warn'>): Rendering {
  const { file = workerFile, ...settings } = { ...renderDefaults, ...changed };
  let counts: ReturnType<typeof countsOf> | undefined;
  const pool = openRenderPool<RenderTask>({
    ...settings,
    file,
    onRendered: (seconds) => counts?.seconds.observe(seconds),
    onLost: (reason) => {
      counts?.lost.inc();
      log.warn({ reason }, 'a render worker was lost');
    },
  });
  return {
    async draft(content, asked) {
      try {
        return await pool.render({ content }, asked);
      } catch (error) {
        if (!(error instanceof RenderRefused)) throw error;
        if (!asked.left.aborted) counts?.refused.inc();
        throw new Refusal('unavailable', 'server.unavailable', {}, { cause: error });
      }
    },
    toSeal: (content, signature) => pool.render({ content, signature }),
    measure(metrics) {
      const workers = 'Threads that render contracts, by state; one that rests for long ends';
      metrics.gauge('accord_render_workers', workers, ['state'], (gauge) => {
        gauge.set({ state: 'busy' }, pool.busy);
        gauge.set({ state: 'idle' }, pool.idle);
      });
      const waiting = 'Contracts that wait to be rendered, drafts and those to be sealed';
      metrics.gauge('accord_render_waiting', waiting, [], (gauge) => gauge.set(pool.waiting));
      counts = countsOf(metrics);
    },
    close: () => pool.close(),
  };
}

const countsOf = (metrics: Metrics) => ({
  seconds: metrics.histogram('accord_render_seconds', 'Time to render a contract, without its waiting'),
  refused: metrics.counter('accord_render_refused_total', 'Drafts that were refused with 503'),
  lost: metrics.counter('accord_render_workers_lost_total', 'Render workers that died or took too long'),
});
