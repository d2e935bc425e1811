import { Refusal } from '@accord/platform';
import type { DocumentContent } from './content.ts';
import { renderDocument } from './document.ts';

const atOnce = 2;
const mostWaiting = 16;

let rendering = 0;
const waiting: (() => void)[] = [];

/**
 * Drafts are rendered anew for whoever downloads them, and a long one takes a processor for a second: a few at a time, so that no downloads hold up
 * everything else (API-11).
 *
 * @throws Refusal 503 `server.unavailable` where too many wait already.
 */
export async function renderInTurn(content: DocumentContent): Promise<Buffer> {
  if (rendering >= atOnce) {
    if (waiting.length >= mostWaiting) throw new Refusal('unavailable', 'server.unavailable');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else rendering += 1;
  try {
    return await renderDocument(content);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else rendering -= 1;
  }
}
