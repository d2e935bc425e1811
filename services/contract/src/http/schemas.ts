import { z } from 'zod';
import type { Locale } from '@accord/core';
import { ContractRefusalReason, ContractSnapshot, ContractVoidReason } from '@accord/events/contract';
import { BillFacts, BillId, BillLine } from '@accord/events/platform';
import { remedies, type ApplicationRefusalReason } from '../application-refusal.ts';
import { contractSnapshot, type Contract } from '../contract/contract.ts';
import { readable, textOf } from './refusal-texts.ts';

// The shapes that several routes take or answer.

export const ContractAnswer = ContractSnapshot.extend({
  billIds: z.array(z.string()),
  refusals: z.array(ContractRefusalReason.extend({ text: z.string() }).meta({ id: 'ContractRefusal' })),
  voidReason: ContractVoidReason.nullable(),
  voidText: z.string().nullable(),
}).meta({ id: 'Contract' });

export const toContractAnswer = (contract: Contract, locale: Locale): z.input<typeof ContractAnswer> => ({
  ...contractSnapshot(contract),
  billIds: [...contract.billIds],
  refusals: contract.refusals.map((reason) => ({ ...reason, text: textOf(reason, locale) })),
  voidReason: contract.voidReason,
  voidText: contract.voidText,
});

/** CTR-26: the reasons that a person may give; the others come with the end of an order, a bill or a draft's time. */
export const GivenReason = ContractVoidReason.exclude([
  'order_cancelled',
  'order_voided',
  'bill_withdrawn',
  'draft_expired',
]).meta({ id: 'GivenVoidReason' });

/** Where papers for the provider go, in the reader's language. */
export const OfflineAddress = z
  .object({ recipient: z.string(), phone: z.string(), address: z.string() })
  .meta({ id: 'OfflineAddress' });

export const RefusalReasonAnswer = z
  .object({
    orderId: z.string().nullable(),
    billId: z.string().nullable(),
    code: z.string(),
    remedy: z.enum(remedies),
    text: z.string(),
    contractId: z.string().nullable(),
    contractNumber: z.string().nullable(),
    refundId: z.string().nullable(),
    provider: z.string().nullable(),
    offlineAddress: OfflineAddress.nullable(),
    unprintable: z
      .object({ characters: z.array(z.string()), fields: z.array(z.string()) })
      .meta({ id: 'Unprintable' })
      .nullable()
      .meta({
        description:
          'Characters that no document can show, and where they are: JSON pointers into the order, the names of the ' +
          "bill's products, or the account.",
      }),
    productCodes: z.array(z.string()).meta({ description: 'The products of the bill that it is about.' }),
    otherSource: z
      .enum(['bill'])
      .nullable()
      .meta({ description: 'Would work in place of the order: its use is in monthly bills.' }),
  })
  .meta({ id: 'ApplicationRefusal' });

export const toRefusalReasonAnswer = (
  reason: ApplicationRefusalReason,
  locale: Locale,
): z.input<typeof RefusalReasonAnswer> => {
  const { unprintable } = reason;
  return {
    ...readable(reason, locale),
    productCodes: [...reason.productCodes],
    unprintable: unprintable && { characters: [...unprintable.characters], fields: [...unprintable.fields] },
  };
};

const { version, accountId, month, invoicingEntity, status, amount } = BillFacts.shape;

export const BilledLine = BillLine.meta({ id: 'BillLine' });

export const BillAnswer = z
  .object({
    billId: BillId,
    version,
    accountId,
    month,
    invoicingEntity,
    status,
    amount,
    lines: z.array(BilledLine),
  })
  .meta({ id: 'Bill' });
