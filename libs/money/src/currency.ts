import { data } from 'currency-codes';

/** Codes of ISO 4217 that nobody pays with: metals, units of account, funds, and codes for tests. */
const noMeansOfPayment = new Set(
  (
    'XAG XAU XPD XPT XBA XBB XBC XBD XDR XSU XUA XTS XXX ' + // without a minor unit
    'BOV CHE CHW CLF COU MXV USN UYI UYW'
  ).split(' '),
);

/**
 * Digits after the point, by ISO 4217 (its minor units: 0, 2 or 3). A currency that is not here is not accepted
 * anywhere.
 */
const digitsOf: ReadonlyMap<string, number> = new Map(
  data.filter(({ code }) => !noMeansOfPayment.has(code)).map(({ code, digits }) => [code, digits]),
);

export const currencies: readonly string[] = [...digitsOf.keys()];

/** @throws RangeError where the currency is unknown. */
export function currencyDigits(currency: string): number {
  const digits = digitsOf.get(currency);
  if (digits === undefined) throw new RangeError(`money: unknown currency "${currency}"`);
  return digits;
}
