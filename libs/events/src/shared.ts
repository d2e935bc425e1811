import { z } from 'zod';

/** RFC 3339 in UTC with milliseconds (API-1). */
export const Instant = z.iso.datetime({ precision: 3 });

/** A decimal string with the currency's digits, never a float (API-9). */
export const MoneyJson = z.object({
  amount: z.string().regex(/^-?\d{1,15}(\.\d{1,8})?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

export const AccountId = z.string().min(1).max(64);
export const Version = z.int().positive();

/** What has an order or an instance now: at most one contract or one refund (ORD-12). */
export const Holder = z.object({ kind: z.enum(['contract', 'refund']), id: z.string() });

/**
 * How one amount was or is paid: cash, gift credit and stored card make up the cash part, vouchers stand
 * beside it (ORD-5, RFD-11).
 */
export const PaymentSplit = z.object({
  cash: MoneyJson,
  giftCredit: MoneyJson,
  storedCard: MoneyJson,
  voucher: MoneyJson,
});

/** The id and version of an aggregate; they make an event's key, sequence and account (EVT-2, EVT-5). */
interface AggregateVersion {
  readonly id: string;
  readonly version: number;
  /** Absent for facts that belong to no account, such as a product. */
  readonly accountId?: string;
}

/** An event is about one version of one aggregate. */
export interface Subject extends AggregateVersion {
  readonly aggregate: string;
}

export type ServiceName = 'order' | 'contract' | 'refund' | 'notification';
/** One of ours, or another service of the platform. */
export type Speaker = ServiceName | 'platform';

/** One event type. Its topic has its name (EVT-1). */
export interface EventDefinition<S extends z.ZodType = z.ZodType, A extends string = string> {
  /** The service that announces it. */
  readonly speaker: Speaker;
  /** The noun it is about. */
  readonly aggregate: A;
  readonly summary: string;
  readonly data: S;
  readonly about: (data: z.output<S>) => AggregateVersion;
}

export const event = <S extends z.ZodType, const A extends string>(
  definition: EventDefinition<S, A>,
): EventDefinition<S, A> => definition;
