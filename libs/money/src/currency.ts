/**
 * Digits after the point of the currencies Accord bills in (ISO 4217). A currency that is not here is not
 * accepted anywhere.
 */
const digitsOf: Readonly<Record<string, number>> = {
  CNY: 2,
  USD: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  MOP: 2,
  TWD: 2,
  SGD: 2,
  MYR: 2,
  THB: 2,
  PHP: 2,
  IDR: 2,
  INR: 2,
  AUD: 2,
  CAD: 2,
  CHF: 2,
  AED: 2,
  BRL: 2,
  JPY: 0,
  KRW: 0,
  VND: 0,
  KWD: 3,
};

export const currencies: readonly string[] = Object.keys(digitsOf);

/** @throws RangeError where the currency is unknown. */
export function currencyDigits(currency: string): number {
  const digits = Object.hasOwn(digitsOf, currency) ? digitsOf[currency] : undefined;
  if (digits === undefined) throw new RangeError(`money: unknown currency "${currency}"`);
  return digits;
}
