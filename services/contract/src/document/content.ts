import type { Money } from '@accord/money';
import type { PartyDetails } from '@accord/profile';

/** What a row says about when the service runs (CTR-15). Instants are ISO 8601. */
export type RowPeriod =
  | { readonly kind: 'period'; readonly start: string; readonly end: string }
  | { readonly kind: 'duration'; readonly value: number; readonly unit: DurationUnit }
  /** A billing cycle of a pay-as-you-go order. */
  | { readonly kind: 'cycle'; readonly start: string; readonly end: string }
  | { readonly kind: 'none' };

export type DurationUnit = 'minute' | 'month' | 'year';

export interface DocumentRow {
  readonly orderId: string;
  readonly serviceName: string;
  /** Model and options as sold, region and IP address among them. */
  readonly configuration: readonly { readonly name: string; readonly value: string }[];
  readonly count: number;
  readonly period: RowPeriod;
  readonly duration: { readonly value: number; readonly unit: DurationUnit } | null;
  /** Null prints a dash: pay as you go (CTR-16). */
  readonly cashPayable: Money | null;
}

/** Everything a contract says, as plain JSON: the same content makes the same draft, byte by byte. */
export interface DocumentContent {
  readonly number: string;
  readonly kind: 'order' | 'payment_request';
  readonly language: 'zh' | 'en';
  /** A draft has the watermark and no seal; an official one has the seal (CTR-17, CTR-18). */
  readonly mark: 'draft' | 'official';
  /** The seal comes from a self-signed key: every page and the seal itself say so (CTR-22). */
  readonly testSeal: boolean;
  readonly partyA: {
    readonly name: string;
    readonly certificate: string | null;
    readonly address: string | null;
    readonly contact: string | null;
  };
  readonly partyB: PartyDetails;
  readonly createdAt: string;
  readonly timeZone: string;
  readonly rows: readonly DocumentRow[];
  /** Null where all rows are pay as you go (CTR-16). */
  readonly total: Money | null;
  /** Printed by a payment request (CTR-14). */
  readonly payBy: string | null;
  readonly templateVersion: string;
  readonly termsUrl: string;
}
