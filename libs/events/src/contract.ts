import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, Money, Version } from './fields.ts';
import { ReservationRefusalCode } from './reservation.ts';

export const ContractStatus = z
  .enum(['requested', 'draft', 'sealing', 'official', 'refused', 'voided'])
  .meta({ id: 'ContractStatus' });
export const ContractKind = z
  .enum(['order', 'payment_request', 'bill', 'offline'])
  .meta({ id: 'ContractKind' });
export const Language = z.enum(['zh-CN', 'en']).meta({ id: 'Language' });

/**
 * Why a contract ended: the customer's reasons of CTR-26, the customer's removal of a draft, those of
 * CTR-28 and CTR-35, and the end of a draft's time (CTR-40).
 */
export const ContractVoidReason = z
  .enum([
    'wrong_party_name',
    'incorrect_terms',
    'order_changed',
    'replacing',
    'test',
    'unintended',
    'other',
    'order_cancelled',
    'order_voided',
    'bill_withdrawn',
    'draft_expired',
  ])
  .meta({ id: 'ContractVoidReason' });

export const ContractSnapshot = z.object({
  contractId: z.string(),
  version: Version,
  accountId: AccountId,
  /** `CT-2026-00001234`; null until drafted. */
  number: z.string().nullable(),
  kind: ContractKind,
  status: ContractStatus,
  language: Language,
  invoicingEntity: z.string(),
  /** The certified name at application (CTR-9). */
  partyA: z.string(),
  orderIds: z.array(z.string()),
  /** Of a contract of kind `bill`; of before, absent. */
  billIds: z.array(z.string()).optional(),
  /** Null where it holds pay-as-you-go orders alone (CTR-16). */
  amount: Money.nullable(),
  createdAt: Moment,
  draftedAt: Moment.nullable(),
  finalizedAt: Moment.nullable(),
  voidedAt: Moment.nullable(),
});

/**
 * CTR-3, CTR-4, and those of ORD-12 that have no code of their own here; with a code of a bill no contract is
 * requested. Published events have plain text here, so that a reader takes a code newer than itself.
 */
export const ContractRefusalCode = z.enum([
  ...ReservationRefusalCode.exclude(['order.held_by_contract', 'holder.too_large']).options,
  'contract.orders_not_offered',
  'contract.bills_not_offered',
  'contract.order_in_contract',
  'contract.bill_in_contract',
  'bill.not_found',
  'bill.withdrawn',
  'contract.order_changed',
  'contract.product_excluded',
  'contract.ask_offline',
  'contract.unpaid_domain',
  'contract.marketplace_alone',
  'contract.entity_unknown',
  'contract.several_entities',
  'contract.unprintable',
  'contract.too_large',
  'contract.not_certified',
  'contract.ask_your_provider',
  'contract.invoice_title_mismatch',
]);
export type ContractRefusalCode = z.infer<typeof ContractRefusalCode>;

/** An order, or with orderId null the whole application, gets no contract. */
export const ContractRefusalReason = z.object({
  orderId: z.string().nullable(),
  code: z.string(),
  contractId: z.string().nullable(),
  /** Of that contract, as people know it; null where it has none yet. */
  contractNumber: z.string().nullable().optional(),
});
/** A contract is refused with codes that have words. */
export type ContractRefusalReason = z.infer<typeof ContractRefusalReason> & {
  readonly code: ContractRefusalCode;
};

/** Until when the unpaid orders of a payment request can be paid now, the earliest; null for other kinds. */
const payBy = Moment.nullable().optional();

type Contract = { contract: z.infer<typeof ContractSnapshot> };
const contractEvent = <S extends z.ZodRawShape>(summary: string, more: S) =>
  event({
    speaker: 'contract',
    aggregate: 'contract',
    summary,
    data: z.object({ contract: ContractSnapshot, ...more }),
    about: (data) => {
      const { contract } = data as unknown as Contract;
      return {
        id: contract.contractId,
        version: contract.version,
        accountId: contract.accountId,
      };
    },
  });

export const contractEvents = {
  'contract.requested': contractEvent(
    'A customer applied; the order service is asked to hold the orders, if it is over any.',
    {
      /**
       * Per order, its earlier contract that ended here and whose release was not yet seen; the order service
       * ends it first (ORD-13).
       */
      earlierEnded: z.array(z.object({ orderId: z.string(), contractId: z.string() })),
    },
  ),
  'contract.refused': contractEvent('The orders could not be held, or changed meanwhile.', {
    refusals: z.array(ContractRefusalReason),
  }),
  'contract.drafted': contractEvent('The orders are held and the draft can be downloaded.', { payBy }),
  'contract.changed': contractEvent(
    'A fact of a draft changed that has no event of its own (amount, bills …).',
    {
      what: z.array(z.string()),
    },
  ),
  'contract.draft_idle': contractEvent('A draft waits for its customer; told once of each.', {
    /** When it will be voided, where the provider voids drafts that wait. */
    expiresAt: Moment.nullable(),
  }),
  'contract.finalized': contractEvent('The contract is official: sealed, or recorded as signed outside.', {
    sha256: z.string(),
    payBy,
    /** Of a contract that was signed outside (kind `offline`): the date on it. */
    signedOn: z.iso.date().optional(),
  }),
  'contract.seal_failed': contractEvent('Sealing failed; the contract is a draft again.', {
    /**
     * `order_paid`, `cash_returned`, `bill_changed`, `signing_failed` or `tried_too_often`; of before, a text.
     */
    reason: z.string(),
  }),
  'contract.voided': contractEvent('The contract has ended; its orders come free.', {
    /** A ContractVoidReason; text, so that a reader takes one newer than itself. */
    reason: z.string(),
    text: z.string().nullable(),
    /** The order whose end ended the contract (CTR-28). */
    orderId: z.string().nullable(),
    /** The bill whose withdrawal ended it (CTR-35). */
    billId: z.string().nullable().optional(),
  }),
  'contract.paper_requested': contractEvent('Paper copies were asked for.', { copies: z.int() }),
  'contract.paper_mailed': contractEvent('Paper copies were mailed.', {
    carrier: z.string(),
    trackingNumber: z.string(),
  }),
  'contract.paper_delivered': contractEvent('Paper copies arrived.', {}),
  'contract.paper_returned': contractEvent('Paper copies came back.', { text: z.string() }),
  'contract.paper_cancelled': contractEvent('Paper copies were cancelled with their contract.', {}),
};
