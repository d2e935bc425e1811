import type { z } from 'zod';
import { Refusal } from '@accord/core';
import type { Language } from '@accord/events/contract';
import { isZero, type Money } from '@accord/money';
import type { PartyDetails, Profile } from '@accord/profile';
import type { Party } from '../account/account.ts';
import type { Bill } from '../bill/bill.ts';
import { billingCycle } from '../bill/billing-cycle.ts';
import { amountOfBills } from '../bill/contract-bills.ts';
import {
  amountOf,
  cashPayable,
  cashReturned,
  earliestPayBy,
  kindOf,
  placesOf,
  type Kind,
  type Place,
} from '../contract/contract-orders.ts';
import { termsOf, type OwnTerms, type Terms } from '../contract/terms.ts';
import type { Order, Product } from '../order-view.ts';

const templateVersion = '1.3';

export type DocumentLanguage = z.infer<typeof Language>;
type DurationUnit = 'minute' | 'month' | 'year';

/** The time that a row states for its service (CTR-15). Instants are ISO 8601. */
type RowPeriod =
  | { readonly kind: 'period'; readonly start: string; readonly end: string }
  | { readonly kind: 'duration'; readonly value: number; readonly unit: DurationUnit }
  /** A billing cycle of a pay-as-you-go order. */
  | { readonly kind: 'cycle'; readonly start: string; readonly end: string }
  | { readonly kind: 'none' };

export interface DocumentRow {
  readonly orderId: string;
  readonly serviceName: string;
  /** Model and options as sold, region and IP address among them. */
  readonly configuration: readonly { readonly name: string; readonly value: string }[];
  /** Where it was delivered (CTR-39). */
  readonly places: readonly Place[];
  readonly count: number;
  readonly period: RowPeriod;
  readonly duration: { readonly value: number; readonly unit: DurationUnit } | null;
  /** Null prints a dash: pay as you go (CTR-16). */
  readonly cashPayable: Money | null;
  /** Of an order that came back in part (CTR-16); null where nothing did. */
  readonly cashReturned: Money | null;
  readonly terms: Terms;
}

/** A bill with the cost of each product in its month (CTR-8). */
export interface DocumentBill {
  readonly billId: string;
  /** `2026-01` */
  readonly month: string;
  readonly lines: readonly DocumentBillLine[];
  readonly amount: Money;
}

export interface DocumentBillLine {
  readonly productCode: string;
  /** The product's code where it was never published. */
  readonly serviceName: string;
  readonly amount: Money;
  readonly terms: Terms;
}

/** All that a contract's document states, as plain JSON: the same content makes the same draft, byte by byte. */
export interface DocumentContent {
  readonly number: string;
  readonly kind: 'order' | 'payment_request' | 'bill';
  readonly language: DocumentLanguage;
  /** A draft has the watermark and no seal; an official one has the seal (CTR-17, CTR-18). */
  readonly mark: 'draft' | 'official';
  /** The seal comes from a self-signed key: every page and the seal itself say so (CTR-22). */
  readonly testSeal: boolean;
  readonly partyA: Party;
  readonly partyB: PartyDetails;
  readonly createdAt: string;
  readonly timeZone: string;
  /** Of its orders; of a contract over bills none. */
  readonly rows: readonly DocumentRow[];
  /** Of a contract over bills. */
  readonly bills: readonly DocumentBill[];
  /** Null where all rows are pay as you go (CTR-16). */
  readonly total: Money | null;
  /** Printed by a payment request (CTR-14). */
  readonly payBy: string | null;
  readonly templateVersion: string;
  /** The terms of the rows that include them, paragraph by paragraph (CTR-23). */
  readonly terms: readonly string[];
}

/** The part of a contract that its document states. */
interface DocumentedContract {
  readonly contractId: string;
  readonly number: string | null;
  readonly kind: Kind;
  readonly language: DocumentLanguage;
  readonly invoicingEntity: string;
  readonly partyA: Party;
  readonly createdAt: Date;
}

interface Printing {
  readonly profile: Profile;
  readonly mark: DocumentContent['mark'];
  readonly testSeal: boolean;
  readonly ownTerms: OwnTerms;
}

/**
 * CTR-14 to CTR-16, CTR-23. `orders` in the contract's order; amounts are those reserved.
 *
 * @throws Refusal `contract.entity_unknown`
 */
export function contentOf(
  contract: DocumentedContract,
  orders: readonly Order[],
  { profile, mark, testSeal, ownTerms }: Printing,
): DocumentContent {
  const rows = orders.map((order) => rowOf(order, contract, { profile, ownTerms }));
  return {
    ...frameOf(contract, { profile, mark, testSeal }),
    kind: kindOf(orders[0]!),
    rows,
    bills: [],
    total: amountOf(orders),
    payBy: contract.kind === 'payment_request' ? earliestPayBy(orders) : null,
    terms: termsFor(rows, contract, profile),
  };
}

type BillPrinting = Omit<Printing, 'ownTerms'> & { readonly products: ReadonlyMap<string, Product> };

/**
 * CTR-8, CTR-14, CTR-23. `bills` in the contract's order, as it states them.
 *
 * @throws Refusal `contract.entity_unknown`
 */
export function billContentOf(
  contract: DocumentedContract,
  bills: readonly Bill[],
  { products, ...printing }: BillPrinting,
): DocumentContent {
  const { profile } = printing;
  const printed = bills.map(({ billId, month, amount, lines }) => ({
    billId,
    month,
    amount,
    lines: lines.map((line) => billLineOf(line, contract, { profile, products })),
  }));
  return {
    ...frameOf(contract, printing),
    kind: 'bill',
    rows: [],
    bills: printed,
    total: amountOfBills(bills),
    payBy: null,
    terms: termsFor(
      printed.flatMap(({ lines }) => lines),
      contract,
      profile,
    ),
  };
}

/** All that does not depend on the kind. */
function frameOf(contract: DocumentedContract, { profile, mark, testSeal }: Omit<Printing, 'ownTerms'>) {
  const { contractId, number, language, invoicingEntity, partyA, createdAt } = contract;
  const entity = profile.invoicingEntities.find(({ code }) => code === invoicingEntity);
  if (!entity) throw new Refusal('conflict', 'contract.entity_unknown', { contractId, invoicingEntity });
  if (!number) throw new Error(`contract ${contractId} has no number`);
  return {
    number,
    language,
    mark,
    testSeal,
    partyA,
    partyB: entity[language],
    createdAt: createdAt.toISOString(),
    timeZone: profile.timeZone,
    templateVersion,
  };
}

const termsFor = (
  services: readonly { readonly terms: Terms }[],
  { language }: DocumentedContract,
  { contracts: { termsIncluded } }: Profile,
): readonly string[] => (services.some(({ terms }) => terms.included) ? termsIncluded[language] : []);

/** A product that was never published has the terms of all. */
const billLineOf = (
  { productCode, amount }: Bill['lines'][number],
  { language }: DocumentedContract,
  { profile, products }: Pick<BillPrinting, 'profile' | 'products'>,
): DocumentBillLine => {
  const { name, brand = '', category = '', termsUrl } = { ...products.get(productCode) };
  const own = new Map(termsUrl ? [[productCode, termsUrl]] : []);
  return {
    productCode,
    serviceName: name?.[language] ?? productCode,
    amount,
    terms: termsOf({ productCode, brand, category }, own, profile.contracts),
  };
};

const rowOf = (
  order: Order,
  { language, createdAt }: DocumentedContract,
  { profile, ownTerms }: Pick<Printing, 'profile' | 'ownTerms'>,
): DocumentRow => ({
  orderId: order.orderId,
  serviceName: order.productName[language],
  configuration: order.configuration,
  places: placesOf(order),
  count: order.count,
  period: periodOf(order, createdAt, profile),
  duration: order.duration,
  cashPayable: cashPayable(order),
  cashReturned: isZero(cashReturned(order)) ? null : cashReturned(order),
  terms: termsOf(order, ownTerms, profile.contracts),
});

/** CTR-15. `at` is the time of the application; its month is the billing cycle. */
function periodOf(order: Order, at: Date, profile: Profile): RowPeriod {
  if (order.chargeType === 'pay_as_you_go') {
    const { start, end } = billingCycle(profile.timeZone, at);
    return { kind: 'cycle', start: start.toISOString(), end: end.toISOString() };
  }
  if (order.status === 'paid' && order.servicePeriod) return { kind: 'period', ...order.servicePeriod };
  const unpaidHichina =
    order.status === 'unpaid' &&
    order.brand === profile.contracts.hichinaBrand &&
    order.productForm !== 'domain';
  return order.duration && !unpaidHichina ? { kind: 'duration', ...order.duration } : { kind: 'none' };
}
