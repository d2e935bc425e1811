import Fraction from 'fraction.js';
import { Refusal } from '@accord/core';
import { calendarEnd, restOf, usedOf, type Profile } from '@accord/profile';
import { exactPrice, type Price, type Span } from './price.ts';

// ORD-24: what the rest of the periods that an instance has been paid for costs more, or less, with another plan.

/** A period that an order pays for on an instance. */
export interface PaidPeriod {
  readonly orderId: string;
  readonly duration: Span | null;
  readonly start: Date;
  readonly end: Date;
}

/** A period with its price as it was ordered, which no later edit of the catalogue changes. */
export interface PricedPeriod extends PaidPeriod {
  /** The time that the price is for: the period's own, or a part of it where that has no price. */
  readonly pricedBy: Span;
  readonly price: Fraction;
}

/** Of one period: whole units, counted as a refund counts them (RFD-6), and its exact price with each plan. */
export interface Rest {
  readonly orderId: string;
  /** From the first unit that is not used to the end of the period. */
  readonly start: Date;
  readonly end: Date;
  readonly unit: 'day' | 'hour';
  readonly remaining: number;
  readonly total: number;
  /** As it was ordered. */
  readonly priceBefore: Fraction;
  /** As the catalogue says now. */
  readonly priceAfter: Fraction;
}

interface PlanPrices {
  readonly prices: readonly Price[];
  readonly currency: string;
}

export type CountingRules = Pick<Profile, 'timeZone'> & { readonly unit: 'day' | 'hour' };

/**
 * Of the periods those that have something left at `at`, in their order. One that has not begun, such as a
 * renewal's, is left whole.
 *
 * @throws Refusal `order.price_missing` where the plan after has no price for the time that a period was bought by.
 */
export const restsOf = (
  periods: readonly PricedPeriod[],
  at: Date,
  { prices, currency }: PlanPrices,
  rules: CountingRules,
): Rest[] =>
  periods.flatMap((period) => {
    const { pricedBy, duration, price: priceBefore } = period;
    const priceAfter = exactPrice(prices, currency, pricedBy);
    if (!priceAfter) throw priceMissing(currency);
    const total = pricedBy !== duration && { total: unitsOf(period.start, pricedBy, rules) };
    return unusedOf(period, at, rules).map((rest) => ({ ...rest, ...total, priceBefore, priceAfter }));
  });

/** None where all of it is used. */
export function unusedOf(
  { orderId, start, end }: PaidPeriod,
  at: Date,
  rules: CountingRules,
): Omit<Rest, 'priceBefore' | 'priceAfter'>[] {
  const period = { start: start.toISOString(), end: end.toISOString() };
  const { used, total } = usedOf(period, at, rules);
  if (used === total) return [];
  const { unit } = rules;
  return [{ orderId, start: restOf(period, at, rules), end, unit, remaining: total - used, total }];
}

/** The exact difference of all together, for one instance; above 0 where the plan after costs more. */
export const differenceOf = (rests: readonly Rest[]): Fraction =>
  rests.reduce(
    (sum, { priceBefore, priceAfter, remaining, total }) =>
      sum.add(priceAfter.sub(priceBefore).mul(remaining).div(total)),
    new Fraction(0),
  );

export const priceMissing = (currency: string) =>
  new Refusal('invalid', 'order.price_missing', { chargeType: 'subscription', currency });

const unitsOf = (start: Date, time: Span, rules: CountingRules): number => {
  const end = calendarEnd(start, time, rules.timeZone);
  return usedOf({ start: start.toISOString(), end: end.toISOString() }, start, rules).total;
};
