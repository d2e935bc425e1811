import { z } from 'zod';
import { equal, isNegative, isZero, money, sum } from '@accord/money';
import { event } from './definition.ts';
import { AccountId, Moment, Money, ServicePeriod, Version } from './fields.ts';

// Other services of the platform tell facts by topic; told over REST they have the same effect (EVT-14). The
// facts of an account are told by `account.updated`.

export const OrderId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const InstanceId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);
export const PaymentReference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);
export const Region = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}]+$/u);

/** IPv4 or IPv6; one text to clients, whose types know no choice of formats. */
export const IpAddress = z.union([z.ipv4(), z.ipv6()]);

/** Facts of an instance that are no times; one that is left out is unset. */
export const InstanceFacts = z.object({
  reportVersion: z
    .int()
    .min(1)
    .meta({ description: "The platform's own version of the instance; an older one changes nothing." }),
  orderId: OrderId.optional().meta({
    description: 'The order it belongs to; required for an instance not known yet.',
  }),
  usage: z
    .string()
    .regex(/^\d{1,15}(\.\d{1,8})?$/)
    .default('0'),
  inEffect: z.boolean().default(false),
  frozenBy: z.enum(['police', 'platform']).nullable().default(null),
  released: z.boolean().default(false),
  archived: z.boolean().default(false),
  region: Region.nullable().default(null),
  ipAddress: IpAddress.nullable().default(null),
});

/** A period, as far as it is told: its end is not before its start. */
export const isForward = ({ start, end }: Readonly<Record<'start' | 'end', Date | string | null>>): boolean =>
  !start || !end || new Date(start) <= new Date(end);

export const BillId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);
/** A calendar month in the provider's time zone: `2026-01`. */
export const BillMonth = z.string().regex(/^20\d\d-(0[1-9]|1[0-2])$/);
/** The cost of one product in the month, after all discounts. */
export const BillLine = z.object({
  productCode: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/),
  amount: Money,
});

/**
 * The whole of a monthly bill (CTR-8). Whether it has been paid may follow in a later version, and so may a
 * correction, or that it was withdrawn (CTR-35).
 */
export const BillFacts = z.object({
  version: Version.meta({
    description: "The platform's own version of the bill; an older one changes nothing.",
  }),
  accountId: AccountId,
  month: BillMonth,
  invoicingEntity: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/),
  status: z.enum(['unpaid', 'paid', 'withdrawn']),
  amount: Money,
  lines: z.array(BillLine).min(1).max(500).meta({ description: 'By product; together they are the amount.' }),
});

type Amount = z.output<typeof Money>;

/** Of the bill's currency, none below zero, and together its amount. */
export function isSumOfLines({
  amount,
  lines,
}: {
  readonly amount: Amount;
  readonly lines: readonly { readonly amount: Amount }[];
}): boolean {
  try {
    const parts = lines.map((line) => money(line.amount.amount, line.amount.currency));
    return (
      !parts.some(isNegative) && equal(sum(parts, amount.currency), money(amount.amount, amount.currency))
    );
  } catch {
    return false; // no money, or of several currencies
  }
}

const endsLater = { message: 'is not before start' };

const Part = Money.optional();
type Parts = { readonly [part: string]: z.output<typeof Part> };

/** Of one currency, none below zero, together above it and no more than an amount has digits. */
function isOneSum(parts: Parts): boolean {
  try {
    const given = Object.values(parts).flatMap((part) => (part ? [money(part.amount, part.currency)] : []));
    if (given.length === 0 || given.some(isNegative)) return false;
    const together = sum(given, given[0]!.currency);
    return !isZero(together) && Money.safeParse(together).success;
  } catch {
    return false; // no money, or of several currencies
  }
}

export const platformEvents = {
  'payment.received': event({
    speaker: 'platform',
    aggregate: 'received_payment',
    summary:
      'Money was received for an order; it pays the order or, where it cannot, is credited to the account ' +
      '(EVT-14, ORD-5).',
    data: z.object({
      /** The source's name of this payment, for ever: told again it is the same money. */
      paymentReference: PaymentReference,
      accountId: AccountId,
      orderId: OrderId,
      parts: z
        .object({ cash: Part, giftCredit: Part, storedCard: Part, voucher: Part })
        .refine(isOneSum, 'are amounts of one currency, none below zero, together above it'),
    }),
    about: (data) => ({
      id: data.paymentReference,
      version: 1,
      accountId: data.accountId,
    }),
  }),
  'resource.reported': event({
    speaker: 'platform',
    aggregate: 'reported_resource',
    summary:
      'The whole of what the platform knows of an instance (EVT-14, ORD-11); a fact that is left out is unset.',
    data: InstanceFacts.extend({
      instanceId: InstanceId,
      accountId: AccountId,
      reportVersion: Version,
      start: Moment.nullable().default(null),
      end: Moment.nullable().default(null),
      nextRenewalPeriod: ServicePeriod.refine(isForward, endsLater).nullable().default(null),
      scaledAt: Moment.nullable().default(null),
    }).refine(isForward, { ...endsLater, path: ['end'] }),
    about: (data) => ({
      id: data.instanceId,
      version: data.reportVersion,
      accountId: data.accountId,
    }),
  }),
  'bill.issued': event({
    speaker: 'platform',
    aggregate: 'bill',
    summary:
      "The whole of an account's bill for a month, as it was issued or as it is since (EVT-14, CTR-8).",
    data: BillFacts.extend({ billId: BillId }).refine(isSumOfLines, {
      path: ['lines'],
      message: 'are of one currency, none below zero, together the amount',
    }),
    about: (data) => ({
      id: data.billId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
};
