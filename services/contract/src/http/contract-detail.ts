import { z } from 'zod';
import type { Actor, Locale, Tx } from '@accord/core';
import { ContractStatus } from '@accord/events/contract';
import { LocalizedName, Moment, Money, ServicePeriod } from '@accord/events/fields';
import { ActorView, maskActor } from '@accord/http';
import type { Profile } from '@accord/profile';
import { findAccount } from '../account/account-store.ts';
import { listContractOrders } from '../contract/contract-orders-store.ts';
import { cashPayable, paidMeanwhile, validityOf, withLaterPeriods } from '../contract/contract-orders.ts';
import { listHistory, type HistoryEntry } from '../contract/contract-store.ts';
import { isLive, type Contract } from '../contract/contract.ts';
import { findDocumentHash } from '../document/document-store.ts';
import { findOrders, type Order } from '../order-view.ts';
import { ContractAnswer, toContractAnswer } from './schemas.ts';

const OrderRow = z
  .object({
    orderId: z.string(),
    productCode: z.string(),
    productName: LocalizedName,
    count: z.int(),
    servicePeriod: ServicePeriod.nullable(),
    cashPayable: Money.nullable(),
  })
  .meta({ id: 'ContractOrder' });

const Warning = z
  .object({ code: z.string(), orderIds: z.array(z.string()), remedy: z.string() })
  .meta({ id: 'ContractWarning' });

export const ContractDetailAnswer = ContractAnswer.extend({
  orders: z.array(OrderRow),
  /** Null at an end: not known yet, or open (CTR-33). */
  validity: z.object({ from: Moment.nullable(), to: Moment.nullable() }).meta({ id: 'Validity' }),
  termsUrl: z.string(),
  /** Of the official file. */
  sha256: z.string().nullable(),
  warnings: z.array(Warning),
  history: z.array(
    z
      .object({ version: z.int(), event: z.string(), status: ContractStatus, at: Moment, actor: ActorView })
      .meta({ id: 'ContractHistoryEntry' }),
  ),
}).meta({ id: 'ContractDetail' });

/** A contract with its orders, its history, and all that is read beside it. */
export async function readContractDetail(
  tx: Tx,
  contract: Contract,
  { profile, locale }: { profile: Profile; locale: Locale },
): Promise<z.input<typeof ContractDetailAnswer>> {
  const { contractId, accountId, orderIds } = contract;
  const known = await findOrders(tx, { accountId, orderIds });
  const orders = withLaterPeriods(await listContractOrders(tx, contractId), known);
  const account = await findAccount(tx, accountId);
  const document = await findDocumentHash(tx, contractId);
  return {
    ...toContractAnswer(contract, locale),
    orders: orders.map(toOrderRow),
    validity: { ...validityOf(contract.kind, orders) },
    termsUrl: profile.contracts.termsUrl,
    sha256: document?.sha256 ?? null,
    warnings: warningsOf(contract, { known, certifiedName: account?.certifiedName }),
    history: (await listHistory(tx, contractId)).map((entry) => toHistoryRow(entry, tx.actor)),
  };
}

const toOrderRow = (order: Order): z.input<typeof OrderRow> => {
  const { orderId, productCode, productName, count, servicePeriod } = order;
  return { orderId, productCode, productName, count, servicePeriod, cashPayable: cashPayable(order) };
};

const toHistoryRow = ({ at, actor, ...entry }: HistoryEntry, reader: Actor) => ({
  ...entry,
  at: at.toISOString(),
  actor: maskActor(reader, actor),
});

/** CTR-10, CTR-29: the obstacles of a live contract, with their remedies. */
function warningsOf(
  contract: Contract,
  { known, certifiedName }: { known: readonly Order[]; certifiedName: string | null | undefined },
): z.input<typeof Warning>[] {
  if (!isLive(contract)) return [];
  const remedy = 'void_and_apply_again';
  const paid = paidMeanwhile(contract, known);
  const renamed = certifiedName && certifiedName !== contract.partyA.name;
  return [
    ...(paid.length > 0 ? [{ code: 'contract.order_paid', orderIds: paid, remedy }] : []),
    ...(renamed ? [{ code: 'contract.party_name_changed', orderIds: [], remedy }] : []),
  ];
}
