import { Refusal } from '@accord/core';
import type { DocumentContent } from './content.ts';
import { renderDocument } from './document.ts';

const atOnce = 1;
const mostWaiting = 32;
const mostOfAnAccount = 3;

let rendering = 0;
const waiting: (() => void)[] = [];
/** How many each account has asked for and not got yet. */
const asked = new Map<string, number>();

/**
 * Drafts are rendered anew for whoever downloads them, and a long one takes this process's thread for a
 * second, in slices: one at a time, so that downloads hold up the rest less, and a few of one account, so
 * that it holds up no other's (API-11).
 *
 * @throws Refusal 503 `server.unavailable` where too many wait already.
 */
export async function renderInTurn(content: DocumentContent, accountId: string): Promise<Buffer> {
  const ofAccount = (asked.get(accountId) ?? 0) + 1;
  if (ofAccount > mostOfAnAccount || waiting.length >= mostWaiting)
    throw new Refusal('unavailable', 'server.unavailable');
  asked.set(accountId, ofAccount);
  if (rendering >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else rendering += 1;
  try {
    return await renderDocument(content);
  } finally {
    const left = asked.get(accountId)! - 1;
    if (left === 0) asked.delete(accountId);
    else asked.set(accountId, left);
    const next = waiting.shift();
    if (next) next();
    else rendering -= 1;
  }
}
