import { z } from 'zod';
import type { Actor, Locale, Tx } from '@accord/core';
import {
  ContractRefusalReason,
  ContractSnapshot,
  ContractStatus,
  ContractVoidReason,
} from '@accord/events/contract';
import { Moment, Money, ServicePeriod } from '@accord/events/fields';
import { ActorView, maskActor } from '@accord/http';
import type { Profile } from '@accord/profile';
import { findAccount } from '../account/account.ts';
import { cashPayable, validityOf, withLaterPeriods } from '../contract/contract-orders.ts';
import {
  findDocumentHash,
  listContractOrders,
  listHistory,
  type HistoryEntry,
} from '../contract/contract-store.ts';
import { isLive, snapshotOf, type Contract } from '../contract/contract.ts';
import { findOrders, type Order } from '../order-view.ts';
import { paidMeanwhile } from '../sealing.ts';
import { textOf } from './refusal-texts.ts';

// Contracts as the API shows them.

export const ContractAnswer = ContractSnapshot.extend({
  refusals: z.array(ContractRefusalReason.extend({ text: z.string() })),
  voidReason: ContractVoidReason.nullable(),
  voidText: z.string().nullable(),
}).meta({ id: 'Contract' });

/** CTR-26: the reasons that a person may give; the others come with an order's end. */
export const GivenReason = ContractVoidReason.exclude(['order_cancelled', 'order_voided']);

const OrderRow = z.object({
  orderId: z.string(),
  productCode: z.string(),
  productName: z.object({ zh: z.string(), en: z.string() }),
  count: z.int(),
  servicePeriod: ServicePeriod.nullable(),
  cashPayable: Money.nullable(),
});

const Warning = z.object({ code: z.string(), orderIds: z.array(z.string()), remedy: z.string() });

export const ContractDetail = ContractAnswer.extend({
  orders: z.array(OrderRow),
  /** Null at an end: not known yet, or open (CTR-33). */
  validity: z.object({ from: Moment.nullable(), to: Moment.nullable() }),
  termsUrl: z.string(),
  /** Of the official file. */
  sha256: z.string().nullable(),
  warnings: z.array(Warning),
  history: z.array(
    z.object({ version: z.int(), event: z.string(), status: ContractStatus, at: Moment, actor: ActorView }),
  ),
}).meta({ id: 'ContractDetail' });

export const contractBody = (contract: Contract, locale: Locale): z.input<typeof ContractAnswer> => ({
  ...snapshotOf(contract),
  refusals: contract.refusals.map((refusal) => ({ ...refusal, text: textOf(refusal, locale) })),
  voidReason: contract.voidReason,
  voidText: contract.voidText,
});

const orderRow = (order: Order) => {
  const { orderId, productCode, productName, count, servicePeriod } = order;
  return { orderId, productCode, productName, count, servicePeriod, cashPayable: cashPayable(order) };
};

const historyRow = ({ at, actor, ...entry }: HistoryEntry, reader: Actor) => ({
  ...entry,
  at: at.toISOString(),
  actor: maskActor(reader, actor),
});

/** CTR-10, CTR-29: what stands in the way of a contract that lives, and how to mend it. */
function warningsOf(
  contract: Contract,
  { known, certifiedName }: { known: readonly Order[]; certifiedName: string | null | undefined },
) {
  if (!isLive(contract)) return [];
  const paid = paidMeanwhile(contract, known);
  const renamed = certifiedName && certifiedName !== contract.partyA.name;
  return [
    ...(paid.length > 0
      ? [{ code: 'contract.order_paid', orderIds: paid, remedy: 'void_and_apply_again' }]
      : []),
    ...(renamed
      ? [{ code: 'contract.party_name_changed', orderIds: [], remedy: 'void_and_apply_again' }]
      : []),
  ];
}

export async function contractDetail(
  tx: Tx,
  contract: Contract,
  { profile, locale }: { profile: Profile; locale: Locale },
): Promise<z.input<typeof ContractDetail>> {
  const { contractId, accountId, orderIds } = contract;
  const known = await findOrders(tx, { accountId, orderIds });
  const orders = withLaterPeriods(await listContractOrders(tx, contractId), known);
  const account = await findAccount(tx, accountId);
  const document = await findDocumentHash(tx, contractId);
  return {
    ...contractBody(contract, locale),
    orders: orders.map(orderRow),
    validity: { ...validityOf(contract.kind, orders) },
    termsUrl: profile.contracts.termsUrl,
    sha256: document?.sha256 ?? null,
    warnings: warningsOf(contract, { known, certifiedName: account?.certifiedName }),
    history: (await listHistory(tx, contractId)).map((entry) => historyRow(entry, tx.actor)),
  };
}
