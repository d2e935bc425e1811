import { newId, Refusal, type Tx } from '@accord/core';
import type { Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import { findBundleInstances, findFacts } from './order-view.ts';
import { lineOf, total, type Amounts, type Line } from './refund/amount.ts';
import {
  originOf,
  packageUsed,
  reasonsAgainst,
  type Candidate,
  type Facts,
  type Reason,
  type RefundKind,
} from './refund/eligibility.ts';
import { insertQuote } from './refund/refund-store.ts';

export const quoteLivesMs = 15 * 60_000;

/**
 * `amounts` and `lines` are what would come back were the reasons mended; null and none where the instance is
 * not found (RFD-4).
 */
export interface InstanceQuote {
  readonly instanceId: string;
  readonly refundable: boolean;
  readonly reasons: readonly Reason[];
  readonly amounts: Amounts | null;
  readonly lines: readonly Line[];
}

export interface Quote {
  readonly quoteId: string;
  readonly accountId: string;
  readonly kind: RefundKind;
  readonly instances: readonly InstanceQuote[];
  /** The refundable instances together; null where there is none. */
  readonly total: Amounts | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** RFD-1. @throws Refusal `refund.mixed_currencies`, `refund.bundle_not_found`. */
export async function quote(
  tx: Tx,
  profile: Profile,
  ask: { accountId: string; instanceIds?: readonly string[]; bundleId?: string },
): Promise<Quote> {
  const instanceIds = ask.instanceIds ?? (await instancesOfBundle(tx, ask.accountId, ask.bundleId ?? ''));
  const facts = await findFacts(tx, { accountId: ask.accountId, instanceIds, timeZone: profile.timeZone });
  return storeQuote(
    tx,
    ask.accountId,
    quoteInstances(instanceIds, facts, { at: tx.now, kind: 'unsubscribe' }, profile),
  );
}

export async function storeQuote(
  tx: Tx,
  accountId: string,
  instances: readonly InstanceQuote[],
): Promise<Quote> {
  const refundable = instances.flatMap((instance) =>
    instance.refundable && instance.amounts ? [instance.amounts] : [],
  );
  const currencies = new Set(instances.flatMap(({ amounts }) => amounts?.refund.currency ?? []));
  if (currencies.size > 1)
    throw new Refusal('invalid', 'refund.mixed_currencies', { currencies: [...currencies].join(', ') });
  const made: Quote = {
    quoteId: newId('rfq'),
    accountId,
    kind: 'unsubscribe',
    instances,
    total: refundable[0] ? total(refundable, refundable[0].refund.currency) : null,
    createdAt: tx.now,
    expiresAt: new Date(tx.now.getTime() + quoteLivesMs),
  };
  await insertQuote(tx, made);
  return made;
}

/**
 * Pure: what each instance would give back at `ask.at`, and everything against it. `ask.self` is the refund
 * that asks again (RFD-12).
 */
export function quoteInstances(
  instanceIds: readonly string[],
  facts: Facts,
  ask: { at: Date; kind: RefundKind; self?: string },
  profile: Profile,
): InstanceQuote[] {
  const together = new Set(instanceIds);
  return instanceIds.map((instanceId) => {
    const candidate = candidateOf(instanceId, together, facts, ask);
    const lines = linesOf(candidate, profile);
    const origin = originOf(candidate);
    const amounts = origin && total(lines, currencyOf(lines, origin.cashPaid));
    const reasons = reasonsAgainst({ ...candidate, amounts }, profile);
    if (reasons.some(({ code }) => code === 'INSTANCE_NOT_FOUND'))
      return { instanceId, refundable: false, reasons, amounts: null, lines: [] };
    return { instanceId, refundable: reasons.length === 0, reasons, amounts: amounts ?? null, lines };
  });
}

/** A line for each paid order of the instance's whole life, one that gives nothing back included (RFD-5). */
const linesOf = (candidate: Candidate, profile: Profile): Line[] => {
  const { instanceId, at } = candidate;
  const paid = candidate.orders.filter(({ status }) => status === 'paid');
  return paid.map((order) =>
    lineOf(order, { instanceId, at, packageUsed: packageUsed(candidate, order, profile) }, profile.refunds),
  );
};

function candidateOf(
  instanceId: string,
  together: ReadonlySet<string>,
  facts: Facts,
  ask: { at: Date; kind: RefundKind; self?: string },
): Candidate {
  const living = facts.orders.filter(
    ({ instanceIds, status }) =>
      instanceIds.includes(instanceId) && (status === 'unpaid' || status === 'paid'),
  );
  const claim = facts.claims.find((known) => known.instanceId === instanceId);
  return {
    instanceId,
    together,
    at: ask.at,
    kind: ask.kind,
    self: ask.self,
    orders: living.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
    resource: facts.resources.find((known) => known.instanceId === instanceId),
    claim: claim?.refundId === ask.self ? undefined : claim,
    contracts: facts.contracts,
    bundles: facts.bundles,
    refundsThisYear: facts.refundsThisYear,
    amounts: undefined,
  };
}

function currencyOf(lines: readonly Line[], fallback: Money): string {
  const currencies = [...new Set(lines.map(({ paid }) => paid.currency))];
  if (currencies.length > 1)
    throw new Refusal('invalid', 'refund.mixed_currencies', { currencies: currencies.join(', ') });
  return currencies[0] ?? fallback.currency;
}

async function instancesOfBundle(tx: Tx, accountId: string, bundleId: string): Promise<string[]> {
  const instanceIds = await findBundleInstances(tx, accountId, bundleId);
  if (instanceIds.length === 0) throw new Refusal('not_found', 'refund.bundle_not_found', { bundleId });
  return instanceIds;
}
