import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { currencies, MoneyJson } from '@accord/money';

/** The profiles that come with Accord, by name. */
export const shippedProfiles = ['baidu', 'alibaba'] as const;

const Text = z.string().min(1);
const Code = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'is a code: letters, digits and _');
const IsoDuration = z
  .string()
  .regex(
    /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/,
    'is an ISO 8601 duration of days, hours, minutes or seconds: P7D, PT20S',
  );
const milliseconds = (iso: string): number => Temporal.Duration.from(iso).total('milliseconds');
const PositiveMs = IsoDuration.transform(milliseconds).refine((ms) => ms > 0, 'is longer than 0');
const Percent = z
  .string()
  .regex(/^(100|\d{1,2}(\.\d{1,2})?)$/, 'is a percentage from 0 to 100 with at most 2 decimals: "12.5"');

const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time of day: 09:30');
const TimeZone = Text.refine((zone) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}, 'is an IANA time zone: Asia/Shanghai');

const DomainServiceType = z.enum([
  'registration',
  'renewal',
  'transfer_in',
  'redemption',
  'buyback',
  'buyback_zhiyu',
]);

const Orders = z
  .strictObject({ payWithin: PositiveMs, payWithinWhenContracted: PositiveMs })
  .transform((orders) => ({
    payWithinMs: orders.payWithin,
    payWithinWhenContractedMs: orders.payWithinWhenContracted,
  }));

const Paper = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('ticket') }),
  z
    .strictObject({
      by: z.literal('self_service'),
      minCopies: z.int().positive(),
      maxCopies: z.int().positive(),
      mailedWithinBusinessDays: z.tuple([z.int().positive(), z.int().positive()]),
    })
    .refine((paper) => paper.minCopies <= paper.maxCopies, {
      path: ['maxCopies'],
      message: 'is at least minCopies',
    }),
]);

const Contracts = z
  .strictObject({
    sources: z.array(z.enum(['order', 'bill'])).min(1),
    excludedCategories: z.array(Code),
    marketplace: z.enum(['excluded', 'alone']),
    marketplaceCategories: z.array(Code).min(1),
    partnerCustomers: z.enum(['allowed', 'refused']),
    removeDraft: z.enum(['void', 'delete']),
    voidOfficial: z.enum(['ticket', 'self_service']),
    splitByInvoicingEntity: z.boolean(),
    paper: Paper,
    unpaidDomainServiceTypes: z.union([z.literal('any'), z.array(DomainServiceType)]),
    unpaidDomainRefusedBrands: z.array(Code),
    hichinaBrand: Code,
    invoiceTitleMustMatch: z.boolean(),
    offlineAddress: z.strictObject({ recipient: Text, phone: Text, address: Text }),
    /**
     * A product whose brand and category are both listed has the terms in its contract; all others a link to
     * them (CTR-23).
     */
    termsIncludedFor: z.strictObject({ brands: z.array(Code), categories: z.array(Code) }),
    termsUrl: z.url(),
    icpFiling: z.enum(['none', 'ctr_31']),
  })
  .superRefine((contracts, context) => {
    const left = contracts.marketplaceCategories.filter(
      (category) => !contracts.excludedCategories.includes(category),
    );
    if (contracts.marketplace === 'excluded' && left.length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['excludedCategories'],
        message: `lacks ${left.join(', ')}, which marketplace excludes`,
      });
    }
  });

const Tickets = z
  .strictObject({
    hours: z
      .strictObject({
        /** ISO weekdays, 1 is Monday. */
        days: z.array(z.int().min(1).max(7)).min(1),
        from: Clock,
        to: Clock,
        timeZone: TimeZone,
        holidays: z.array(z.iso.date()),
      })
      .refine((hours) => hours.from < hours.to, { path: ['to'], message: 'is later than from' }),
  })
  .transform(({ hours }) => hours);

/**
 * The part of the sum paid that is kept, by the order's term and by how much of it was used (RFD-8). Steps
 * ascend; the last reaches the term.
 */
const FeeTable = z
  .strictObject({
    termYears: z.int().positive(),
    steps: z.array(z.strictObject({ usedUpToYears: z.int().positive(), percent: Percent })).min(1),
  })
  .refine(
    ({ steps }) =>
      steps.every((step, i) => i === 0 || step.usedUpToYears > (steps[i - 1]?.usedUpToYears ?? 0)),
    {
      path: ['steps'],
      message: 'usedUpToYears ascends',
    },
  )
  .refine(({ steps, termYears }) => steps.at(-1)?.usedUpToYears === termYears, {
    path: ['steps'],
    message: 'ends with usedUpToYears = termYears',
  });

const Refunds = z
  .strictObject({
    packageWindow: z
      .string()
      .regex(/^P\d+D$/, 'is a duration of whole days: P7D')
      .transform(milliseconds),
    consumption: z.enum(['day', 'hour']),
    fee: z
      .array(FeeTable)
      .refine(
        (tables) => new Set(tables.map((table) => table.termYears)).size === tables.length,
        'has one table for each termYears',
      ),
    vouchersReturn: z.enum(['only_failed_fulfilment', 'always']),
    reviewAbove: MoneyJson,
    /** Refunds an account may have in one calendar year; null: any number. */
    yearlyQuota: z.int().nonnegative().nullable(),
  })
  .transform(({ packageWindow, fee, ...refunds }) => ({
    ...refunds,
    packageWindowDays: packageWindow / 86_400_000,
    fees: fee,
  }));

/** One party as it stands on paper. */
const PartyDetails = z.strictObject({
  name: Text,
  certificate: Text,
  address: Text,
  contact: Text,
  bank: Text,
  account: Text,
});

const Currency = z
  .string()
  .refine((currency) => currencies.includes(currency), 'is a currency Accord bills in');
const InvoicingEntity = z.strictObject({
  code: Code,
  currency: Currency,
  'zh-CN': PartyDetails,
  en: PartyDetails,
});

/**
 * A provider's rules as data. In the file, keys have the names of the specification and durations are ISO
 * 8601 (`orders.payWithin: "P7D"`); here durations are numbers with their unit in the name
 * (`orders.payWithinMs`).
 */
export const Profile = z.strictObject({
  name: Text,
  version: Text,
  timeZone: TimeZone,
  orders: Orders,
  contracts: Contracts,
  tickets: Tickets,
  refunds: Refunds,
  invoicingEntities: z
    .array(InvoicingEntity)
    .min(1)
    .refine(
      (entities) => new Set(entities.map((entity) => entity.code)).size === entities.length,
      'names each code once',
    ),
});

export type Profile = z.output<typeof Profile>;
export type FeeTable = z.output<typeof FeeTable>;
export type InvoicingEntity = z.output<typeof InvoicingEntity>;
export type PartyDetails = z.output<typeof PartyDetails>;
