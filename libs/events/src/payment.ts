import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Money, PaymentSplit, Version } from './fields.ts';

export const paymentEvents = {
  'payment.unapplied': event({
    speaker: 'order',
    aggregate: 'payment',
    summary: 'Money arrived that pays no order; it is credited to the account.',
    data: z.object({
      paymentReference: z.string(),
      accountId: AccountId,
      orderId: z.string(),
      amount: Money,
      /** The parts of the amount; each goes back to where it came from. Left out where all of it is cash. */
      parts: PaymentSplit.optional(),
      reason: z.enum(['cancelled', 'expired', 'already_paid', 'wrong_amount', 'voided']),
    }),
    about: (data) => ({
      id: data.paymentReference,
      version: 1,
      accountId: data.accountId,
    }),
  }),
};

export const remittanceEvents = {
  'remittance.claimed': event({
    speaker: 'order',
    aggregate: 'remittance',
    summary: 'A customer claimed a received transfer for orders.',
    data: z.object({
      remittanceId: z.string(),
      version: Version,
      accountId: AccountId,
      bankReference: z.string(),
      amount: Money,
      orderIds: z.array(z.string()),
    }),
    about: (data) => ({
      id: data.remittanceId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
  'remittance.claim_failed': event({
    speaker: 'order',
    aggregate: 'remittance_claim',
    summary: 'A claim of a transfer has ended without a payment; a transfer that came stays unclaimed.',
    data: z.object({
      claimId: z.string(),
      version: Version,
      accountId: AccountId,
      bankReference: z.string(),
      amount: Money,
      orderIds: z.array(z.string()),
      reason: z.enum(['order_not_payable', 'contract_ended', 'expired']),
    }),
    about: (data) => ({
      id: data.claimId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
};
