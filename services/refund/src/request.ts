import { Refusal, type Tx } from '@accord/core';
import { mostEventBytes, type Event, type ReservationRefusalReason } from '@accord/events';
import type { Profile } from '@accord/profile';
import { contractsById, findBundles, findFacts } from './order-view.ts';
import { quoteInstances, storeQuote } from './quote.ts';
import {
  contractFinding,
  reason,
  type Facts,
  type LinkedContract,
  type Reason,
} from './refund/eligibility.ts';
import { insertRefund, lockKnownRefund, lockQuote, saveRefund } from './refund/refund-store.ts';
import {
  acceptReserved,
  asQuoted,
  refuse,
  requestRefund,
  type Refund,
  type RequestReason,
} from './refund/refund.ts';

// The order service holds every order of the instances, or none (EVT-20, EVT-23). On what it holds we decide
// once more, as of the quote's time: what was quoted is approved (or waits for a review), anything else is
// refused, and our refusal ends the holds.

/**
 * RFD-12, RFD-18. @throws Refusal `refund.quote_not_found`, `refund.quote_used`, those of `requestRefund`,
 * `refund.too_large`, `refund.trade_in_progress`.
 */
export async function request(
  tx: Tx,
  ask: { quoteId: string; reason: RequestReason; text: string | null },
): Promise<Refund> {
  const quote = await lockQuote(tx, ask.quoteId);
  if (quote.refundId)
    throw new Refusal('conflict', 'refund.quote_used', { quoteId: ask.quoteId, refundId: quote.refundId });
  const requested = requestRefund(quote, {
    reason: ask.reason,
    text: ask.text,
    by: `${tx.actor.kind}:${tx.actor.id}`,
    at: tx.now,
  });
  // EVT-5: what no event can say the order service would never hear of.
  if (Buffer.byteLength(JSON.stringify(requested.facts)) > mostEventBytes)
    throw new Refusal('invalid', 'refund.too_large', { quoteId: ask.quoteId });
  return insertRefund(tx, requested);
}

export async function onOrderReserved(
  tx: Tx,
  profile: Profile,
  { data }: Event<'order.reserved'>,
): Promise<void> {
  const refund = await lockWaiting(tx, data.holder);
  if (!refund) return;

  const facts = await reservedFacts(tx, refund, { data, timeZone: profile.timeZone });
  const again = quoteInstances(
    refund.instanceIds,
    facts,
    { at: refund.asOf, kind: refund.kind, self: refund.refundId },
    profile,
  );
  const reasons = again.flatMap((instance) => instance.reasons);
  if (reasons.length > 0) await saveRefund(tx, refuse(refund, { refusals: reasons, at: tx.now }));
  else if (!asQuoted(refund, again)) await refuseStale(tx, profile, refund, facts);
  else
    await saveRefund(
      tx,
      acceptReserved(refund, again, { reviewAbove: profile.refunds.reviewAbove, at: tx.now }),
    );
}

export async function onReservationRefused(
  tx: Tx,
  profile: Profile,
  { data }: Event<'order.reservation_refused'>,
): Promise<void> {
  const refund = await lockWaiting(tx, data.holder);
  if (!refund) return;
  const contractIds = data.refusals.flatMap(({ holder }) => (holder?.kind === 'contract' ? [holder.id] : []));
  const contracts = await contractsById(tx, contractIds);
  const refusals = data.refusals.map((refusal) => refusalReason(refusal, contracts, profile));
  await saveRefund(tx, refuse(refund, { refusals, at: tx.now }));
}

/**
 * The refund that the answer is for, while it waits for one; one that went on or ended meanwhile stays as it
 * is.
 */
async function lockWaiting(
  tx: Tx,
  holder: Event<'order.reserved'>['data']['holder'],
): Promise<Refund | undefined> {
  const refund = holder.kind === 'refund' ? await lockKnownRefund(tx, holder.id) : undefined;
  return refund?.status === 'requested' ? refund : undefined;
}

/** Orders and resources as they are held; what no reservation holds, as it is known here. */
async function reservedFacts(
  tx: Tx,
  refund: Refund,
  { data, timeZone }: { data: Event<'order.reserved'>['data']; timeZone: string },
): Promise<Facts> {
  const { accountId, instanceIds } = refund;
  const known = await findFacts(tx, { accountId, instanceIds, timeZone });
  const { orders, resources } = data;
  const bundles = await findBundles(tx, accountId, orders);
  return { ...known, orders, resources, bundles, refundsThisYear: known.refundsThisYear - 1 };
}

async function refuseStale(tx: Tx, profile: Profile, refund: Refund, facts: Facts): Promise<void> {
  const fresh = quoteInstances(
    refund.instanceIds,
    facts,
    { at: tx.now, kind: refund.kind, self: refund.refundId },
    profile,
  );
  const { quoteId } = await storeQuote(tx, refund.accountId, fresh);
  const stale = reason('QUOTE_STALE', null, { remedy: 'accept_new_quote', facts: { newQuoteId: quoteId } });
  await saveRefund(tx, refuse(refund, { refusals: [stale], newQuoteId: quoteId, at: tx.now }));
}

const codes = {
  'order.held_by_contract': 'CONTRACT_LINKED',
  'order.held_by_refund': 'TRADE_IN_PROGRESS',
  'order.instance_busy': 'TRADE_IN_PROGRESS',
  'order.cancelled': 'UNPAID',
  'order.voided': 'INSTANCE_NOT_FOUND',
  'order.not_found': 'INSTANCE_NOT_FOUND',
  'holder.ended': 'TRADE_IN_PROGRESS',
  'holder.too_large': 'PRODUCT_NOT_SUPPORTED',
} as const;

const remedies = {
  TRADE_IN_PROGRESS: 'finish_open_order',
  UNPAID: 'pay_or_cancel_order',
  INSTANCE_NOT_FOUND: 'check_instance_id',
  PRODUCT_NOT_SUPPORTED: 'ask_support',
} as const;

/** What the order service says, in the words of RFD-3. */
function refusalReason(
  refusal: ReservationRefusalReason,
  contracts: readonly LinkedContract[],
  profile: Profile,
): Reason {
  const code = codes[refusal.code];
  const orderId = refusal.orderId ?? undefined;
  if (code === 'CONTRACT_LINKED') {
    return reason(code, refusal.instanceId, {
      orderId,
      ...contractFinding(refusal.holder?.id ?? '', contracts, profile),
    });
  }
  const running =
    refusal.holder?.kind === 'refund'
      ? { remedy: 'await_running_refund' as const, facts: { refundId: refusal.holder.id } }
      : undefined;
  return reason(code, refusal.instanceId, {
    remedy: remedies[code],
    ...(orderId && { orderId, facts: { orderId } }),
    ...running,
  });
}
