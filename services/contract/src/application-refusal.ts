import { Refusal } from '@accord/core';
import type { ContractRefusalCode, ContractRefusalReason } from '@accord/events/contract';
import type { MissingGlyphs } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { endingOf, type VoidRules } from './contract/contract-end.ts';
import type { LiveContract } from './contract/contract-orders-store.ts';

// The reasons that an application may be refused for, and what mends each. Pure.

/** A reason to refuse an order or a bill, or with neither the whole application, and its remedy (CTR-3). */
export interface ApplicationRefusalReason extends ContractRefusalReason {
  readonly orderId: string | null;
  readonly billId: string | null;
  readonly code: ReasonCode;
  readonly remedy: Remedy;
  /** The live contract that has the order or the bill. */
  readonly contractId: string | null;
  /** Of that contract; null while it is requested. */
  readonly contractNumber: string | null;
  /** The refund that has the order. */
  readonly refundId: string | null;
  /** The partner to ask instead of us. */
  readonly provider: string | null;
  /** Where papers go for a contract made offline. */
  readonly offlineAddress: Profile['contracts']['offlineAddress'] | null;
  /** Characters of the order, the bill's products or the account that a document cannot show. */
  readonly unprintable: MissingGlyphs | null;
  /** The products of the bill that it is about. */
  readonly productCodes: readonly string[];
  /** Would work in place of the order: use that is paid as you go is in the bills of its months. */
  readonly otherSource: 'bill' | null;
}

const codes = {
  'order.not_found': { kind: 'not_found', remedy: 'check_order_id' },
  'order.cancelled': { kind: 'conflict', remedy: 'place_new_order' },
  'order.voided': { kind: 'conflict', remedy: 'place_new_order' },
  'order.held_by_refund': { kind: 'conflict', remedy: 'withdraw_refund_or_await_its_end' },
  'order.instance_busy': { kind: 'conflict', remedy: 'await_fulfilment' },
  'bill.not_found': { kind: 'not_found', remedy: 'check_bill_id' },
  'bill.withdrawn': { kind: 'conflict', remedy: 'apply_over_another_bill' },
  'contract.bills_not_offered': { kind: 'invalid', remedy: 'apply_over_orders' },
  'contract.orders_not_offered': { kind: 'invalid', remedy: 'send_papers_or_ask_support' },
  /** Its remedy follows from the contract that has the order. */
  'contract.order_in_contract': { kind: 'conflict', remedy: 'await_its_outcome' },
  /** As of an order. */
  'contract.bill_in_contract': { kind: 'conflict', remedy: 'await_its_outcome' },
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

/** The remedies for an order or a bill in another contract, by how that one ends (CTR-25, CTR-26). */
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

/** @param about its order or its bill; null: the account, or the whole application. */
export const reasonAgainst = (
  about: { readonly orderId: string } | { readonly billId: string } | null,
  code: ReasonCode,
  facts: Partial<Omit<ApplicationRefusalReason, 'orderId' | 'billId' | 'code'>> = {},
): ApplicationRefusalReason => ({
  orderId: about && 'orderId' in about ? about.orderId : null,
  billId: about && 'billId' in about ? about.billId : null,
  code,
  remedy: codes[code].remedy,
  contractId: null,
  contractNumber: null,
  refundId: null,
  provider: null,
  offlineAddress: null,
  unprintable: null,
  productCodes: [],
  otherSource: null,
  ...facts,
});

/** CTR-3: the contract's number, and a remedy that it has; `live` undefined where it ended just now. */
export const inContract = (
  about: { readonly orderId: string } | { readonly billId: string },
  live: LiveContract | undefined,
  rules: VoidRules,
): ApplicationRefusalReason =>
  reasonAgainst(about, 'orderId' in about ? 'contract.order_in_contract' : 'contract.bill_in_contract', {
    ...(live && {
      contractId: live.contractId,
      contractNumber: live.number,
      remedy: freeing[endingOf(live, rules)],
    }),
  });

/**
 * One Refusal for all reasons: of their own code where they share it, else `contract.application_refused`;
 * `refusals` lists them.
 */
export function refusalOf(reasons: readonly ApplicationRefusalReason[]): Refusal {
  const [first, ...rest] = reasons;
  if (!first) throw new TypeError('there is no reason to refuse');
  const { orderId, billId, contractId, contractNumber, refundId, provider, unprintable } = first;
  if (rest.every(({ code }) => code === first.code)) {
    return new Refusal(codes[first.code].kind, first.code, {
      orderId,
      billId,
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
