import { Refusal, type Tx } from '@accord/core';
import { loadGlyphCheck, type GlyphCheck } from '@accord/pdf';
import { isExcludedFromContracts, type Profile } from '@accord/profile';
import { findAddressedAccount } from './addresses.ts';
import { listBills, type BillFilter } from './bill/bill-store.ts';
import type { Bill } from './bill/bill.ts';
import {
  offersOrders,
  printedOf,
  reasonsAgainstAccount,
  reasonsAgainstOrder,
  reasonsAgainstPrinting,
  type ApplicationRefusalReason,
} from './objections.ts';
import {
  listContractableProducts,
  listFreeOrders,
  type Order,
  type OrderFilter,
  type Product,
} from './order-view.ts';

// The orders, products and bills that could be in a contract now (CTR-6). Where the profile has no contracts
// over orders, or none over bills, the lists are refused: an empty one would not say why.

type Rules = Profile['contracts'];

function expectOrdersOffered(rules: Rules): void {
  const { sources, offlineAddress } = rules;
  if (!offersOrders(rules))
    throw new Refusal('invalid', 'contract.orders_not_offered', { sources, offlineAddress });
}

interface EligibleOrders {
  /** The reasons against the account; with any, none of its orders could be in a contract. */
  readonly reasons: readonly ApplicationRefusalReason[];
  readonly orders: readonly Order[];
  /** createdAt and order id of the last order looked at, from where to go on; undefined where all were. */
  readonly next: readonly [string, string] | undefined;
}

const pageSize = 250;
/**
 * The most pages that one transaction looks through. Where few of many orders could be in a contract, a page
 * of the list is short and has a next one.
 */
const mostPages = 4;

/**
 * At most `limit` of the account's orders.
 *
 * @throws Refusal `contract.orders_not_offered`
 */
export async function listEligibleOrders(
  tx: Tx,
  profile: Profile,
  { limit, ...filter }: OrderFilter & { readonly limit: number },
): Promise<EligibleOrders> {
  expectOrdersOffered(profile.contracts);
  const missingGlyphs = await loadGlyphCheck();
  const account = await findAddressedAccount(tx, filter);
  const reasons = [
    ...reasonsAgainstAccount(account, profile),
    ...reasonsAgainstPrinting([], account, profile, missingGlyphs),
  ];
  if (reasons.length > 0) return { reasons, orders: [], next: undefined };

  const orders: Order[] = [];
  let next: EligibleOrders['next'];
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await listFreeOrders(tx, { ...filter, ...(next && { after: next }) }, pageSize);
    for (const [index, order] of page.entries()) {
      next = [order.createdAt, order.orderId];
      if (isEligible(order, { profile, missingGlyphs, now: tx.now })) orders.push(order);
      if (orders.length === limit && index < page.length - 1) return { reasons, orders, next };
    }
    if (page.length < pageSize) return { reasons, orders, next: undefined };
    if (orders.length === limit) break;
  }
  return { reasons, orders, next };
}

/** Of an order in no live contract. */
const isEligible = (
  order: Order,
  { profile, missingGlyphs, now }: { profile: Profile; missingGlyphs: GlyphCheck; now: Date },
): boolean =>
  reasonsAgainstOrder({ orderId: order.orderId, order, live: null }, profile).length === 0 &&
  (order.status === 'paid' || order.payBy === null || new Date(order.payBy) > now) &&
  !missingGlyphs(printedOf(order));

/**
 * Products whose orders may have a contract by self-service.
 *
 * @throws Refusal `contract.orders_not_offered`
 */
export async function listEligibleProducts(
  tx: Tx,
  { contracts: rules }: Profile,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<Product[]> {
  expectOrdersOffered(rules);
  const eligible: Product[] = [];
  for (let last = after; ;) {
    const page = await listContractableProducts(tx, { after: last }, pageSize);
    eligible.push(...page.filter((product) => !isExcludedFromContracts(product, rules)));
    last = page.at(-1)?.productCode;
    if (eligible.length >= limit || page.length < pageSize) return eligible.slice(0, limit);
  }
}

/**
 * The account's bills, latest month first.
 *
 * @throws Refusal `contract.bills_not_offered`
 */
export async function listEligibleBills(
  tx: Tx,
  { contracts: { sources } }: Profile,
  { limit, ...filter }: BillFilter & { readonly limit: number },
): Promise<Bill[]> {
  if (!sources.includes('bill')) throw new Refusal('invalid', 'contract.bills_not_offered', { sources });
  return listBills(tx, filter, limit);
}
