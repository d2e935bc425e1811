import { fitsEvent } from '@accord/events';
import type { GlyphCheck } from '@accord/pdf';
import { isExcludedFromContracts, isInPart, isRefusedUnpaidDomain, type Profile } from '@accord/profile';
import { isCertified, type Account } from './account/account.ts';
import { inContract, reasonAgainst, type ApplicationRefusalReason } from './application-refusal.ts';
import { reasonsAgainstBill, type AskedBill } from './bill-objections.ts';
import { splitBills } from './bill/contract-bills.ts';
import type { VoidRules } from './contract/contract-end.ts';
import type { LiveContract } from './contract/contract-orders-store.ts';
import { splitOrders } from './contract/contract-orders.ts';
import type { Order } from './order-view.ts';

type Rules = Profile['contracts'];

// The reasons against an application: of each order, of the account, of the whole. Pure.

/** An asked order as the local view shows it; `order` undefined where it is unknown or another account's. */
export interface Asked {
  readonly orderId: string;
  readonly order: Order | undefined;
  readonly live: LiveContract | null;
}

/** All that an application asks for. */
export interface AskedFor {
  readonly orders: readonly Asked[];
  readonly bills: readonly AskedBill[];
}

/** CTR-1: whether contracts are made over orders at all. */
export const offersOrders = ({ sources }: Rules): boolean => sources.includes('order');
/** CTR-1: whether they are made over monthly bills. */
export const offersBills = ({ sources }: Rules): boolean => sources.includes('bill');

/** CTR-3, CTR-8: where no contract is over the order itself, for its use there may be one over the bill. */
const otherSource = (order: Order | undefined, rules: Rules): 'bill' | null =>
  order?.chargeType === 'pay_as_you_go' && offersBills(rules) ? 'bill' : null;

/** The reasons that lie in the order's state, whatever contract it shall be in. */
export function reasonsOfState(
  { orderId, order, live }: Asked,
  rules: VoidRules,
): ApplicationRefusalReason[] {
  if (!order) return [reasonAgainst({ orderId }, 'order.not_found')];
  const against: (ApplicationRefusalReason | false)[] = [
    order.status === 'cancelled' && reasonAgainst({ orderId }, 'order.cancelled'),
    order.status === 'voided' && reasonAgainst({ orderId }, 'order.voided'),
    live !== null && inContract({ orderId }, live, rules),
    order.hold?.kind === 'refund' &&
      reasonAgainst({ orderId }, 'order.held_by_refund', { refundId: order.hold.id }),
    isInPart(order) && reasonAgainst({ orderId }, 'order.instance_busy'),
  ];
  return against.filter((one) => one !== false);
}

/** All reasons against one order by itself. Against its state the bill of its use may help. */
export function reasonsAgainstOrder(
  asked: Asked,
  { contracts: rules, invoicingEntities }: Profile,
): ApplicationRefusalReason[] {
  const { orderId, order } = asked;
  const instead = { otherSource: otherSource(order, rules) };
  const ofState = reasonsOfState(asked, rules).map((reason) => ({ ...reason, ...instead }));
  if (!order) return ofState;
  const against: (ApplicationRefusalReason | false)[] = [
    isExcludedFromContracts(order, rules) && reasonAgainst({ orderId }, 'contract.product_excluded'),
    !invoicingEntities.some(({ code }) => code === order.invoicingEntity) &&
      reasonAgainst({ orderId }, 'contract.entity_unknown'),
    !order.contractable &&
      reasonAgainst({ orderId }, 'contract.ask_offline', { offlineAddress: rules.offlineAddress }),
    isRefusedUnpaidDomain(order, rules) && reasonAgainst({ orderId }, 'contract.unpaid_domain'),
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

/** Of the bills of a contract: so many are printed in a part of the time that a sealing may take. */
const mostLines = 2_000;

/** CTR-3, CTR-7, CTR-9, CTR-13: all reasons against an application together; none: it may be requested. */
export function reasonsAgainstApplication(
  { orders: asked, bills }: AskedFor,
  account: Account | undefined,
  profile: Profile,
): ApplicationRefusalReason[] {
  const rules = profile.contracts;
  const isMarketplace = ({ order }: Asked) =>
    order !== undefined && rules.marketplaceCategories.includes(order.category);
  const aside =
    rules.marketplace === 'alone' && asked.length + bills.length > 1 ? asked.filter(isMarketplace) : [];
  const billParts = splitBills(bills.flatMap(({ bill }) => bill ?? []));
  const entities = new Set([
    ...asked.flatMap(({ order }) =>
      order ? `${order.invoicingEntity} ${order.payableAmount.currency}` : [],
    ),
    ...billParts.map(({ invoicingEntity, amount }) => `${invoicingEntity} ${amount!.currency}`),
  ]);
  return [
    ...(asked.length === 0 || offersOrders(rules)
      ? []
      : [
          reasonAgainst(null, 'contract.orders_not_offered', {
            offlineAddress: rules.offlineAddress,
            otherSource: asked.map(({ order }) => otherSource(order, rules)).find((one) => one) ?? null,
          }),
        ]),
    ...(bills.length === 0 || offersBills(rules) ? [] : [reasonAgainst(null, 'contract.bills_not_offered')]),
    ...reasonsAgainstAccount(account, profile),
    ...asked.flatMap((one) => reasonsAgainstOrder(one, profile)),
    ...bills.flatMap((one) => reasonsAgainstBill(one, profile)),
    ...aside.map(({ orderId, order }) =>
      reasonAgainst({ orderId }, 'contract.marketplace_alone', {
        offlineAddress: rules.offlineAddress,
        otherSource: otherSource(order, rules),
      }),
    ),
    ...(rules.splitByInvoicingEntity || entities.size <= 1
      ? []
      : [reasonAgainst(null, 'contract.several_entities')]),
    ...(splitOrders(asked.flatMap(({ order }) => order ?? [])).some(({ orders }) => isTooLarge(orders)) ||
    billParts.some((part) => part.bills.flatMap(({ lines }) => lines).length > mostLines)
      ? [reasonAgainst(null, 'contract.too_large')]
      : []),
  ];
}

/** CTR-14: the characters that the documents could not show, by order, by bill and for the account that is Party A. */
export function reasonsAgainstPrinting(
  { orders, bills }: AskedFor,
  account: Account | undefined,
  { contracts: rules }: Profile,
  missingGlyphs: GlyphCheck,
): ApplicationRefusalReason[] {
  // An account that nothing certifies is named by no document.
  const { certifiedName, certificate, address } = isCertified(account) ? account : {};
  const printed = [
    { about: null, texts: { certifiedName, certificate, address } },
    ...orders.map(({ orderId, order }) => ({ about: { orderId }, texts: printedOf(order) })),
    ...bills.map(({ billId, products }) => ({ about: { billId }, texts: products.map(({ name }) => name) })),
  ];
  return printed.flatMap(({ about, texts }) => {
    const unprintable = missingGlyphs(texts);
    return unprintable
      ? [
          reasonAgainst(about, 'contract.unprintable', {
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
