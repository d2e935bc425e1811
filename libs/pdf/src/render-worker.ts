import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

/** Of a thread that renders, where the system knows a thread's own: it leaves the processor to those that wait. */
const niceness = 10;

/** In a worker of a render pool: renders each task that comes. Elsewhere it does nothing. */
export function serveRendering<Task>(render: (task: Task) => Promise<Buffer>): void {
  if (parentPort && process.platform === 'linux') setPriority(0, niceness);
  parentPort?.on('message', (task: Task) => {
    render(task).then(
      (file) => {
        // Memory that only this file lies in is moved and not copied.
        const whole = file.byteLength === file.buffer.byteLength ? file : Uint8Array.from(file);
        parentPort!.postMessage({ file: whole }, [whole.buffer as ArrayBuffer]);
      },
      (error: unknown) => parentPort!.postMessage({ error }),
    );
  });
}
