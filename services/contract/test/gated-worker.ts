import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveRendering } from '@accord/pdf/pool';
import { renderDocument } from '../src/document/document.ts';
import type { RenderTask } from '../src/document/render-worker.ts';

const never = new Int32Array(new SharedArrayBuffer(4));

/** A render worker that a test moves by files in a folder: `die` ends it once, and it stands still while `closed`. */
export function serveBehindGate(folder: string): void {
  serveRendering(({ content, signature }: RenderTask) => {
    writeFileSync(join(folder, `began ${content.number}`), '');
    if (existsSync(join(folder, 'die'))) {
      rmSync(join(folder, 'die'));
      process.exit(3);
    }
    // Takes the whole thread, as the longest document does.
    while (existsSync(join(folder, 'closed'))) Atomics.wait(never, 0, 0, 5);
    return renderDocument(content, signature);
  });
}
