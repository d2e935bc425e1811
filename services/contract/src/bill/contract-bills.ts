import { sum, type Money } from '@accord/money';
import type { Part } from '../contract/contract-orders.ts';
import type { Bill } from './bill.ts';
import { monthSpan } from './billing-cycle.ts';

// A contract's bills: the split of an application, the amount, the months, and what a later version changes. Pure.

/** CTR-8: of bills of one currency, at least one. */
export const amountOfBills = (bills: readonly Bill[]): Money =>
  sum(
    bills.map(({ amount }) => amount),
    bills[0]!.amount.currency,
  );

const entityOf = ({ invoicingEntity, amount }: Bill) => `${invoicingEntity} ${amount.currency}`;

/** CTR-1, CTR-2: one contract per invoicing entity, and per currency; parts and bills keep the order asked for. */
export const splitBills = (bills: readonly Bill[]): Part[] =>
  [...Map.groupBy(bills, entityOf).values()].map((group) => ({
    kind: 'bill',
    invoicingEntity: group[0]!.invoicingEntity,
    orders: [],
    bills: group,
    amount: amountOfBills(group),
  }));

/** All that a contract states of a bill. Whether it has been paid is none of that. */
const statedOf = ({ month, invoicingEntity, amount: { amount, currency }, lines }: Bill) =>
  JSON.stringify([
    month,
    invoicingEntity,
    amount,
    currency,
    lines.map((line) => [line.productCode, line.amount.amount]),
  ]);

/** CTR-35: of the bills as a contract states them, ids of those that were told otherwise since. */
export function changedBills(stated: readonly Bill[], told: readonly Bill[]): string[] {
  const now = new Map(told.map((bill) => [bill.billId, bill]));
  return stated
    .filter((bill) => statedOf(bill) !== statedOf(now.get(bill.billId) ?? bill))
    .map(({ billId }) => billId)
    .sort();
}

/** Ids of the bills that were told for another invoicing entity, or in another currency, since: no draft follows. */
export function movedBills(stated: readonly Bill[], told: readonly Bill[]): string[] {
  const was = new Map(stated.map((bill) => [bill.billId, bill]));
  return told
    .filter((bill) => entityOf(bill) !== entityOf(was.get(bill.billId) ?? bill))
    .map(({ billId }) => billId)
    .sort();
}

/** CTR-33: from the beginning of the earliest month to the end of the latest. ISO 8601. */
export function spanOf(bills: readonly Bill[], timeZone: string): { from: string; to: string } {
  const months = bills.map(({ month }) => month).sort();
  const [first, last] = [months[0]!, months.at(-1)!].map((month) => monthSpan(timeZone, month));
  return { from: first!.start.toISOString(), to: last!.end.toISOString() };
}
