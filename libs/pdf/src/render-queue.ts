import { Refusal } from '@accord/core';

const atOnce = 1;
const mostWaiting = 32;
const mostOfAnAccount = 3;

let rendering = 0;
const waiting: (() => void)[] = [];
/** By account, the number of documents that were asked for and are not rendered yet. */
const asked = new Map<string, number>();

/**
 * Rendering for a download takes this process's thread, for a second where a document is long, in slices. So
 * one is rendered at a time, which leaves most of the thread to other requests, and a few at most wait for one
 * account, which leaves room for the others (API-11).
 *
 * @throws Refusal 503 `server.unavailable` where too many wait already.
 */
export async function renderInTurn(accountId: string, render: () => Promise<Buffer>): Promise<Buffer> {
  const ofAccount = (asked.get(accountId) ?? 0) + 1;
  if (ofAccount > mostOfAnAccount || waiting.length >= mostWaiting)
    throw new Refusal('unavailable', 'server.unavailable');
  asked.set(accountId, ofAccount);
  if (rendering >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else rendering += 1;
  try {
    return await render();
  } finally {
    const left = asked.get(accountId)! - 1;
    if (left === 0) asked.delete(accountId);
    else asked.set(accountId, left);
    const next = waiting.shift();
    if (next) next();
    else rendering -= 1;
  }
}
