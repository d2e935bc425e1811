import { compare, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';

// RFD-13: the refunds that a person decides about.

export type ReviewRules = Pick<Profile['refunds'], 'reviewAbove' | 'abuse'>;

/** Refunds that the account asked for within 30 days, this one included; none that was refused or taken back. */
export interface RecentRefunds {
  readonly count: number;
  /** Of those in the currency of the profile's limit. */
  readonly sum: Money;
}

/** Also where the currency is not that of the limit: nothing here can compare them. */
export const needsReview = (amount: Money, recent: RecentRefunds, { reviewAbove, abuse }: ReviewRules): boolean =>
  amount.currency !== reviewAbove.currency ||
  compare(amount, reviewAbove) > 0 ||
  (abuse !== null && (recent.count > abuse.count || compare(recent.sum, abuse.sum) > 0));
