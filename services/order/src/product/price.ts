import Fraction from 'fraction.js';
import type { z } from 'zod';
import { Refusal } from '@accord/core';
import type { Duration } from '@accord/events/order';
import type { ChargeType, PriceUnit, ProductSnapshot } from '@accord/events/product';
import { isZero, priceTimes, zero, type Money } from '@accord/money';

type Charge = z.infer<typeof ChargeType>;
export type Span = z.infer<typeof Duration>;
export type Price = z.infer<typeof ProductSnapshot>['prices'][number];
export type UnitPrice = { amount: string; currency: string; unit: z.infer<typeof PriceUnit> };

/**
 * A price list's answer for one purchase: the unit price, and the whole before any discount; null for
 * pay-as-you-go (ORD-1).
 */
export type Quote = { readonly unitPrice: UnitPrice; readonly productAmount: Money | null };

const timeUnits: readonly string[] = ['minute', 'month', 'year'];
const maxAmountDigits = 12;

/**
 * unit price × count × duration. A price per month also serves a duration in years; apart from that the units
 * must be the same.
 *
 * @throws Refusal `order.duration_not_offered`, `order.price_missing`, `order.amount_too_large`,
 * `order.amount_too_small`.
 */
export function quote(
  prices: readonly Price[],
  ask: { chargeType: Charge; currency: string; count: number; duration: Span | null },
): Quote {
  const offered = prices.filter(
    ({ chargeType, currency }) => chargeType === ask.chargeType && currency === ask.currency,
  );
  const [first] = offered;
  if (!first)
    throw new Refusal('invalid', 'order.price_missing', {
      chargeType: ask.chargeType,
      currency: ask.currency,
    });
  if (ask.chargeType === 'pay_as_you_go') return { unitPrice: priced(first), productAmount: null };
  const fitting =
    ask.chargeType === 'subscription' && ask.duration
      ? timesOf(offered, ask.duration)
      : { price: first, times: 1 };
  if (!fitting) throw new Refusal('invalid', 'order.duration_not_offered', { unit: ask.duration?.unit });
  return {
    unitPrice: priced(fitting.price),
    productAmount: amountOf(fitting.price, BigInt(ask.count) * BigInt(fitting.times)),
  };
}

function timesOf(
  offered: readonly Price[],
  { value, unit }: Span,
): { price: Price; times: number } | undefined {
  const same = offered.find((price) => price.unit === unit);
  if (same) return { price: same, times: value };
  const monthly = unit === 'year' ? offered.find((price) => price.unit === 'month') : undefined;
  return monthly && { price: monthly, times: value * 12 };
}

const amountOf = (price: Price, times: bigint): Money =>
  chargeable(priceTimes(price.amount, price.currency, times), price);

/**
 * An amount that an order may have.
 *
 * @throws Refusal `order.amount_too_large`; `order.amount_too_small` where it is nothing though `price` is not:
 * it would be paid as it is placed (ORD-4), as often as somebody likes.
 */
export function chargeable(amount: Money, price: Pick<Price, 'amount' | 'unit'>): Money {
  if (isZero(amount) && /[1-9]/.test(price.amount))
    throw new Refusal('invalid', 'order.amount_too_small', { unitPrice: price.amount, unit: price.unit });
  if ((amount.amount.split('.')[0] ?? '').length <= maxAmountDigits) return amount;
  throw new Refusal('invalid', 'order.amount_too_large', { maxAmountDigits });
}

/** The price of a time as it is, not rounded to the currency yet; undefined where it is not offered. */
export function exactPrice(prices: readonly Price[], currency: string, duration: Span): Fraction | undefined {
  const offered = prices.filter(
    (price) => price.chargeType === 'subscription' && price.currency === currency,
  );
  const fitting = timesOf(offered, duration);
  return fitting && new Fraction(fitting.price.amount).mul(fitting.times);
}

/**
 * The price that stands in an order which is not for a multiple of it.
 *
 * @throws Refusal `order.price_missing`.
 */
export function unitPriceOf(
  prices: readonly Price[],
  { chargeType, currency }: { chargeType: Charge; currency: string },
): UnitPrice {
  const price = prices.find((one) => one.chargeType === chargeType && one.currency === currency);
  if (!price) throw new Refusal('invalid', 'order.price_missing', { chargeType, currency });
  return { amount: price.amount, currency, unit: price.unit };
}

const priced = ({ amount, currency, unit }: Price): UnitPrice => ({ amount, currency, unit });

/** ORD-2: a compensation costs nothing, whatever the product costs. */
export const nothing = (currency: string, duration: Span): Quote => ({
  unitPrice: { amount: '0', currency, unit: duration.unit },
  productAmount: zero(currency),
});

/** Whether a price is per a time that the charge type counts, per use, or per piece. */
export const fitsCharge = ({ chargeType, unit }: Pick<Price, 'chargeType' | 'unit'>) =>
  ({
    subscription: timeUnits.includes(unit),
    package: unit === 'piece',
    one_time: unit === 'piece',
    pay_as_you_go: unit === 'minute' || unit === 'gb' || unit === 'thousand_requests',
  })[chargeType];
