import { Refusal, type Tx } from '@accord/core';
import { loadGlyphCheck, type GlyphCheck } from '@accord/pdf';
import { isExcludedFromContracts, type Profile } from '@accord/profile';
import type { Account } from './account/account.ts';
import { findAddressedAccount } from './addresses.ts';
import type { ApplicationRefusalReason } from './application-refusal.ts';
import { reasonsAgainstBill } from './bill-objections.ts';
import { listFreeBills, type BillFilter } from './bill/bill-store.ts';
import type { Bill } from './bill/bill.ts';
import {
  offersBills,
  offersOrders,
  printedOf,
  reasonsAgainstAccount,
  reasonsAgainstOrder,
  reasonsAgainstPrinting,
} from './objections.ts';
import {
  findProducts,
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
  const reasons = objectionsTo(account, { profile, missingGlyphs });
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

/** The reasons against the account: while there are any, nothing of it could be in a contract. */
const objectionsTo = (
  account: Account | undefined,
  { profile, missingGlyphs }: { readonly profile: Profile; readonly missingGlyphs: GlyphCheck },
): ApplicationRefusalReason[] => [
  ...reasonsAgainstAccount(account, profile),
  ...reasonsAgainstPrinting({ orders: [], bills: [] }, account, profile, missingGlyphs),
];

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

interface EligibleBills {
  /** As of orders. */
  readonly reasons: readonly ApplicationRefusalReason[];
  readonly bills: readonly Bill[];
  /** Month and bill id of the last bill looked at, from where to go on; undefined where all were. */
  readonly next: readonly [string, string] | undefined;
}

/**
 * The account's bills, latest month first; of at most `limit` looked at, those that could be in a contract.
 *
 * @throws Refusal `contract.bills_not_offered`
 */
export async function listEligibleBills(
  tx: Tx,
  profile: Profile,
  { limit, ...filter }: BillFilter & { readonly limit: number },
): Promise<EligibleBills> {
  const { contracts: rules } = profile;
  if (!offersBills(rules))
    throw new Refusal('invalid', 'contract.bills_not_offered', { sources: rules.sources });
  const missingGlyphs = await loadGlyphCheck();
  const account = await findAddressedAccount(tx, filter);
  const reasons = objectionsTo(account, { profile, missingGlyphs });
  if (reasons.length > 0) return { reasons, bills: [], next: undefined };
  const found = await listFreeBills(tx, filter, limit + 1);
  const page = found.slice(0, limit);
  const products = await findProducts(
    tx,
    page.flatMap(({ lines }) => lines.map(({ productCode }) => productCode)),
  );
  const isEligible = (bill: Bill) => {
    const own = bill.lines.flatMap(({ productCode }) => products.get(productCode) ?? []);
    const asked = { billId: bill.billId, bill, live: null, products: own };
    return reasonsAgainstBill(asked, profile).length === 0 && !missingGlyphs(own.map(({ name }) => name));
  };
  const last = page.at(-1);
  const next = found.length > limit && last ? ([last.month, last.billId] as const) : undefined;
  return { reasons, bills: page.filter(isEligible), next };
}
