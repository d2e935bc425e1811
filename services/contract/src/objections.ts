import { Refusal } from '@accord/core';
import { fitsEvent } from '@accord/events';
import type { ContractRefusalCode } from '@accord/events/contract';
import type { Legibility, Unprintable } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { isCertified, type Account } from './account/account.ts';
import { splitOrders } from './contract/contract-orders.ts';
import type { RefusedOrder } from './contract/contract.ts';
import type { Order } from './order-view.ts';

type Rules = Profile['contracts'];

/** Why an order, or with orderId null the whole application, is refused, and what would mend it (CTR-3). */
export interface Objection extends RefusedOrder {
  readonly orderId: string | null;
  readonly code: ObjectionCode;
  readonly remedy: string;
  /** The live contract that has the order. */
  readonly contractId: string | null;
  /** The refund that has the order. */
  readonly refundId: string | null;
  /** The partner to ask instead of us. */
  readonly provider: string | null;
  /** Where papers go for a contract made offline. */
  readonly offlineAddress: Rules['offlineAddress'] | null;
  /** What a document cannot show of the order or the account. */
  readonly unprintable: Unprintable | null;
}

/** An asked order as the local view shows it; `order` undefined where it is unknown or another account's. */
export interface Asked {
  readonly orderId: string;
  readonly order: Order | undefined;
  readonly liveContractId: string | null;
}

const codes = {
  'order.not_found': { kind: 'not_found', remedy: 'check_order_id' },
  'order.cancelled': { kind: 'conflict', remedy: 'place_new_order' },
  'order.voided': { kind: 'conflict', remedy: 'place_new_order' },
  'order.held_by_refund': { kind: 'conflict', remedy: 'withdraw_refund_or_await_its_end' },
  'contract.orders_not_offered': { kind: 'invalid', remedy: 'send_papers_or_ask_support' },
  'contract.order_in_contract': { kind: 'conflict', remedy: 'void_that_contract' },
  'contract.product_excluded': { kind: 'invalid', remedy: 'leave_out' },
  'contract.ask_offline': { kind: 'invalid', remedy: 'send_papers_or_ask_support' },
  'contract.unpaid_domain': { kind: 'invalid', remedy: 'pay_first' },
  'contract.marketplace_alone': { kind: 'invalid', remedy: 'apply_for_it_alone_or_send_papers' },
  'contract.entity_unknown': { kind: 'invalid', remedy: 'leave_out' },
  'contract.several_entities': { kind: 'invalid', remedy: 'apply_per_invoicing_entity' },
  'contract.unprintable': { kind: 'invalid', remedy: 'correct_texts_or_send_papers' },
  'contract.too_large': { kind: 'invalid', remedy: 'apply_for_fewer_orders' },
  'contract.not_certified': { kind: 'invalid', remedy: 'certify_account' },
  'contract.ask_your_provider': { kind: 'invalid', remedy: 'ask_provider' },
  'contract.invoice_title_mismatch': { kind: 'invalid', remedy: 'correct_invoice_title' },
} as const satisfies {
  readonly [C in ContractRefusalCode]?: { readonly kind: Refusal['kind']; readonly remedy: string };
};
export type ObjectionCode = keyof typeof codes;

export const objection = (
  orderId: string | null,
  code: ObjectionCode,
  facts: Partial<Omit<Objection, 'orderId' | 'code' | 'remedy'>> = {},
): Objection => ({
  orderId,
  code,
  remedy: codes[code].remedy,
  contractId: null,
  refundId: null,
  provider: null,
  offlineAddress: null,
  unprintable: null,
  ...facts,
});

export const isExcluded = (
  { category, customised }: { category: string; customised?: boolean },
  rules: Rules,
): boolean =>
  rules.excludedCategories.includes(category) ||
  (customised === true && rules.excludedCategories.includes('CUSTOM')) ||
  (rules.marketplace === 'excluded' && rules.marketplaceCategories.includes(category));

/** CTR-1: whether contracts are made over orders at all. */
export const offersOrders = ({ sources }: Rules): boolean => sources.includes('order');

/** CTR-7. */
const isRefusedDomain = (order: Order, rules: Rules): boolean =>
  order.status === 'unpaid' &&
  order.productForm === 'domain' &&
  (rules.unpaidDomainRefusedBrands.includes(order.brand) ||
    (rules.unpaidDomainServiceTypes !== 'any' &&
      !(order.serviceType && rules.unpaidDomainServiceTypes.includes(order.serviceType))));

/** All that is against one order by itself. */
export function objectionsTo(
  { orderId, order, liveContractId }: Asked,
  { contracts: rules, invoicingEntities }: Profile,
): Objection[] {
  if (!order) return [objection(orderId, 'order.not_found')];
  const against: (Objection | false)[] = [
    order.status === 'cancelled' && objection(orderId, 'order.cancelled'),
    order.status === 'voided' && objection(orderId, 'order.voided'),
    liveContractId !== null &&
      objection(orderId, 'contract.order_in_contract', { contractId: liveContractId }),
    order.hold?.kind === 'refund' && objection(orderId, 'order.held_by_refund', { refundId: order.hold.id }),
    isExcluded(order, rules) && objection(orderId, 'contract.product_excluded'),
    !invoicingEntities.some(({ code }) => code === order.invoicingEntity) &&
      objection(orderId, 'contract.entity_unknown'),
    !order.contractable &&
      objection(orderId, 'contract.ask_offline', { offlineAddress: rules.offlineAddress }),
    isRefusedDomain(order, rules) && objection(orderId, 'contract.unpaid_domain'),
  ];
  return against.filter((one) => one !== false);
}

/** CTR-3, CTR-9, CTR-13: all that is against an account as Party A. */
export function objectionsToAccount(account: Account | undefined, profile: Profile): Objection[] {
  const { partnerCustomers, invoiceTitleMustMatch } = profile.contracts;
  if (!isCertified(account)) return [objection(null, 'contract.not_certified')];
  const against: (Objection | false)[] = [
    partnerCustomers === 'refused' &&
      account.partner !== null &&
      objection(null, 'contract.ask_your_provider', { provider: account.partner.provider }),
    invoiceTitleMustMatch &&
      account.invoiceTitle !== account.certifiedName &&
      objection(null, 'contract.invoice_title_mismatch'),
  ];
  return against.filter((one) => one !== false);
}

/** So much an order's snapshot grows when it is held. */
const holdBytes = 63;
/** EVT-5: the order service answers with all orders of a contract in one event. */
const isTooLarge = (orders: readonly Order[]) => !fitsEvent(orders, orders.length * holdBytes);

/** CTR-3, CTR-7, CTR-9, CTR-13: all reasons against an application together; none: it may be requested. */
export function objectionsToApplication(
  asked: readonly Asked[],
  account: Account | undefined,
  profile: Profile,
): Objection[] {
  const rules = profile.contracts;
  const isMarketplace = ({ order }: Asked) =>
    order !== undefined && rules.marketplaceCategories.includes(order.category);
  const aside = rules.marketplace === 'alone' && asked.length > 1 ? asked.filter(isMarketplace) : [];
  const entities = new Set(asked.flatMap(({ order }) => order?.invoicingEntity ?? []));
  return [
    ...(offersOrders(rules)
      ? []
      : [objection(null, 'contract.orders_not_offered', { offlineAddress: rules.offlineAddress })]),
    ...objectionsToAccount(account, profile),
    ...asked.flatMap((one) => objectionsTo(one, profile)),
    ...aside.map(({ orderId }) =>
      objection(orderId, 'contract.marketplace_alone', { offlineAddress: rules.offlineAddress }),
    ),
    ...(rules.splitByInvoicingEntity || entities.size <= 1
      ? []
      : [objection(null, 'contract.several_entities')]),
    ...(splitOrders(asked.flatMap(({ order }) => order ?? [])).some(({ orders }) => isTooLarge(orders))
      ? [objection(null, 'contract.too_large')]
      : []),
  ];
}

/**
 * CTR-14: what the documents of an application could not show of each order, and of the account that is Party
 * A.
 */
export function objectionsToPrinting(
  asked: readonly Asked[],
  account: Account | undefined,
  { contracts: rules }: Profile,
  legible: Legibility,
): Objection[] {
  const { certifiedName, certificate, address } = account ?? {};
  const printed = [
    { orderId: null, texts: { certifiedName, certificate, address } },
    ...asked.map(({ orderId, order }) => ({ orderId, texts: printedOf(order) })),
  ];
  return printed.flatMap(({ orderId, texts }) => {
    const unprintable = legible(texts);
    return unprintable
      ? [objection(orderId, 'contract.unprintable', { unprintable, offlineAddress: rules.offlineAddress })]
      : [];
  });
}

/** What of an order is printed as somebody wrote it. */
export const printedOf = (order: Order | undefined) =>
  order && { productName: order.productName, configuration: order.configuration };

/**
 * One Refusal for them all: of their own code where they share it, else `contract.application_refused`;
 * `refusals` lists them.
 */
export function refusalOf(objections: readonly Objection[]): Refusal {
  const [first, ...rest] = objections;
  if (!first) throw new TypeError('nothing was objected to');
  const { orderId, contractId, refundId, provider, unprintable } = first;
  if (rest.every(({ code }) => code === first.code)) {
    return new Refusal(codes[first.code].kind, first.code, {
      orderId,
      contractId,
      refundId,
      provider,
      ...unprintable,
      refusals: objections,
    });
  }
  const kind = objections.some(({ code }) => codes[code].kind === 'conflict') ? 'conflict' : 'invalid';
  return new Refusal(kind, 'contract.application_refused', { refusals: objections });
}
