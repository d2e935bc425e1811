import { newId, Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { ContractRefusalCode } from '@accord/events/contract';
import type { ReservationRefusalCode, ReservationRefusalReason } from '@accord/events/reservation';
import { loadLegibility } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { findAccount, isCertified, partyOf, type Account } from './account/account.ts';
import { yearIn } from './bill/billing-cycle.ts';
import { asDrafted, changedOrders, splitOrders, type Part } from './contract/contract-orders.ts';
import {
  claimOrders,
  findLiveOrders,
  insertContract,
  keepReserved,
  listContractOrders,
  listUnreleased,
  lockContractIfKnown,
  markNeverHeld,
  nextNumber,
  saveContract,
} from './contract/contract-store.ts';
import {
  draftContract,
  refuseContract,
  requestContract,
  type Contract,
  type RefusedOrder,
  type Tongue,
} from './contract/contract.ts';
import {
  isExcluded,
  objection,
  objectionsTo,
  objectionsToAccount,
  objectionsToApplication,
  objectionsToPrinting,
  offersOrders,
  printedOf,
  refusalOf,
  type Asked,
  type Objection,
} from './objections.ts';
import {
  findOrders,
  listContractableProducts,
  listFreeOrders,
  type Order,
  type OrderFilter,
  type Product,
} from './order-view.ts';

// Applying is the reservation saga (EVT-20). What the local view shows is refused at once; what it lets pass
// is `requested`, and the order service answers for all the orders together: held, or not and why. Whatever
// it reserved is decided on again (CTR-4).

export interface Application {
  readonly accountId: string;
  readonly orderIds: readonly string[];
}

interface Look {
  readonly account: Account | undefined;
  readonly asked: readonly Asked[];
  readonly objections: readonly Objection[];
}

async function look(tx: Tx, { accountId, orderIds }: Application, profile: Profile): Promise<Look> {
  const ids = [...new Set(orderIds)];
  const account = await findAccount(tx, accountId);
  const orders = new Map(
    (await findOrders(tx, { accountId, orderIds: ids })).map((order) => [order.orderId, order]),
  );
  const live = new Map(
    (await findLiveOrders(tx, [...orders.keys()])).map((one) => [one.orderId, one.contractId]),
  );
  const asked = ids.map((orderId) => ({
    orderId,
    order: orders.get(orderId),
    liveContractId: live.get(orderId) ?? null,
  }));
  const objections = objectionsToApplication(asked, account, profile);
  // What is too much for an event is too much to be read word by word.
  if (objections.some(({ code }) => code === 'contract.too_large')) return { account, asked, objections };
  return {
    account,
    asked,
    objections: [...objections, ...objectionsToPrinting(asked, account, profile, await loadLegibility())],
  };
}

export interface Preview {
  readonly parts: readonly Part[];
  readonly objections: readonly Objection[];
}

/**
 * CTR-2: the split of the orders that nothing is against, and all that is against the others and the account.
 * Creates nothing.
 */
export async function previewApplication(
  tx: Tx,
  application: Application,
  profile: Profile,
): Promise<Preview> {
  const { asked, objections } = await look(tx, application, profile);
  const refused = new Set(objections.map(({ orderId }) => orderId));
  const orders = asked.flatMap(({ orderId, order }) => (order && !refused.has(orderId) ? [order] : []));
  return { parts: splitOrders(orders), objections };
}

/**
 * CTR-1 to CTR-5: requests one contract per kind and invoicing entity, or none at all.
 *
 * @throws Refusal with the one code that all reasons share, or `contract.application_refused`; `refusals`
 * lists every one.
 */
export async function apply(
  tx: Tx,
  application: Application & { language: Tongue },
  profile: Profile,
): Promise<Contract[]> {
  const { accountId, language } = application;
  const { account, asked, objections } = await look(tx, application, profile);
  if (objections.length > 0 || !isCertified(account)) throw refusalOf(objections);

  const drafts = splitOrders(asked.flatMap(({ order }) => order ?? [])).map((part) => ({
    ...part,
    contractId: newId('ctr'),
  }));
  const claims = drafts.flatMap(({ orders, contractId }) =>
    orders.map(({ orderId }) => ({ orderId, contractId, accountId })),
  );
  await claimAll(tx, claims);
  const earlier = await listUnreleased(
    tx,
    asked.map(({ orderId }) => orderId),
  );

  const contracts: Contract[] = [];
  for (const { contractId, kind, invoicingEntity, orders, amount } of drafts) {
    const orderIds = orders.map(({ orderId }) => orderId);
    const decision = requestContract(
      {
        contractId,
        accountId,
        kind,
        language,
        invoicingEntity,
        partyA: partyOf(account),
        orderIds,
        amount,
        createdAt: tx.now,
      },
      { earlierEnded: earlier.filter(({ orderId }) => orderIds.includes(orderId)) },
    );
    contracts.push(await insertContract(tx, decision, orders));
  }
  return contracts;
}

/** Of two applications racing for one order, the later to claim it loses here (CTR-4). */
async function claimAll(
  tx: Tx,
  claims: readonly { orderId: string; contractId: string; accountId: string }[],
): Promise<void> {
  const lost = await claimOrders(tx, claims);
  if (lost.length === 0) return;
  const winners = new Map((await findLiveOrders(tx, lost)).map((one) => [one.orderId, one.contractId]));
  throw refusalOf(
    lost.map((orderId) =>
      objection(orderId, 'contract.order_in_contract', { contractId: winners.get(orderId) ?? null }),
    ),
  );
}

/** All orders are held by the contract. One that ended meanwhile stays as it ended; its end releases them. */
export async function onOrderReserved(
  tx: Tx,
  { data: { holder, orders } }: Event<'order.reserved'>,
  profile: Profile,
): Promise<void> {
  if (holder.kind === 'contract')
    await draftOrRefuse(tx, { contractId: holder.id, reserved: orders }, profile);
}

async function draftOrRefuse(
  tx: Tx,
  { contractId, reserved }: { contractId: string; reserved: readonly Order[] },
  profile: Profile,
) {
  const contract = await lockContractIfKnown(tx, contractId);
  if (contract?.status !== 'requested') return;
  const legible = await loadLegibility();
  const refusal = (orderId: string, code: ContractRefusalCode) => ({ orderId, code, contractId: null });
  const refusals = [
    ...changedOrders(await listContractOrders(tx, contractId), reserved).map((orderId) =>
      refusal(orderId, 'contract.order_changed'),
    ),
    ...reserved
      .filter((order) => legible(printedOf(order)))
      .map(({ orderId }) => refusal(orderId, 'contract.unprintable')),
  ];
  if (refusals.length > 0) {
    await saveContract(tx, refuseContract(contract, refusals));
    return;
  }
  await keepReserved(tx, contractId, asDrafted(reserved, profile));
  await saveContract(tx, draftContract(contract, { number: await newNumber(tx, profile), at: tx.now }));
}

/** `CT-2026-00001234`; a number that was drawn is never drawn again (API-10). */
const newNumber = async (tx: Tx, { timeZone }: Profile): Promise<string> =>
  `CT-${yearIn(timeZone, tx.now)}-${String(await nextNumber(tx)).padStart(8, '0')}`;

/** None of the orders is held by the contract, now or later. */
export async function onReservationRefused(
  tx: Tx,
  { data }: Event<'order.reservation_refused'>,
): Promise<void> {
  if (data.holder.kind !== 'contract') return;
  const contract = await lockContractIfKnown(tx, data.holder.id);
  await markNeverHeld(tx, data.holder.id);
  if (contract) await saveContract(tx, refuseContract(contract, data.refusals.map(inOurWords)));
}

const ours = {
  'order.held_by_contract': 'contract.order_in_contract',
  'order.held_by_refund': 'order.held_by_refund',
  'order.cancelled': 'order.cancelled',
  'order.voided': 'order.voided',
  'order.instance_busy': 'order.instance_busy',
  'order.not_found': 'order.not_found',
  'holder.ended': 'holder.ended',
  'holder.too_large': 'contract.too_large',
} as const satisfies { readonly [C in ReservationRefusalCode]: ContractRefusalCode };

const inOurWords = ({ orderId, code, holder }: ReservationRefusalReason): RefusedOrder => ({
  orderId,
  code: ours[code],
  contractId: holder?.kind === 'contract' ? holder.id : null,
});

/**
 * @throws Refusal `contract.orders_not_offered` where the profile has no contracts over orders: an empty list
 * would not say so.
 */
function expectOffered(rules: Profile['contracts']): void {
  const { sources, offlineAddress } = rules;
  if (!offersOrders(rules))
    throw new Refusal('invalid', 'contract.orders_not_offered', { sources, offlineAddress });
}

export interface EligibleOrders {
  /** What is against the account: then none of its orders could be in a contract. */
  readonly objections: readonly Objection[];
  readonly orders: readonly Order[];
  /** Where to go on: createdAt and order id of the last one looked at; undefined where all were. */
  readonly next: readonly [string, string] | undefined;
}

const pageSize = 250;
/**
 * As one transaction looks through; where few of many orders could be in a contract, a page of the list is
 * short and there is more.
 */
const mostPages = 4;

/**
 * CTR-6: at most `limit` of the account's orders that could be in a contract now.
 *
 * @throws Refusal `contract.orders_not_offered`
 */
export async function listEligibleOrders(
  tx: Tx,
  filter: OrderFilter,
  limit: number,
  profile: Profile,
): Promise<EligibleOrders> {
  expectOffered(profile.contracts);
  const legible = await loadLegibility();
  const account = await findAccount(tx, filter.accountId);
  const objections = [
    ...objectionsToAccount(account, profile),
    ...objectionsToPrinting([], account, profile, legible),
  ];
  if (objections.length > 0) return { objections, orders: [], next: undefined };

  const isEligible = (order: Order) =>
    objectionsTo({ orderId: order.orderId, order, liveContractId: null }, profile).length === 0 &&
    (order.status === 'paid' || order.payBy === null || new Date(order.payBy) > tx.now) &&
    !legible(printedOf(order));
  const orders: Order[] = [];
  let next: EligibleOrders['next'];
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await listFreeOrders(tx, { ...filter, ...(next && { after: next }) }, pageSize);
    for (const [index, order] of page.entries()) {
      next = [order.createdAt, order.orderId];
      if (isEligible(order)) orders.push(order);
      if (orders.length === limit && index < page.length - 1) return { objections, orders, next };
    }
    if (page.length < pageSize) return { objections, orders, next: undefined };
    if (orders.length === limit) break;
  }
  return { objections, orders, next };
}

/**
 * CTR-6: products whose orders may have a contract by self-service. @throws Refusal
 * `contract.orders_not_offered`
 */
export async function listEligibleProducts(
  tx: Tx,
  { after, limit }: { after: string | undefined; limit: number },
  { contracts: rules }: Profile,
): Promise<Product[]> {
  expectOffered(rules);
  const eligible: Product[] = [];
  for (let last = after; ;) {
    const page = await listContractableProducts(tx, { after: last }, pageSize);
    eligible.push(...page.filter((product) => !isExcluded(product, rules)));
    last = page.at(-1)?.productCode;
    if (eligible.length >= limit || page.length < pageSize) return eligible.slice(0, limit);
  }
}
