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
import type { Contract } from '../contract/contract.ts';
import { termsOf, type Terms } from '../contract/terms.ts';
import { findDocumentHash } from '../document/document-store.ts';
import { findOrders, findOwnTerms, type Order } from '../order-view.ts';
import { ContractAnswer, toContractAnswer } from './schemas.ts';
import { contractWarnings, Warning } from './warnings.ts';

const OrderRow = z
  .object({
    orderId: z.string(),
    productCode: z.string(),
    productName: LocalizedName,
    count: z.int(),
    servicePeriod: ServicePeriod.nullable(),
    cashPayable: Money.nullable(),
    termsIncluded: z.boolean().meta({ description: 'Whether the document states the terms in full.' }),
    termsUrl: z.string().nullable(),
  })
  .meta({ id: 'ContractOrder' });

export const ContractDetailAnswer = ContractAnswer.extend({
  orders: z.array(OrderRow),
  /** Null at an end: not known yet, or open (CTR-33). */
  validity: z.object({ from: Moment.nullable(), to: Moment.nullable() }).meta({ id: 'Validity' }),
  settled: z
    .boolean()
    .meta({ description: 'An official payment request whose orders are all paid; no date is left to keep.' }),
  termsUrl: z
    .string()
    .nullable()
    .meta({ description: 'Where all orders have the same terms by a link; else each order says its own.' }),
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
  const paid = paidMeanwhile(contract, known);
  const terms = await termsOfOrders(tx, contract, orders, profile.contracts);
  const urls = new Set(terms.map(({ url }) => url));
  const seen = { contract, known, certifiedName: account?.certifiedName, rules: profile.contracts };
  return {
    ...toContractAnswer(contract, locale),
    orders: orders.map((order, index) => toOrderRow(order, terms[index]!)),
    validity: { ...validityOf(contract.kind, orders, paid) },
    settled: contract.status === 'official' && paid.length === orderIds.length,
    termsUrl: urls.size === 1 ? terms[0]!.url : null,
    sha256: document?.sha256 ?? null,
    warnings: contractWarnings(seen, locale),
    history: (await listHistory(tx, contractId)).map((entry) => toHistoryRow(entry, tx.actor)),
  };
}

/** CTR-23: in the orders' order, as the sealed file states them, or as a draft would now. */
async function termsOfOrders(
  tx: Tx,
  { content }: Contract,
  orders: readonly Order[],
  rules: Profile['contracts'],
): Promise<Terms[]> {
  if (content) return content.rows.map(({ terms }) => terms);
  const own = await findOwnTerms(tx, orders);
  return orders.map((order) => termsOf(order, own, rules));
}

const toOrderRow = (order: Order, terms: Terms): z.input<typeof OrderRow> => {
  const { orderId, productCode, productName, count, servicePeriod } = order;
  return {
    orderId,
    productCode,
    productName,
    count,
    servicePeriod,
    cashPayable: cashPayable(order),
    termsIncluded: terms.included,
    termsUrl: terms.url,
  };
};

const toHistoryRow = ({ at, actor, ...entry }: HistoryEntry, reader: Actor) => ({
  ...entry,
  at: at.toISOString(),
  actor: maskActor(reader, actor),
});
