import { z } from 'zod';
import { currencies, currencyDigits } from './currency.ts';

/**
 * An exact amount: a decimal string with exactly the currency's digits, `{ amount: '199.00', currency: 'CNY'
 * }` (API-9).
 */
export type Money = { readonly amount: string; readonly currency: string };

/** No zero before another digit, none below zero; no lookahead, which not every language reads. */
const canonical = /^(0(\.0{1,3})?|-?(0\.([1-9]\d{0,2}|0[1-9]\d?|00[1-9])|[1-9]\d{0,14}(\.\d{1,3})?))$/;

const having = (digits: number) => currencies.filter((currency) => currencyDigits(currency) === digits);
/** A currency with an amount of other digits, as JSON Schema says it. */
const misfits = [0, 2, 3].map((digits) => ({
  properties: {
    currency: { enum: having(digits) },
    amount: { not: { pattern: digits === 0 ? '^-?[0-9]+$' : `[.][0-9]{${digits}}$` } },
  },
}));

/**
 * How money crosses an edge: one text per amount. A JSON number, `007.00`, `-0.00`, a wrong number of digits
 * and an unknown currency are refused (API-1, API-9).
 */
export const MoneyJson = z
  .strictObject({
    amount: z.string().regex(canonical),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .meta({ enum: currencies }),
  })
  .superRefine((value, context) => {
    if (!currencies.includes(value.currency)) {
      context.addIssue({
        code: 'custom',
        path: ['currency'],
        message: `unknown currency "${value.currency}"`,
        params: { 'zh-CN': `未知币种“${value.currency}”` },
      });
    } else if (fractionOf(value.amount).length !== currencyDigits(value.currency)) {
      const digits = currencyDigits(value.currency);
      context.addIssue({
        code: 'custom',
        path: ['amount'],
        message: `${value.currency} has ${String(digits)} digits after the point`,
        params: { 'zh-CN': `${value.currency} 须有 ${String(digits)} 位小数` },
      });
    }
  })
  .meta({ id: 'MoneyInput', not: { anyOf: misfits } });

/**
 * Missing digits are filled with zeros: `money('45', 'CNY')` is 45.00.
 *
 * @throws RangeError where the amount is no plain decimal, has digits the currency does not have, or the
 * currency is unknown.
 */
export const money = (amount: string, currency: string): Money =>
  ofMinorUnits(minorUnits({ amount, currency }), currency);

export const zero = (currency: string): Money => ofMinorUnits(0n, currency);

/** The amount in the currency's smallest unit: 45.00 CNY is 4500n. @throws RangeError as `money` does. */
export function minorUnits({ amount, currency }: Money): bigint {
  const digits = currencyDigits(currency);
  const fraction = fractionOf(amount);
  if (!plainDecimal.test(amount) || fraction.length > digits)
    throw new RangeError(`money: "${amount}" is no amount of ${currency}`);
  return BigInt(amount.replace('.', '')) * 10n ** BigInt(digits - fraction.length);
}

/** All of these throw a RangeError where currencies are mixed. */
export const add = (a: Money, b: Money): Money => ofMinorUnits(minorUnits(a) + like(a, b), a.currency);
export const subtract = (a: Money, b: Money): Money => ofMinorUnits(minorUnits(a) - like(a, b), a.currency);
export const negate = (m: Money): Money => ofMinorUnits(-minorUnits(m), m.currency);
export const sum = (list: readonly Money[], currency: string): Money => list.reduce(add, zero(currency));

/** Below 0 where a is less than b, 0 where they are equal, above 0 where a is more. */
export function compare(a: Money, b: Money): number {
  const difference = minorUnits(a) - like(a, b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const equal = (a: Money, b: Money): boolean => compare(a, b) === 0;
export const isZero = (m: Money): boolean => minorUnits(m) === 0n;
export const isNegative = (m: Money): boolean => minorUnits(m) < 0n;

/**
 * m × numerator ÷ denominator, exact to the end and rounded once, half up (RFD-7). @throws RangeError where
 * the denominator is 0.
 */
export const scale = (m: Money, numerator: bigint, denominator: bigint): Money =>
  ofMinorUnits(divideHalfUp(minorUnits(m) * numerator, denominator), m.currency);

/**
 * n equal parts that make up the whole; the last takes the remainder (ORD-14): 100.00 in three is 33.33,
 * 33.33, 33.34.
 */
export function splitEqually(m: Money, n: number): Money[] {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`money: cannot split into ${String(n)} parts`);
  const whole = minorUnits(m);
  const part = whole / BigInt(n);
  const last = whole - part * BigInt(n - 1);
  return Array.from({ length: n }, (_, i) => ofMinorUnits(i === n - 1 ? last : part, m.currency));
}

/**
 * Parts in the proportion of the weights that make up the whole (RFD-11). The ends of the parts, laid side by
 * side, are rounded half up, so the last non-zero part takes the remainder, no part is more than a unit off,
 * none is below 0, and none of a whole that is at most the sum of the weights is more than its weight.
 *
 * @throws RangeError where a weight is negative, or all are 0 and the whole is not.
 */
export function splitInProportion(m: Money, weights: readonly Money[]): Money[] {
  const whole = minorUnits(m);
  const units = weights.map((weight) => like(m, weight));
  const total = units.reduce((a, b) => a + b, 0n);
  if (units.some((unit) => unit < 0n)) throw new RangeError('money: a weight is negative');
  if (total === 0n) {
    if (whole !== 0n) throw new RangeError('money: all weights are 0');
    return weights.map(() => zero(m.currency));
  }
  let reached = 0n;
  let given = 0n;
  return units.map((unit) => {
    reached += unit;
    const end = divideHalfUp(whole * reached, total);
    const part = end - given;
    given = end;
    return ofMinorUnits(part, m.currency);
  });
}

/**
 * A unit price with up to 8 decimals × a whole factor, rounded once, half up. @throws RangeError where the
 * price is no such decimal.
 */
export function priceTimes(unitPrice: string, currency: string, factor: bigint): Money {
  const decimals = fractionOf(unitPrice).length;
  if (!plainDecimal.test(unitPrice) || decimals > 8)
    throw new RangeError(`money: "${unitPrice}" is no unit price`);
  const exact = BigInt(unitPrice.replace('.', '')) * factor * 10n ** BigInt(currencyDigits(currency));
  return ofMinorUnits(divideHalfUp(exact, 10n ** BigInt(decimals)), currency);
}

/** As a person reads it: `¥1,234.50` (zh-CN), `CN¥1,234.50` (en). Exact at any size. */
export const formatMoney = (m: Money, locale: string): string =>
  new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: m.currency,
    minimumFractionDigits: currencyDigits(m.currency),
  }).format(money(m.amount, m.currency).amount as Intl.StringNumericLiteral);

const plainDecimal = /^-?\d+(\.\d+)?$/;
const fractionOf = (decimal: string): string => decimal.split('.')[1] ?? '';

function ofMinorUnits(units: bigint, currency: string): Money {
  const digits = currencyDigits(currency);
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const sign = units < 0n ? '-' : '';
  return { amount: digits === 0 ? sign + whole : `${sign}${whole}.${text.slice(-digits)}`, currency };
}

/** The units of `b`, which must be of a's currency. */
function like(a: Money, b: Money): bigint {
  if (a.currency !== b.currency) throw new RangeError(`money: ${a.currency} and ${b.currency} are mixed`);
  return minorUnits(b);
}

/** Half away from zero, so that a negative amount rounds as its positive does. */
function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('money: divided by 0');
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * n + d) / (2n * d);
  return negative ? -rounded : rounded;
}
