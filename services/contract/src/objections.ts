import { Refusal } from '@accord/core';
import { fitsEvent } from '@accord/events';
import type { ContractRefusalCode, ContractRefusalReason } from '@accord/events/contract';
import type { GlyphCheck, MissingGlyphs } from '@accord/pdf';
import { isExcludedFromContracts, isInPart, isRefusedUnpaidDomain, type Profile } from '@accord/profile';
import { isCertified, type Account } from './account/account.ts';
import type { LiveContract } from './contract/contract-orders-store.ts';
import { splitOrders } from './contract/contract-orders.ts';
import { endingOf, type VoidRules } from './contract/contract.ts';
import type { Order } from './order-view.ts';

type Rules = Profile['contracts'];

// The reasons against an application: of each order, of the account, of the whole. Pure.

/** A reason to refuse an order, or with orderId null the whole application, and its remedy (CTR-3). */
export interface ApplicationRefusalReason extends ContractRefusalReason {
  readonly orderId: string | null;
  readonly code: ReasonCode;
  readonly remedy: Remedy;
  /** The live contract that has the order. */
  readonly contractId: string | null;
  /** Of that contract; null while it is requested. */
  readonly contractNumber: string | null;
  /** The refund that has the order. */
  readonly refundId: string | null;
  /** The partner to ask instead of us. */
  readonly provider: string | null;
  /** Where papers go for a contract made offline. */
  readonly offlineAddress: Rules['offlineAddress'] | null;
  /** Characters of the order or the account that a document cannot show. */
  readonly unprintable: MissingGlyphs | null;
}

/** An asked order as the local view shows it; `order` undefined where it is unknown or another account's. */
export interface Asked {
  readonly orderId: string;
  readonly order: Order | undefined;
  readonly live: LiveContract | null;
}

const codes = {
  'order.not_found': { kind: 'not_found', remedy: 'check_order_id' },
  'order.cancelled': { kind: 'conflict', remedy: 'place_new_order' },
  'order.voided': { kind: 'conflict', remedy: 'place_new_order' },
  'order.held_by_refund': { kind: 'conflict', remedy: 'withdraw_refund_or_await_its_end' },
  'order.instance_busy': { kind: 'conflict', remedy: 'await_fulfilment' },
  'contract.orders_not_offered': { kind: 'invalid', remedy: 'send_papers_or_ask_support' },
  /** Its remedy follows from the contract that has the order. */
  'contract.order_in_contract': { kind: 'conflict', remedy: 'await_its_outcome' },
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
type ReasonCode = keyof typeof codes;

/** The remedies for an order in another contract, by how that one ends (CTR-25, CTR-26). */
const freeing = {
  void: 'void_that_contract',
  delete: 'delete_that_contract',
  ticket: 'submit_void_ticket',
  wait: 'try_again_when_sealed',
} as const;

type Remedy = (typeof codes)[ReasonCode]['remedy'] | (typeof freeing)[keyof typeof freeing];
export const remedies: readonly Remedy[] = [
  ...new Set<Remedy>([...Object.values(codes).map(({ remedy }) => remedy), ...Object.values(freeing)]),
];

/** Found at an application; two of them also in a contract that cannot be sealed as it is. */
export const kindsOf = (code: string): readonly Refusal['kind'][] => [
  ...(Object.hasOwn(codes, code) ? [codes[code as ReasonCode].kind] : []),
  ...(['contract.unprintable', 'contract.entity_unknown'].includes(code) ? (['conflict'] as const) : []),
];

export const reasonAgainst = (
  orderId: string | null,
  code: ReasonCode,
  facts: Partial<Omit<ApplicationRefusalReason, 'orderId' | 'code'>> = {},
): ApplicationRefusalReason => ({
  orderId,
  code,
  remedy: codes[code].remedy,
  contractId: null,
  contractNumber: null,
  refundId: null,
  provider: null,
  offlineAddress: null,
  unprintable: null,
  ...facts,
});

/** CTR-3: the contract's number, and a remedy that it has; `live` undefined where it ended just now. */
export const inContract = (
  orderId: string,
  live: LiveContract | undefined,
  rules: VoidRules,
): ApplicationRefusalReason =>
  reasonAgainst(orderId, 'contract.order_in_contract', {
    ...(live && {
      contractId: live.contractId,
      contractNumber: live.number,
      remedy: freeing[endingOf(live, rules)],
    }),
  });

/** CTR-1: whether contracts are made over orders at all. */
export const offersOrders = ({ sources }: Rules): boolean => sources.includes('order');

/** The reasons that lie in the order's state, whatever contract it shall be in. */
export function reasonsOfState(
  { orderId, order, live }: Asked,
  rules: VoidRules,
): ApplicationRefusalReason[] {
  if (!order) return [reasonAgainst(orderId, 'order.not_found')];
  const against: (ApplicationRefusalReason | false)[] = [
    order.status === 'cancelled' && reasonAgainst(orderId, 'order.cancelled'),
    order.status === 'voided' && reasonAgainst(orderId, 'order.voided'),
    live !== null && inContract(orderId, live, rules),
    order.hold?.kind === 'refund' &&
      reasonAgainst(orderId, 'order.held_by_refund', { refundId: order.hold.id }),
    isInPart(order) && reasonAgainst(orderId, 'order.instance_busy'),
  ];
  return against.filter((one) => one !== false);
}

/** All reasons against one order by itself. */
export function reasonsAgainstOrder(
  asked: Asked,
  { contracts: rules, invoicingEntities }: Profile,
): ApplicationRefusalReason[] {
  const { orderId, order } = asked;
  const ofState = reasonsOfState(asked, rules);
  if (!order) return ofState;
  const against: (ApplicationRefusalReason | false)[] = [
    isExcludedFromContracts(order, rules) && reasonAgainst(orderId, 'contract.product_excluded'),
    !invoicingEntities.some(({ code }) => code === order.invoicingEntity) &&
      reasonAgainst(orderId, 'contract.entity_unknown'),
    !order.contractable &&
      reasonAgainst(orderId, 'contract.ask_offline', { offlineAddress: rules.offlineAddress }),
    isRefusedUnpaidDomain(order, rules) && reasonAgainst(orderId, 'contract.unpaid_domain'),
  ];
  return [...ofState, ...against.filter((one) => one !== false)];
}

/** CTR-3, CTR-9, CTR-13: all reasons against an account as Party A. */
export function reasonsAgainstAccount(
  account: Account | undefined,
  profile: Profile,
): ApplicationRefusalReason[] {
  const { partnerCustomers, invoiceTitleMustMatch } = profile.contracts;
  if (!isCertified(account)) return [reasonAgainst(null, 'contract.not_certified')];
  const against: (ApplicationRefusalReason | false)[] = [
    partnerCustomers === 'refused' &&
      account.partner !== null &&
      reasonAgainst(null, 'contract.ask_your_provider', { provider: account.partner.provider }),
    invoiceTitleMustMatch &&
      account.invoiceTitle !== account.certifiedName &&
      reasonAgainst(null, 'contract.invoice_title_mismatch'),
  ];
  return against.filter((one) => one !== false);
}

/** So much an order's snapshot grows when it is held. */
const holdBytes = 63;
/** EVT-5: the order service answers with all orders of a contract in one event. */
export const isTooLarge = (orders: readonly Order[]) => !fitsEvent(orders, orders.length * holdBytes);

/** CTR-3, CTR-7, CTR-9, CTR-13: all reasons against an application together; none: it may be requested. */
export function reasonsAgainstApplication(
  asked: readonly Asked[],
  account: Account | undefined,
  profile: Profile,
): ApplicationRefusalReason[] {
  const rules = profile.contracts;
  const isMarketplace = ({ order }: Asked) =>
    order !== undefined && rules.marketplaceCategories.includes(order.category);
  const aside = rules.marketplace === 'alone' && asked.length > 1 ? asked.filter(isMarketplace) : [];
  const entities = new Set(
    asked.flatMap(({ order }) => (order ? `${order.invoicingEntity} ${order.payableAmount.currency}` : [])),
  );
  return [
    ...(offersOrders(rules)
      ? []
      : [reasonAgainst(null, 'contract.orders_not_offered', { offlineAddress: rules.offlineAddress })]),
    ...reasonsAgainstAccount(account, profile),
    ...asked.flatMap((one) => reasonsAgainstOrder(one, profile)),
    ...aside.map(({ orderId }) =>
      reasonAgainst(orderId, 'contract.marketplace_alone', { offlineAddress: rules.offlineAddress }),
    ),
    ...(rules.splitByInvoicingEntity || entities.size <= 1
      ? []
      : [reasonAgainst(null, 'contract.several_entities')]),
    ...(splitOrders(asked.flatMap(({ order }) => order ?? [])).some(({ orders }) => isTooLarge(orders))
      ? [reasonAgainst(null, 'contract.too_large')]
      : []),
  ];
}

/** CTR-14: the characters that the documents could not show, by order and for the account that is Party A. */
export function reasonsAgainstPrinting(
  asked: readonly Asked[],
  account: Account | undefined,
  { contracts: rules }: Profile,
  missingGlyphs: GlyphCheck,
): ApplicationRefusalReason[] {
  // An account that nothing certifies is named by no document.
  const { certifiedName, certificate, address } = isCertified(account) ? account : {};
  const printed = [
    { orderId: null, texts: { certifiedName, certificate, address } },
    ...asked.map(({ orderId, order }) => ({ orderId, texts: printedOf(order) })),
  ];
  return printed.flatMap(({ orderId, texts }) => {
    const unprintable = missingGlyphs(texts);
    return unprintable
      ? [
          reasonAgainst(orderId, 'contract.unprintable', {
            unprintable,
            offlineAddress: rules.offlineAddress,
          }),
        ]
      : [];
  });
}

/** The texts of an order that a document repeats as they were written. */
export const printedOf = (order: Order | undefined) =>
  order && {
    productName: order.productName,
    configuration: order.configuration,
    instances: order.instances?.map(({ region }) => ({ region })) ?? [],
  };

/**
 * One Refusal for all reasons: of their own code where they share it, else `contract.application_refused`;
 * `refusals` lists them.
 */
export function refusalOf(reasons: readonly ApplicationRefusalReason[]): Refusal {
  const [first, ...rest] = reasons;
  if (!first) throw new TypeError('there is no reason to refuse');
  const { orderId, contractId, contractNumber, refundId, provider, unprintable } = first;
  if (rest.every(({ code }) => code === first.code)) {
    return new Refusal(codes[first.code].kind, first.code, {
      orderId,
      contractId,
      contractNumber,
      refundId,
      provider,
      ...unprintable,
      refusals: reasons,
    });
  }
  const kind = reasons.some(({ code }) => codes[code].kind === 'conflict') ? 'conflict' : 'invalid';
  return new Refusal(kind, 'contract.application_refused', { refusals: reasons });
}
