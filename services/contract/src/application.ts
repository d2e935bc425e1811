import { newId, type Tx } from '@accord/core';
import type { Event, EventAbout } from '@accord/events';
import type { ContractRefusalCode, ContractRefusalReason } from '@accord/events/contract';
import type { ReservationRefusalCode, ReservationRefusalReason } from '@accord/events/reservation';
import type { Subscriptions } from '@accord/messaging';
import { loadGlyphCheck } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { isCertified, partyOf, type Account } from './account/account.ts';
import { findAddressedAccount } from './addresses.ts';
import { inContract, refusalOf, type ApplicationRefusalReason } from './application-refusal.ts';
import { draftOverBills, findAskedBills } from './bill-contracts.ts';
import { splitBills } from './bill/contract-bills.ts';
import type { VoidRules } from './contract/contract-end.ts';
import {
  claimOrders,
  findLiveContracts,
  keepReserved,
  listContractOrders,
  listUnreleased,
  markNeverHeld,
  type Claim,
} from './contract/contract-orders-store.ts';
import {
  asDrafted,
  changedOrders,
  earliestPayBy,
  splitOrders,
  withLaterFacts,
  type Part,
} from './contract/contract-orders.ts';
import {
  findContracts,
  insertContract,
  lockContractIfKnown,
  nextNumber,
  saveContract,
} from './contract/contract-store.ts';
import { draftContract, refuseContract, requestContract, type Contract } from './contract/contract.ts';
import type { DocumentLanguage } from './document/content.ts';
import { printedOf, reasonsAgainstApplication, reasonsAgainstPrinting, type AskedFor } from './objections.ts';
import { recordOrRefuse } from './offline-recording.ts';
import { findOrders, type Order } from './order-view.ts';

// Applying is the reservation saga (EVT-20). An application that the local view shows to be impossible is
// refused at once; else it is `requested`, and the order service answers for all the orders together: held, or
// not and why. The reserved orders are decided on again (CTR-4). Bills are taken here and now.

interface Application {
  readonly accountId: string;
  readonly orderIds: readonly string[];
  readonly billIds: readonly string[];
  /** Of the address book; undefined: its default (CTR-11). */
  readonly addressId: string | undefined;
}

interface Assessment {
  /** With the address that its contracts will print. */
  readonly account: Account | undefined;
  readonly asked: AskedFor;
  readonly reasons: readonly ApplicationRefusalReason[];
}

/** CTR-3: all reasons against the application, by the local view. @throws Refusal `address.not_found` */
async function assess(
  tx: Tx,
  profile: Profile,
  { accountId, orderIds, billIds, addressId }: Application,
  { toTake }: { readonly toTake: boolean },
): Promise<Assessment> {
  const ids = [...new Set(orderIds)];
  const account = await findAddressedAccount(tx, { accountId, addressId });
  const bills = await findAskedBills(tx, { accountId, billIds }, { toTake });
  const orders = new Map(
    (await findOrders(tx, { accountId, orderIds: ids })).map((order) => [order.orderId, order]),
  );
  const live = await findLiveContracts(tx, [...orders.keys()]);
  const askedOrders = ids.map((orderId) => ({
    orderId,
    order: orders.get(orderId),
    live: live.get(orderId) ?? null,
  }));
  const asked = { orders: askedOrders, bills };
  const reasons = reasonsAgainstApplication(asked, account, profile);
  // Orders that do not fit one event are not searched for characters either: it would take too long.
  if (reasons.some(({ code }) => code === 'contract.too_large')) return { account, asked, reasons };
  const missingGlyphs = await loadGlyphCheck();
  const unprintable = reasonsAgainstPrinting(asked, account, profile, missingGlyphs);
  return { account, asked, reasons: [...reasons, ...unprintable] };
}

interface Preview {
  readonly parts: readonly Part[];
  readonly reasons: readonly ApplicationRefusalReason[];
}

/**
 * CTR-2: the split of the orders and bills that no reason is against, and all reasons against the others and the
 * account.
 * Creates nothing.
 *
 * @throws Refusal `address.not_found`
 */
export async function previewApplication(tx: Tx, profile: Profile, ask: Application): Promise<Preview> {
  const { asked, reasons } = await assess(tx, profile, ask, { toTake: false });
  const refused = new Set(reasons.flatMap(({ orderId, billId }) => orderId ?? billId ?? []));
  const orders = asked.orders.flatMap(({ orderId, order }) =>
    order && !refused.has(orderId) ? [order] : [],
  );
  const bills = asked.bills.flatMap(({ billId, bill }) => (bill && !refused.has(billId) ? [bill] : []));
  return { parts: [...splitOrders(orders), ...splitBills(bills)], reasons };
}

/**
 * CTR-1 to CTR-5: requests one contract per kind and invoicing entity, or none at all. Over bills they are drafts at
 * once.
 *
 * @throws Refusal `address.not_found`; with the one code that all reasons share, or
 * `contract.application_refused`; `refusals` lists every one.
 */
export async function apply(
  tx: Tx,
  profile: Profile,
  ask: Application & { readonly language: DocumentLanguage },
): Promise<Contract[]> {
  const { accountId, language } = ask;
  const { account, asked, reasons } = await assess(tx, profile, ask, { toTake: true });
  if (reasons.length > 0 || !isCertified(account)) throw refusalOf(reasons);

  const parts = splitOrders(asked.orders.flatMap(({ order }) => order ?? [])).map((part) => ({
    ...part,
    contractId: newId('ctr'),
  }));
  const claims = parts.flatMap(({ orders, contractId }) =>
    orders.map(({ orderId }) => ({ orderId, contractId, accountId })),
  );
  await claimAll(tx, profile.contracts, claims);
  const earlier = await listUnreleased(
    tx,
    asked.orders.map(({ orderId }) => orderId),
  );

  const common = { accountId, language, partyA: partyOf(account), createdAt: tx.now };
  const requested = parts.map(({ orders, bills, ...part }) => {
    const orderIds = orders.map(({ orderId }) => orderId);
    const earlierEnded = earlier.filter(({ orderId }) => orderIds.includes(orderId));
    const request = requestContract({ ...common, ...part, orderIds, billIds: [] }, { earlierEnded });
    return insertContract(tx, request, { orders, bills });
  });
  const drafts = await draftOverBills(
    tx,
    profile,
    common,
    asked.bills.flatMap(({ bill }) => bill ?? []),
  );
  return [...requested, ...drafts];
}

/** Of two applications racing for one order, the later to claim it loses here (CTR-4). */
async function claimAll(tx: Tx, rules: VoidRules, claims: readonly Claim[]): Promise<void> {
  const lost = await claimOrders(tx, claims);
  if (lost.length === 0) return;
  const winners = await findLiveContracts(tx, lost);
  throw refusalOf(lost.map((orderId) => inContract({ orderId }, winners.get(orderId), rules)));
}

/** All orders are held by the contract. One that ended meanwhile stays as it ended; its end releases them. */
const onOrderReserved =
  (profile: Profile) =>
  async (tx: Tx, { data: { holder, orders } }: Event<'order.reserved'>): Promise<void> => {
    if (holder.kind === 'contract')
      await draftOrRefuse(tx, profile, { contractId: holder.id, reserved: orders });
  };

/** An order's own event may have come before this answer, and tell more. */
async function draftOrRefuse(
  tx: Tx,
  profile: Profile,
  { contractId, reserved: answered }: { contractId: string; reserved: readonly Order[] },
): Promise<void> {
  const contract = await lockContractIfKnown(tx, contractId);
  if (contract?.status !== 'requested') return;
  if (contract.kind === 'offline') return recordOrRefuse(tx, contract, answered);
  const [known, decided, missingGlyphs] = await Promise.all([
    findOrders(tx, contract),
    listContractOrders(tx, contractId),
    loadGlyphCheck(),
  ]);
  const reserved = withLaterFacts(answered, known);
  const refusal = (orderId: string, code: ContractRefusalCode) => ({
    orderId,
    code,
    contractId: null,
    contractNumber: null,
  });
  const refusals = [
    ...changedOrders(decided, reserved).map((orderId) => refusal(orderId, 'contract.order_changed')),
    ...reserved
      .filter((order) => missingGlyphs(printedOf(order)))
      .map(({ orderId }) => refusal(orderId, 'contract.unprintable')),
  ];
  if (refusals.length > 0) {
    saveContract(tx, refuseContract(contract, refusals));
    return;
  }
  const drafted = asDrafted(reserved, profile);
  keepReserved(tx, contractId, drafted);
  const payBy = contract.kind === 'payment_request' ? earliestPayBy(drafted) : null;
  saveContract(tx, draftContract(contract, { number: await nextNumber(tx, profile), payBy, at: tx.now }));
}

/** None of the orders is held by the contract, now or later. */
async function onReservationRefused(tx: Tx, { data }: Event<'order.reservation_refused'>): Promise<void> {
  if (data.holder.kind !== 'contract') return;
  const contract = await lockContractIfKnown(tx, data.holder.id);
  markNeverHeld(tx, data.holder.id);
  if (!contract) return;
  const holders = data.refusals.flatMap(({ holder }) => (holder?.kind === 'contract' ? [holder.id] : []));
  const numbers = new Map(
    (await findContracts(tx, holders)).map((held) => [held.contractId, held.number] as const),
  );
  saveContract(tx, refuseContract(contract, data.refusals.map(asContractReason(numbers))));
}

/** The codes of a reservation as a contract says them (CTR-3). */
const codes = {
  'order.held_by_contract': 'contract.order_in_contract',
  'order.held_by_refund': 'order.held_by_refund',
  'order.cancelled': 'order.cancelled',
  'order.voided': 'order.voided',
  'order.instance_busy': 'order.instance_busy',
  'order.not_found': 'order.not_found',
  'holder.ended': 'holder.ended',
  'holder.too_large': 'contract.too_large',
} as const satisfies { readonly [C in ReservationRefusalCode]: ContractRefusalCode };

const asContractReason =
  (numbers: ReadonlyMap<string, string | null>) =>
  ({ orderId, code, holder }: ReservationRefusalReason): ContractRefusalReason => {
    const contractId = holder?.kind === 'contract' ? holder.id : null;
    return { orderId, code: codes[code], contractId, contractNumber: numbers.get(contractId ?? '') ?? null };
  };

/** The answer to a reservation locks the contract that it is for. */
const holderRows = ({ data }: Event<EventAbout<'reservation'>>) => [data.holder.id];

export const applicationSubscriptions = (profile: Profile): Subscriptions => ({
  'order.reserved': { on: onOrderReserved(profile), locks: holderRows },
  'order.reservation_refused': { on: onReservationRefused, locks: holderRows },
});
