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

/** Of one period: whole units, counted as a refund counts them (RFD-6), and its exact price with each plan. */
export interface Rest {
  readonly orderId: string;
  /** From the first unit that is not used to the end of the period. */
  readonly start: Date;
  readonly end: Date;
  readonly unit: 'day' | 'hour';
  readonly remaining: number;
  readonly total: number;
  readonly priceBefore: Fraction;
  readonly priceAfter: Fraction;
}

interface PlanPrices {
  readonly before: readonly Price[];
  readonly after: readonly Price[];
  readonly currency: string;
}

export type CountingRules = Pick<Profile, 'timeZone'> & { readonly unit: 'day' | 'hour' };

/**
 * Of the periods those that have something left at `at`, in their order. One that has not begun, such as a
 * renewal's, is left whole.
 *
 * @throws Refusal `order.price_missing` where a plan has no price for such a time.
 */
export const restsOf = (
  periods: readonly PaidPeriod[],
  at: Date,
  prices: PlanPrices,
  rules: CountingRules,
): Rest[] =>
  periods.flatMap((period) => {
    const { before, after, by } = pricesOf(period.duration, prices);
    const priced = { priceBefore: before, priceAfter: after };
    const total = by && { total: unitsOf(period.start, by, rules) };
    return unusedOf(period, at, rules).map((rest) => ({ ...rest, ...total, ...priced }));
  });

/**
 * The rests of the periods that earlier changes of plan are for: of money that was paid beside that for the
 * instance's time, at the prices of that.
 */
export const restsBeside = (
  periods: readonly PaidPeriod[],
  at: Date,
  { priceBefore, priceAfter }: Pick<Rest, 'priceBefore' | 'priceAfter'>,
  rules: CountingRules,
): Rest[] =>
  periods.flatMap((period) =>
    unusedOf(period, at, rules).map((rest) => ({ ...rest, priceBefore, priceAfter })),
  );

/** None where all of it is used. */
function unusedOf(
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

const single: readonly Span[] = [
  { value: 1, unit: 'month' },
  { value: 1, unit: 'year' },
  { value: 1, unit: 'minute' },
];

/** As the period was ordered; `by` another time where that has no price, as of a compensation in minutes. */
function pricesOf(
  duration: Span | null,
  { before, after, currency }: PlanPrices,
): { before: Fraction; after: Fraction; by?: Span } {
  for (const time of duration ? [duration, ...single] : single) {
    const was = exactPrice(before, currency, time);
    const is = exactPrice(after, currency, time);
    if (was && is) return { before: was, after: is, ...(time !== duration && { by: time }) };
  }
  throw new Refusal('invalid', 'order.price_missing', { chargeType: 'subscription', currency });
}

const unitsOf = (start: Date, time: Span, rules: CountingRules): number => {
  const end = calendarEnd(start, time, rules.timeZone);
  return usedOf({ start: start.toISOString(), end: end.toISOString() }, start, rules).total;
};
