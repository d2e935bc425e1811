import Fraction from 'fraction.js';
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

/** These throw a RangeError where currencies are mixed, as `compare` does. */
export const add = (a: Money, b: Money): Money => ofMinorUnits(minorUnits(a) + like(a, b), a.currency);
export const subtract = (a: Money, b: Money): Money => ofMinorUnits(minorUnits(a) - like(a, b), a.currency);
export const negate = (m: Money): Money => ofMinorUnits(-minorUnits(m), m.currency);
export const sum = (list: readonly Money[], currency: string): Money => list.reduce(add, zero(currency));

/** Below 0 where a is less than b, 0 where they are equal, above 0 where a is more. */
export function compare(a: Money, b: Money): number {
  const difference = minorUnits(a) - like(a, b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Amounts of two currencies are not equal; null is what has no amount. */
export const equal = (a: Money | null, b: Money | null): boolean =>
  a === null || b === null ? a === b : a.currency === b.currency && minorUnits(a) === minorUnits(b);
export const isZero = (m: Money): boolean => minorUnits(m) === 0n;
export const isNegative = (m: Money): boolean => minorUnits(m) < 0n;

/** The amount as a number that sums, shares and quotients of it stay exact in. */
export const exactly = (m: Money): Fraction =>
  new Fraction(minorUnits(m), 10n ** digitsAfterPoint(m.currency));

/** To the currency's minor unit, half up, once and at the end (RFD-7). */
export const roundHalfUp = ({ s: sign, n, d }: Fraction, currency: string): Money =>
  ofMinorUnits(divideHalfUp(sign * n * 10n ** digitsAfterPoint(currency), d), currency);

/**
 * Parts in the proportion of the weights that make up the whole, each less than a unit off its exact share, none
 * more than its weight while the whole is at most their sum. `given` is what the parts were when the whole was
 * less: no part falls below that, so money that went back in steps stays in proportion at each (RFD-11). Up to
 * three parts always can; of more, parts that were `given` may not fit.
 *
 * @throws RangeError where a weight is negative, all are 0 and the whole is not, or `given` does not fit.
 */
export function splitInProportion(m: Money, weights: readonly Money[], given?: readonly Money[]): Money[] {
  const whole = minorUnits(m);
  const units = weights.map((weight) => like(m, weight));
  const total = units.reduce((a, b) => a + b, 0n);
  if (units.some((unit) => unit < 0n)) throw new RangeError('money: a weight is negative');
  if (total === 0n && whole !== 0n) throw new RangeError('money: all weights are 0');
  if (total === 0n) return weights.map(() => zero(m.currency));

  const parts = units.map((unit, i) => {
    const least = given?.[i] ? like(m, given[i]) : 0n;
    const share = (whole * unit) / total;
    return { index: i, units: share > least ? share : least, wants: whole * unit };
  });
  const behind = ({ units: has, wants }: (typeof parts)[number]) => wants - has * total;
  let left = whole - parts.reduce((sum, part) => sum + part.units, 0n);
  for (const part of [...parts].sort((a, b) => (behind(b) > behind(a) ? 1 : behind(b) < behind(a) ? -1 : 0)))
    if (left > 0n && behind(part) > 0n) {
      part.units += 1n;
      left -= 1n;
    }
  if (left !== 0n) throw new RangeError('money: what was given does not fit the proportion');
  return parts.map((part) => ofMinorUnits(part.units, m.currency));
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
export function formatMoney({ amount, currency }: Money, locale: string): string {
  const key = `${locale} ${currency}`;
  let format = formats.get(key);
  format ??= new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: currencyDigits(currency),
  });
  formats.set(key, format);
  return format.format(money(amount, currency).amount as Intl.StringNumericLiteral);
}
/** By locale and currency: making one takes as long as using it forty times. */
const formats = new Map<string, Intl.NumberFormat>();

const digitsAfterPoint = (currency: string): bigint => BigInt(currencyDigits(currency));
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
