import type { Money } from '@accord/money';
import type { Segments } from './segments.ts';

/** An SMS as it went out, beside the states that it has in common with other messages. */
export interface SmsFacts extends Partial<Segments> {
  /** Estimated from the segments; absent without a price. */
  readonly cost?: Money;
  /** As the gateway told last; the first end counts. */
  readonly report?: SmsReport;
}

export interface SmsReport {
  readonly status: 'delivered' | 'failed';
  readonly reason: string | null;
  /** RFC 3339. */
  readonly at: string;
}

/** More would be a letter. */
export const mostSegments = 10;

/**
 * E.164: `+8613800138000`. One that names no country is of `countryCode`; undefined where it is no number.
 */
export function phoneNumber(
  { phone }: { readonly phone: string | null },
  countryCode: string,
): string | undefined {
  const plain = phone?.replaceAll(/[\s().\-\u2010-\u2015]/g, '').replace(/^00/, '+') ?? '';
  const whole = plain.startsWith('+') ? plain : `+${countryCode}${plain.replace(/^0/, '')}`;
  return /^\+[1-9]\d{7,14}$/.test(whole) ? whole : undefined;
}
