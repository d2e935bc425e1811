import { z } from 'zod';
import type { Actor, Locale, Tx } from '@accord/core';
import { ContractStatus } from '@accord/events/contract';
import { LocalizedName, Moment, Money, ServicePeriod } from '@accord/events/fields';
import { OrderInstance } from '@accord/events/order';
import { BillMonth } from '@accord/events/platform';
import { ActorView, maskActor } from '@accord/http';
import { zero } from '@accord/money';
import type { Profile } from '@accord/profile';
import { findAccount } from '../account/account-store.ts';
import { billsOf } from '../bill-contracts.ts';
import type { Bill } from '../bill/bill.ts';
import { spanOf } from '../bill/contract-bills.ts';
import { ordersOf } from '../contract-content.ts';
import { listHistory, type HistoryEntry } from '../contract/contract-list.ts';
import {
  cashPayable,
  cashReturned,
  paidMeanwhile,
  placesOf,
  validityOf,
} from '../contract/contract-orders.ts';
import type { Contract } from '../contract/contract.ts';
import { findOffline } from '../contract/offline-store.ts';
import type { Offline } from '../contract/offline.ts';
import { termsOf } from '../contract/terms.ts';
import type { DocumentRow } from '../document/content.ts';
import { findDocumentHash, findDownloads } from '../document/document-store.ts';
import { findOwnTerms, type Order } from '../order-view.ts';
import { BilledLine, ContractAnswer, toContractAnswer } from './schemas.ts';
import { contractWarnings, Warning } from './warnings.ts';

const OrderRow = z
  .object({
    orderId: z.string(),
    productCode: z.string(),
    productName: LocalizedName,
    count: z.int(),
    servicePeriod: ServicePeriod.nullable(),
    cashPayable: Money.nullable(),
    /** Came back of it in cash, and is not in cashPayable (CTR-16). */
    cashReturned: Money,
    places: z
      .array(
        OrderInstance.pick({ instanceId: true, region: true, ipAddress: true })
          .extend({ knownSince: Moment.nullable() })
          .meta({ id: 'DeliveredPlace' }),
      )
      .meta({ description: 'Where its instances run, as was told last, and since when that is known.' }),
    termsIncluded: z.boolean().meta({ description: 'Whether the document states the terms in full.' }),
    termsUrl: z.string().nullable(),
  })
  .meta({ id: 'ContractOrder' });

const BillRow = z
  .object({
    billId: z.string(),
    month: BillMonth,
    amount: Money,
    lines: z.array(BilledLine),
  })
  .meta({ id: 'ContractBill' });

export const ContractDetailAnswer = ContractAnswer.extend({
  orders: z.array(OrderRow),
  bills: z.array(BillRow).meta({ description: 'As the contract states them (CTR-8, CTR-35).' }),
  /** Of Party A, as the document prints them (CTR-11). */
  address: z.string().nullable(),
  contact: z.string().nullable(),
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
  downloads: z
    .object({ count: z.int(), lastAt: Moment.nullable() })
    .meta({ id: 'ContractDownloads' })
    .nullable()
    .meta({
      description: 'How often its official file was asked for, and when last; null of other contracts.',
    }),
  offline: z
    .object({
      number: z.string().meta({ description: "The provider's; the contract's own once it is official." }),
      signedOn: z.iso.date(),
      ticketId: z.string().nullable(),
      reason: z.string().nullable().meta({ description: 'Of a recording without a ticket; for operators.' }),
    })
    .meta({ id: 'OfflineContract' })
    .nullable()
    .meta({ description: 'Of a contract that was signed outside (kind `offline`).' }),
  warnings: z.array(Warning),
  history: z.array(
    z
      .object({
        version: z.int(),
        event: z.string(),
        status: ContractStatus,
        what: z
          .array(z.string())
          .nullable()
          .meta({ description: 'The facts that a `contract.changed` changed: amount, address, bills.' }),
        at: Moment,
        actor: ActorView,
      })
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
  const { orders, known } = await ordersOf(tx, contract);
  const { bills, told } = await billsOf(tx, contract);
  const account = await findAccount(tx, accountId);
  const document = await findDocumentHash(tx, contractId);
  const offline = await findOffline(tx, contract);
  const paid = paidMeanwhile(contract, known);
  const stated = await statedOf(tx, contract, orders, profile.contracts);
  const urls = new Set(stated.map(({ terms: { url } }) => url));
  const { certifiedName } = { ...account };
  const seen = { contract, known, bills, told, certifiedName, rules: profile.contracts };
  return {
    ...toContractAnswer(contract, locale),
    address: contract.partyA.address,
    contact: contract.partyA.contact,
    orders: orders.map((order, index) => toOrderRow(order, stated[index]!)),
    bills: bills.map(toBillRow),
    validity: {
      ...(bills.length > 0 ? spanOf(bills, profile.timeZone) : validityOf(contract.kind, orders, paid)),
    },
    settled: contract.status === 'official' && orderIds.length > 0 && paid.length === orderIds.length,
    termsUrl: urls.size === 1 ? stated[0]!.terms.url : null,
    sha256: document?.sha256 ?? (contract.finalizedAt && offline ? offline.sha256 : null),
    downloads: contract.finalizedAt && (await downloadsOf(tx, contractId)),
    offline: offline ? toOfflineAnswer(offline, tx.actor) : null,
    warnings: contractWarnings(seen, locale),
    history: (await listHistory(tx, contractId)).map((entry) => toHistoryRow(entry, tx.actor)),
  };
}

async function downloadsOf(tx: Tx, contractId: string) {
  const found = await findDownloads(tx, contractId);
  return { count: found?.count ?? 0, lastAt: found?.lastAt.toISOString() ?? null };
}

const toOfflineAnswer = ({ number, signedOn, ticketId, reason }: Offline, reader: Actor) => ({
  number,
  signedOn,
  ticketId,
  reason: reader.kind === 'operator' ? reason : null,
});

type Stated = Pick<DocumentRow, 'cashPayable' | 'cashReturned' | 'places' | 'terms'>;

/** CTR-16, CTR-23, CTR-39: in the orders' order, as the sealed file states them, or as a draft would now. */
async function statedOf(
  tx: Tx,
  { content }: Contract,
  orders: readonly Order[],
  rules: Profile['contracts'],
): Promise<readonly Stated[]> {
  if (content) return content.rows;
  const own = await findOwnTerms(tx, orders);
  return orders.map((order) => ({
    cashPayable: cashPayable(order),
    cashReturned: cashReturned(order),
    places: placesOf(order),
    terms: termsOf(order, own, rules),
  }));
}

const toOrderRow = (order: Order, stated: Stated): z.input<typeof OrderRow> => {
  const { terms, places } = stated;
  const { orderId, productCode, productName, count, servicePeriod } = order;
  return {
    orderId,
    productCode,
    productName,
    count,
    servicePeriod,
    cashPayable: stated.cashPayable,
    cashReturned: stated.cashReturned ?? zero(order.payableAmount.currency),
    places: places.map((place) => ({ ...place })),
    termsIncluded: terms.included,
    termsUrl: terms.url,
  };
};

const toBillRow = ({ billId, month, amount, lines }: Bill): z.input<typeof BillRow> => ({
  billId,
  month,
  amount,
  lines,
});

const toHistoryRow = ({ at, actor, ...entry }: HistoryEntry, reader: Actor) => ({
  ...entry,
  at: at.toISOString(),
  actor: maskActor(reader, actor),
});
