// The floor of drafts: threads that render the same content again and again, without the service.
import { Worker } from 'node:worker_threads';

export interface BareRendererAsk {
  /** A task of the service, as its worker takes it. */
  readonly task: object;
  readonly workers: number;
  readonly ms: number;
}

export interface BareRendered {
  readonly perSecond: number;
  /** Of one file, s, each; those of the first round with the start left out. */
  readonly seconds: readonly number[];
}

const file = new URL('../../services/contract/src/document/render-worker.ts', import.meta.url);

function ready(): Worker {
  const worker = new Worker(file);
  worker.on('error', (error) => {
    throw error;
  });
  return worker;
}

const once = (worker: Worker, task: object) =>
  new Promise<number>((resolve) => {
    const began = performance.now();
    worker.once('message', () => resolve((performance.now() - began) / 1_000));
    worker.postMessage(task);
  });

async function render({ task, workers, ms }: BareRendererAsk): Promise<BareRendered> {
  const threads = Array.from({ length: workers }, ready);
  await Promise.all(threads.map((thread) => once(thread, task)));
  const began = performance.now();
  const seconds: number[] = [];
  await Promise.all(
    threads.map(async (thread) => {
      while (performance.now() - began < ms) seconds.push(await once(thread, task));
    }),
  );
  const perSecond = (seconds.length * 1_000) / (performance.now() - began);
  await Promise.all(threads.map((thread) => thread.terminate()));
  return { perSecond, seconds };
}

process.on('message', (ask: BareRendererAsk) => void render(ask).then((rendered) => process.send!(rendered)));
