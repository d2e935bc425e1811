import { equal, type Money } from '@accord/money';

// ORD-21: a transfer that the bank received. It stays as the bank told it, and is claimed at most once.

export interface Remittance {
  readonly remittanceId: string;
  /** The bank's own name of it, for ever. */
  readonly bankReference: string;
  readonly amount: Money;
  readonly payerName: string;
  /** By the bank. */
  readonly receivedAt: Date;
  readonly reportedAt: Date;
  /** The claim that has it; null while it is unclaimed. */
  readonly claimId: string | null;
  readonly claimedAt: Date | null;
}

export type ReportedRemittance = Pick<Remittance, 'bankReference' | 'amount' | 'payerName' | 'receivedAt'>;

/** Told again it is the same transfer, or another one under a reference that is taken. */
export const isSameTransfer = (known: ReportedRemittance, told: ReportedRemittance): boolean =>
  equal(known.amount, told.amount) &&
  known.payerName === told.payerName &&
  known.receivedAt.getTime() === told.receivedAt.getTime();

/**
 * A name as banks and registers spell it alike: without regard to the width of letters and brackets, capitals and
 * the number of spaces.
 */
export const nameKey = (name: string): string =>
  name.normalize('NFKC').replaceAll(/\s+/gu, ' ').trim().toUpperCase();
