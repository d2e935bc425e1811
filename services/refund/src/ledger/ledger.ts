import { isZero, negate, sum, type Money } from '@accord/money';
import type { Split } from '../refund/amount.ts';

// Double entry: each transaction's postings sum to zero. A customer's money lies in funds; a voucher is one,
// but no money to spend freely.

export const funds = ['cash', 'gift_credit', 'stored_card', 'voucher'] as const;
export type Fund = (typeof funds)[number];

/** `customer:<fund>` of the transaction's account, or one of the provider's. */
export type LedgerAccount = `customer:${Fund}` | 'provider:refunds' | 'provider:unapplied_payments';
export interface Posting {
  readonly account: LedgerAccount;
  readonly amount: Money;
}

/** RFD-11, RFD-15: each part goes back to the fund it came from. */
export const refundPostings = (split: Split): Posting[] => balanced('provider:refunds', toFunds(split));

/** ORD-5: money that pays no order belongs to the customer, each part in the fund it came from. */
export const unappliedPostings = (split: Split): Posting[] =>
  balanced('provider:unapplied_payments', toFunds(split));

const toFunds = (split: Split): Posting[] => [
  { account: 'customer:cash', amount: split.cash },
  { account: 'customer:gift_credit', amount: split.giftCredit },
  { account: 'customer:stored_card', amount: split.storedCard },
  { account: 'customer:voucher', amount: split.voucher },
];

export const fundOf = (account: LedgerAccount): Fund | undefined =>
  funds.find((fund) => account === `customer:${fund}`);

function balanced(against: LedgerAccount, credits: readonly Posting[]): Posting[] {
  const real = credits.filter(({ amount }) => !isZero(amount));
  const [first] = real;
  if (!first) return [];
  return [
    ...real,
    {
      account: against,
      amount: negate(
        sum(
          real.map(({ amount }) => amount),
          first.amount.currency,
        ),
      ),
    },
  ];
}
