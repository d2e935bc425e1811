import { Refusal } from '@accord/core';
import type { Data } from '@accord/events';
import { money } from '@accord/money';
import type { Profile } from '@accord/profile';

/** A monthly bill of the platform. Where the profile's sources have bills, contracts may be over them (CTR-1). */
export type Bill = Data<'bill.issued'>;
export type BillRules = Pick<Profile, 'invoicingEntities'>;

/**
 * A contract is with one of the profile's entities, in that entity's currency (ORD-1).
 *
 * @throws Refusal `bill.entity_unknown`, `bill.currency_mismatch`
 */
export function expectFitting(
  { invoicingEntity, amount: { currency } }: Bill,
  { invoicingEntities }: BillRules,
): void {
  const entity = invoicingEntities.find(({ code }) => code === invoicingEntity);
  if (!entity) throw new Refusal('invalid', 'bill.entity_unknown', { invoicingEntity });
  if (entity.currency !== currency)
    throw new Refusal('invalid', 'bill.currency_mismatch', { currency: entity.currency, given: currency });
}

/** Every amount with its currency's digits, whatever digits it was told with. */
export const withExactAmounts = (bill: Bill): Bill => ({
  ...bill,
  amount: money(bill.amount.amount, bill.amount.currency),
  lines: bill.lines.map(({ productCode, amount }) => ({
    productCode,
    amount: money(amount.amount, amount.currency),
  })),
});
