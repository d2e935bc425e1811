import { actorId, Refusal, type Tx, type Worker } from '@accord/core';
import { fitsEvent, type Event, type EventAbout } from '@accord/events';
import type { ReservationRefusalReason } from '@accord/events/reservation';
import type { Subscriptions } from '@accord/messaging';
import { returnsDifference, type Profile } from '@accord/profile';
import { post } from './ledger-store.ts';
import { findFacts, listBundleInstances, listBundles, listContracts } from './order-view.ts';
import { afterLine, isWithinPaid, untouched } from './refund/amount.ts';
import type { LinkedContract, Order } from './refund/candidate.ts';
import { linkedContract, refusalReason, type RefusalReason } from './refund/eligibility.ts';
import { countRefundsOfYear, lockQuota } from './refund/quota-store.ts';
import { insertQuote, lockQuote } from './refund/quote-store.ts';
import { knownFacts, makeQuote, quoteInstances, type Quote, type QuoteFacts } from './refund/quote.ts';
import {
  insertRefund,
  listPayable,
  listSettledDowngrades,
  lockRefundedOrders,
  lockRefundIfKnown,
  saveRefund,
  saveRefundedOrders,
  sumRecentRefunds,
} from './refund/refund-store.ts';
import {
  acceptReserved,
  failRefund,
  notRefundable,
  refuseRefund,
  requestRefund,
  succeedRefund,
  type Refund,
  type RequestReason,
} from './refund/refund.ts';
import { decideAgain, lockRefundAndFacts, lookAgain } from './second-look.ts';

// A quote is made of what events told, without effect; the request for it asks the order service.
//
// The order service holds every order of the instances, or none (EVT-20, EVT-23). On what it holds we decide
// once more, as of the quote's time: what was quoted is approved (or waits for a review: review.ts), anything else
// is refused, and our refusal ends the holds. `refund.approved` wakes `payout`, at the end of this file, which pays.

type Ask = {
  accountId: string;
  kind: 'unsubscribe' | 'renewal_only';
  instanceIds?: readonly string[];
  bundleId?: string;
};

/** RFD-1, RFD-9. @throws Refusal `refund.mixed_currencies`, `refund.bundle_not_found`. */
export async function quote(tx: Tx, profile: Profile, { accountId, kind, ...ask }: Ask): Promise<Quote> {
  const instanceIds = ask.instanceIds ?? (await instancesOfBundle(tx, accountId, ask.bundleId ?? ''));
  const facts = await findFacts(tx, { accountId, instanceIds, timeZone: profile.timeZone });
  const instances = quoteInstances(instanceIds, facts, { at: tx.now, kind }, profile);
  return insertQuote(tx, makeQuote({ accountId, kind, at: tx.now }, instances));
}

async function instancesOfBundle(tx: Tx, accountId: string, bundleId: string): Promise<string[]> {
  const instanceIds = await listBundleInstances(tx, accountId, bundleId);
  if (instanceIds.length === 0) throw new Refusal('not_found', 'refund.bundle_not_found', { bundleId });
  return instanceIds;
}

/**
 * RFD-12, RFD-18.
 *
 * @throws Refusal `refund.quote_not_found`, `refund.quote_used`, those of `requestRefund` and of the quota,
 * `refund.too_large`, `refund.trade_in_progress`.
 */
export async function request(
  tx: Tx,
  profile: Profile,
  { quoteId, reason, text }: { quoteId: string; reason: RequestReason; text: string | null },
): Promise<Refund> {
  const quote = await lockQuote(tx, quoteId);
  if (quote.refundId)
    throw new Refusal('conflict', 'refund.quote_used', { quoteId, refundId: quote.refundId });
  const requested = requestRefund(quote, { reason, text, by: actorId(tx.actor), at: tx.now });
  await expectQuota(tx, profile, quote);
  // EVT-5: a request that no event can say would never reach the order service.
  if (!fitsEvent(requested.facts)) throw new Refusal('invalid', 'refund.too_large', { quoteId });
  return insertRefund(tx, requested);
}

/**
 * RFD-3: the refunds of an account are never more than its quota, however many are asked for at one time; one that was
 * asked for keeps its place until it ends without success.
 *
 * @throws Refusal `refund.not_refundable`.
 */
async function expectQuota(tx: Tx, { refunds, timeZone }: Profile, { accountId, instances }: Quote) {
  if (refunds.yearlyQuota === null) return;
  lockQuota(tx, accountId);
  if ((await countRefundsOfYear(tx, { accountId, timeZone })) < refunds.yearlyQuota) return;
  const why = { remedy: 'await_next_year' } as const;
  throw notRefundable(instances.map(({ instanceId }) => refusalReason('QUOTA_EXHAUSTED', instanceId, why)));
}

const onOrderReserved =
  (profile: Profile) =>
  async (tx: Tx, { data }: Event<'order.reserved'>): Promise<void> => {
    const refund = await lockWaiting(tx, data.holder);
    if (!refund) return;
    await expectSettled(tx, data.orders);

    const { reviewAbove, abuse } = profile.refunds;
    const [facts, recent] = await Promise.all([
      reservedFacts(tx, profile, { refund, reserved: data }),
      sumRecentRefunds(tx, refund.accountId, (abuse?.sum ?? reviewAbove).currency),
    ]);
    const { again, refusals, newQuoteId } = decideAgain(tx, profile, { refund, facts, mayDiffer: true });
    if (refusals.length > 0) {
      saveRefund(tx, refuseRefund(refund, { refusals, newQuoteId, at: tx.now }));
      return;
    }
    const known = {
      recent,
      reservedFacts: knownFacts(refund.instanceIds, facts),
      orderIds: data.orders.map(({ orderId }) => orderId),
    };
    const accepted = acceptReserved(refund, again, { rules: profile.refunds, ...known, at: tx.now });
    const fits = fitsEvent(accepted.facts); // with orders that the request had not seen
    saveRefund(tx, fits ? accepted : refuseRefund(refund, { refusals: [tooLarge(null)], at: tx.now }));
  };

const tooLarge = (instanceId: string | null): RefusalReason =>
  refusalReason('PRODUCT_NOT_SUPPORTED', instanceId, {
    remedy: 'ask_support',
    facts: { tooManyOrders: 'yes' },
  });

/**
 * ORD-24: a difference that still has to come back goes first, for the refund is what is left after it.
 *
 * @throws Refusal `refund.difference_to_come`: the downgrade's `order.fulfilled` is on its way.
 */
async function expectSettled(tx: Tx, orders: readonly Order[]): Promise<void> {
  const downgrades = orders.filter(returnsDifference).map(({ orderId }) => orderId);
  if (downgrades.length === 0) return;
  const settled = new Set((await listSettledDowngrades(tx, downgrades)).map(({ orderId }) => orderId));
  const orderId = downgrades.find((id) => !settled.has(id));
  if (orderId) throw new Refusal('conflict', 'refund.difference_to_come', { orderId });
}

const onReservationRefused =
  (profile: Profile) =>
  async (tx: Tx, { data }: Event<'order.reservation_refused'>): Promise<void> => {
    const refund = await lockWaiting(tx, data.holder);
    if (!refund) return;
    const contractIds = data.refusals.flatMap(({ holder }) =>
      holder?.kind === 'contract' ? [holder.id] : [],
    );
    const contracts = await listContracts(tx, contractIds);
    const refusals = data.refusals.map((reason) => toRefusalReason(reason, contracts, profile));
    saveRefund(tx, refuseRefund(refund, { refusals, at: tx.now }));
  };

/**
 * The refund that the answer is for, while it waits for one; one that went on or ended meanwhile stays as it
 * is.
 */
async function lockWaiting(
  tx: Tx,
  holder: Event<'order.reserved'>['data']['holder'],
): Promise<Refund | undefined> {
  const refund = holder.kind === 'refund' ? await lockRefundIfKnown(tx, holder.id) : undefined;
  return refund?.status === 'requested' ? refund : undefined;
}

/** Orders and resources as they are held; all that no reservation holds, as it is known here. */
async function reservedFacts(
  tx: Tx,
  { timeZone }: Profile,
  { refund, reserved }: { refund: Refund; reserved: Event<'order.reserved'>['data'] },
): Promise<QuoteFacts> {
  const { accountId, instanceIds, refundId: self } = refund;
  const { orders, resources } = reserved;
  const known = await findFacts(tx, { accountId, instanceIds, timeZone, self });
  const bundles = await listBundles(tx, accountId, orders);
  return { ...known, orders, resources, bundles };
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
} as const satisfies Readonly<Record<ReservationRefusalReason['code'], RefusalReason['code']>>;

const remedies = {
  TRADE_IN_PROGRESS: 'finish_open_order',
  UNPAID: 'pay_or_cancel_order',
  INSTANCE_NOT_FOUND: 'check_instance_id',
  PRODUCT_NOT_SUPPORTED: 'ask_support',
} as const;

/** A reason of the order service, in the codes of RFD-3. */
function toRefusalReason(
  { code: told, instanceId, orderId, holder }: ReservationRefusalReason,
  contracts: readonly LinkedContract[],
  profile: Profile,
): RefusalReason {
  const code = codes[told];
  if (code === 'CONTRACT_LINKED') {
    const linked = linkedContract(holder?.id ?? '', contracts, profile);
    return refusalReason(code, instanceId, { orderId, ...linked });
  }
  if (told === 'order.voided')
    return refusalReason(code, instanceId, { orderId, facts: { endedOrder: orderId ?? '' } });
  if (told === 'holder.too_large') return tooLarge(instanceId);
  const running =
    holder?.kind === 'refund'
      ? { remedy: 'await_running_refund' as const, facts: { refundId: holder.id } }
      : undefined;
  return refusalReason(code, instanceId, {
    remedy: remedies[code],
    ...(orderId && { orderId, facts: { orderId } }),
    ...running,
  });
}

const holderRows = ({ data }: Event<EventAbout<'reservation'>>) => [data.holder.id];

export const refundRequestSubscriptions = (profile: Profile): Subscriptions => ({
  'order.reserved': { on: onOrderReserved(profile), locks: holderRows },
  'order.reservation_refused': { on: onReservationRefused(profile), locks: holderRows },
});

/** Pays what is approved, to the account's balance, in the transaction that ends the refund (RFD-15). */
export const payout = (profile: Profile): Worker => ({
  name: 'payout',
  everyMs: 1000,
  wakesOn: ['refund.approved'],
  due: listPayable,
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'payout', accountId }, (tx) => pay(tx, profile, { refundId: id })),
});

/** RFD-13: not where facts are against it by now, or give another amount than was approved. */
async function pay(tx: Tx, profile: Profile, { refundId }: { refundId: string }): Promise<void> {
  const refund = await lockRefundAndFacts(tx, refundId);
  const { status, orderIds } = refund;
  if (status !== 'approved' && status !== 'paying') return;
  const { facts, ...against } = await lookAgain(tx, profile, refund);
  if (against.refusals.length > 0) {
    const why = { ...against, at: tx.now };
    const failure = 'refund.not_refundable';
    saveRefund(
      tx,
      status === 'approved' ? refuseRefund(refund, why) : failRefund(refund, { ...why, failure }),
    );
    return;
  }
  const orders = facts.orders.filter(({ orderId }) => orderIds.includes(orderId));
  const paid = await giveBack(tx, refund, { orders, orderId: null });
  const end = paid
    ? succeedRefund(refund, { at: tx.now })
    : failRefund(refund, { failure: 'refund.exceeds_paid', at: tx.now });
  saveRefund(tx, end);
}

/**
 * Records what the refund's `orders` give back, and posts it to the account's funds; the ledger takes each refund once
 * (EVT-33). `orderId`: of a refund that came by itself, the order that it came by.
 *
 * @returns false, and nothing done, where an order would give back more than was paid (RFD-20).
 */
export async function giveBack(
  tx: Tx,
  { refundId, accountId, split, lines }: Refund,
  { orders, orderId }: { orders: readonly Order[]; orderId: string | null },
): Promise<boolean> {
  const giving = orders.filter((order) => lines.some((line) => line.orderId === order.orderId));
  const before = await lockRefundedOrders(
    tx,
    giving.map((order) => order.orderId),
  );
  const after = giving.map((order) => {
    const soFar = before.find((one) => one.orderId === order.orderId) ?? untouched(order);
    return lines.filter((line) => line.orderId === order.orderId).reduce(afterLine, soFar);
  });
  if (!after.every(isWithinPaid)) return false;
  saveRefundedOrders(tx, accountId, after);
  await post(tx, accountId, { cause: { kind: 'refund', refundId, orderId }, split });
  return true;
}

declare module '@accord/core' {
  interface RefusalCodes {
    /** No caller gets it: an event is refused by it, and tried again. */
    'refund.difference_to_come': true;
  }
}
