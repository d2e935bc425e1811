import { Refusal, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { findFacts, listBundleInstances } from './order-view.ts';
import { insertQuote } from './refund/quote-store.ts';
import { makeQuote, quoteInstances, type Quote } from './refund/quote.ts';

// A quote is made from what events told, without effect; the request asks the order service (EVT-20).

type Ask = { accountId: string; instanceIds?: readonly string[]; bundleId?: string };

/** RFD-1. @throws Refusal `refund.mixed_currencies`, `refund.bundle_not_found`. */
export async function quote(tx: Tx, profile: Profile, { accountId, ...ask }: Ask): Promise<Quote> {
  const instanceIds = ask.instanceIds ?? (await instancesOfBundle(tx, accountId, ask.bundleId ?? ''));
  const facts = await findFacts(tx, { accountId, instanceIds, timeZone: profile.timeZone });
  const instances = quoteInstances(instanceIds, facts, { at: tx.now, kind: 'unsubscribe' }, profile);
  return insertQuote(tx, makeQuote(accountId, instances, tx.now));
}

async function instancesOfBundle(tx: Tx, accountId: string, bundleId: string): Promise<string[]> {
  const instanceIds = await listBundleInstances(tx, accountId, bundleId);
  if (instanceIds.length === 0) throw new Refusal('not_found', 'refund.bundle_not_found', { bundleId });
  return instanceIds;
}
