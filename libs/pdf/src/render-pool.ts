import { Worker } from 'node:worker_threads';
import { openRenderLine } from './render-line.ts';

export interface RenderPoolSettings {
  /** The file of the worker, which answers each task by `serveRendering`. */
  readonly file: URL;
  /** Threads that render at once, at most; each starts when it is needed. */
  readonly workers: number;
  /** Tasks of accounts that may wait. */
  readonly queue: number;
  /** A task that takes longer, ms, with the start of its worker, is given up, and its worker ended. */
  readonly deadlineMs: number;
  /** JavaScript's heap of a worker, MB. One that needs more ends, and its task fails. */
  readonly memoryMegabytes: number;
  /** A worker without a task ends after so long, ms; default 30 s. An idle service has none. */
  readonly restMs?: number;
  /** Told of each worker that ended with its task; the next task starts another. */
  readonly onLost?: (reason: string) => void;
  /** Told how long each task took that succeeded, s. */
  readonly onRendered?: (seconds: number) => void;
}

interface Asked {
  /** The account that the task is for; absent: the service's own, which is never refused. */
  readonly accountId?: string;
  /** Aborted when nobody waits for the task any more: it leaves the queue. One that is being rendered goes on. */
  readonly left?: AbortSignal;
}

/** Threads that render, each one task at a time, so that the service's own thread is free for others. */
export interface RenderPool<Task> {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
  /**
   * @throws RenderRefused where the queue is full, the caller left, the worker was lost or the pool was closed; what
   * the worker threw otherwise.
   */
  render(task: Task, asked?: Asked): Promise<Buffer>;
  /** Ends all workers; what they render and what waits is refused. */
  close(): Promise<void>;
}

/** Nothing is wrong with the task: it may be asked for again. */
export class RenderRefused extends Error {
  override readonly name = 'RenderRefused';
}

interface Job<Task> {
  readonly task: Task;
  readonly resolve: (file: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** The answer of a worker. */
type Rendered = { readonly file: Uint8Array<ArrayBuffer> } | { readonly error: Error };

const defaultRestMs = 30_000;

/** Own code over `node:worker_threads`, for reasons in docs/decisions/0027. */
export function openRenderPool<Task>(settings: RenderPoolSettings): RenderPool<Task> {
  const line = openRenderLine<Job<Task>>(settings.queue);
  const threads = openThreads<Task>(settings, assign);
  let closed = false;

  function assign(): void {
    while (!closed && line.length > 0 && threads.isOneFree()) threads.free().take(line.shift()!);
  }

  return {
    get busy() {
      return threads.busy;
    },
    get idle() {
      return threads.idle;
    },
    get waiting() {
      return line.length;
    },
    render(task, { accountId, left } = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      if (closed) return Promise.reject(new RenderRefused('the service stops'));
      if (left?.aborted) return Promise.reject(new RenderRefused('the caller left'));
      const job = { task, resolve, reject };
      if (!line.push(accountId, job)) return Promise.reject(new RenderRefused('too many documents wait'));
      const leave = () => line.remove(job) && reject(new RenderRefused('the caller left'));
      left?.addEventListener('abort', leave, { once: true });
      assign();
      return promise.finally(() => left?.removeEventListener('abort', leave));
    },
    async close() {
      closed = true;
      for (let job = line.shift(); job; job = line.shift())
        job.reject(new RenderRefused('the service stops'));
      await threads.end('the service stops');
    },
  };
}

/** The threads that there are; `onChange` is told when one may be free. */
function openThreads<Task>(settings: RenderPoolSettings, onChange: () => void) {
  const all = new Set<Thread<Task>>();
  /** The one that rendered last is the first to render again, so that the others may rest. */
  const idle: Thread<Task>[] = [];

  function start(): Thread<Task> {
    const thread = startThread<Task>(settings, {
      onFree: () => {
        idle.push(thread);
        onChange();
      },
      onEnd: () => {
        all.delete(thread);
        if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
        onChange();
      },
    });
    all.add(thread);
    return thread;
  }

  return {
    get busy() {
      return all.size - idle.length;
    },
    get idle() {
      return idle.length;
    },
    isOneFree: () => idle.length > 0 || all.size < settings.workers,
    free: () => idle.pop() ?? start(),
    end: (reason: string) => Promise.all([...all].map((thread) => thread.end(reason))),
  };
}

interface Thread<Task> {
  take(job: Job<Task>): void;
  /** With its task, which is refused for this reason. */
  end(reason: string): Promise<unknown>;
}

/** `onFree` is told after each task that left the thread as it was, `onEnd` once, when it does not work any more. */
function startThread<Task>(
  settings: RenderPoolSettings,
  { onFree, onEnd }: { readonly onFree: () => void; readonly onEnd: () => void },
): Thread<Task> {
  const { deadlineMs, restMs = defaultRestMs, onLost, onRendered } = settings;
  const worker = startWorker(settings);
  let job: Job<Task> | undefined;
  let ended = false;
  let began = 0;
  let timer: NodeJS.Timeout | undefined;

  function end(reason: string, told?: typeof onLost): Promise<unknown> {
    const lost = job;
    const isFirst = !ended;
    ended = true;
    job = undefined;
    clearTimeout(timer);
    if (lost) told?.(reason);
    lost?.reject(new RenderRefused(reason));
    if (isFirst) onEnd();
    return worker.terminate();
  }
  worker.on('error', (error) => void end(error.message, onLost));
  worker.on('exit', (code) => void end(`the worker exited with ${code}`, onLost));
  worker.on('message', (rendered: Rendered) => {
    if (!job) return;
    const { resolve, reject } = job;
    job = undefined;
    clearTimeout(timer);
    timer = setTimeout(() => void end('rest'), restMs).unref();
    if ('error' in rendered) reject(rendered.error);
    else {
      onRendered?.((performance.now() - began) / 1_000);
      const { buffer, byteOffset, byteLength } = rendered.file;
      resolve(Buffer.from(buffer, byteOffset, byteLength));
    }
    onFree();
  });

  return {
    take(next) {
      clearTimeout(timer);
      job = next;
      began = performance.now();
      timer = setTimeout(() => void end(`not rendered within ${deadlineMs} ms`, onLost), deadlineMs);
      worker.postMessage(next.task);
    },
    end,
  };
}

function startWorker({ file, memoryMegabytes }: RenderPoolSettings): Worker {
  // Of the environment nothing but the folder of compiled modules: a renderer needs no password.
  // eslint-disable-next-line no-restricted-properties -- Node's own, which a worker takes from its environment
  const { NODE_COMPILE_CACHE } = process.env;
  const worker = new Worker(file, {
    name: 'render',
    env: { ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) },
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes },
  });
  worker.unref();
  return worker;
}
