import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { currencies, MoneyJson } from '@accord/money';
import {
  Clock,
  Code,
  each,
  inBothLanguages,
  isEachOnce,
  Months,
  Paragraph,
  Percent,
  PositiveMs,
  Text,
  TimeZone,
  WebAddress,
  WholeDays,
} from './values.ts';

/** The profiles that come with Accord, by name. */
export const shippedProfiles = ['baidu', 'alibaba', 'example'] as const;

const DomainServiceType = z.enum([
  'registration',
  'renewal',
  'transfer_in',
  'redemption',
  'buyback',
  'buyback_zhiyu',
]);

const Orders = z
  .strictObject({
    payWithin: PositiveMs,
    payWithinWhenContracted: PositiveMs,
    /** Whether a change to a cheaper plan gives back what the rest of the period was dearer (ORD-24). */
    downgradeReturns: z.enum(['none', 'difference']),
  })
  .refine((orders) => orders.payWithinWhenContracted >= orders.payWithin, {
    path: ['payWithinWhenContracted'],
    message: 'is at least payWithin',
  })
  .transform(({ payWithin, payWithinWhenContracted, ...orders }) => ({
    ...orders,
    payWithinMs: payWithin,
    payWithinWhenContractedMs: payWithinWhenContracted,
  }));

const Paper = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('ticket') }),
  z
    .strictObject({
      by: z.literal('self_service'),
      minCopies: z.int().min(1).max(100),
      maxCopies: z.int().min(1).max(100),
      mailedWithinBusinessDays: z
        .tuple([z.int().min(1).max(250), z.int().min(1).max(250)])
        .refine(([first, last]) => first <= last, 'is the first day, then the last'),
    })
    .refine((paper) => paper.minCopies <= paper.maxCopies, {
      path: ['maxCopies'],
      message: 'is at least minCopies',
    }),
]);

const OfflineAddress = z.strictObject({ recipient: Text, phone: Text, address: Text });

/** CTR-37, where an authority gives no time stamp: contracts wait, or so long after are sealed without one. */
const TimeStampAway = z.discriminatedUnion('then', [
  z.strictObject({ then: z.literal('wait') }),
  z
    .strictObject({ then: z.literal('seal_without'), after: PositiveMs })
    .transform(({ after, ...away }) => ({ ...away, afterMs: after })),
]);

/** CTR-31, of one region's authority. */
const IcpFilingRule = z.strictObject({
  region: Code,
  /** Of the addresses in the contract, of the destination and of the filing. */
  addresses: z.enum(['all_equal', 'contract_is_destination', 'any']),
  /** The names of server regions that lie in it, where the servers have to; null: they may be anywhere. */
  servers: each(Text).nullable(),
});

const Contracts = z
  .strictObject({
    sources: each(z.enum(['order', 'bill'])).refine((sources) => sources.length > 0, 'names one at least'),
    excludedCategories: each(Code),
    marketplace: z.enum(['excluded', 'alone']),
    marketplaceCategories: each(Code).refine((list) => list.length > 0, 'names one at least'),
    partnerCustomers: z.enum(['allowed', 'refused']),
    removeDraft: z.enum(['void', 'delete']),
    voidOfficial: z.enum(['ticket', 'self_service']),
    splitByInvoicingEntity: z.boolean(),
    paper: Paper,
    unpaidDomainServiceTypes: z.union([z.literal('any'), each(DomainServiceType)]),
    unpaidDomainRefusedBrands: each(Code),
    hichinaBrand: Code,
    invoiceTitleMustMatch: z.boolean(),
    /** Where papers for the provider go. */
    offlineAddress: inBothLanguages(OfflineAddress),
    /**
     * A product whose brand and category are both listed has the terms in its contract; all others a link to
     * them (CTR-23).
     */
    termsIncludedFor: z
      .strictObject({ brands: each(Code), categories: each(Code) })
      .refine(
        ({ brands, categories }) => (brands.length === 0) === (categories.length === 0),
        'names brands and categories, or neither',
      ),
    /** The included terms, paragraph by paragraph; none where no product has them in its contract. */
    termsIncluded: inBothLanguages(z.array(Paragraph)),
    /** Of products that have none of their own. */
    termsUrl: WebAddress,
    timeStampAway: TimeStampAway,
    /** Commercial filings that a contract is for; a region without a rule is its authority's to ask (CTR-31). */
    icpFiling: z.union([
      z.literal('none'),
      z
        .array(IcpFilingRule)
        .refine((rules) => isEachOnce(rules.map(({ region }) => region)), 'names each region once'),
    ]),
    /** So long a draft waits before its customer is told (CTR-40). */
    draftRemindAfter: PositiveMs,
    /** So long a draft waits before it is voided (CTR-40); null: for ever. */
    draftExpiresAfter: PositiveMs.nullable(),
  })
  .refine(({ draftRemindAfter, draftExpiresAfter }) => (draftExpiresAfter ?? Infinity) > draftRemindAfter, {
    path: ['draftExpiresAfter'],
    message: 'is longer than draftRemindAfter',
  })
  .refine(
    ({ termsIncludedFor: { brands, categories }, termsIncluded: { 'zh-CN': zh, en } }) =>
      brands.length === 0 || categories.length === 0 || (zh.length > 0 && en.length > 0),
    { path: ['termsIncluded'], message: 'has the terms that contracts of termsIncludedFor include' },
  )
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
  })
  .transform(({ draftRemindAfter, draftExpiresAfter, ...contracts }) => ({
    ...contracts,
    draftRemindAfterMs: draftRemindAfter,
    draftExpiresAfterMs: draftExpiresAfter,
  }));

const Tickets = z
  .strictObject({
    hours: z
      .strictObject({
        /** ISO weekdays, 1 is Monday. */
        days: z.array(z.int().min(1).max(7)).min(1).refine(isEachOnce, 'names each day once'),
        from: Clock,
        to: Clock,
        timeZone: TimeZone,
        holidays: z.array(z.iso.date()).refine(isEachOnce, 'names each day once'),
        /** Days of a weekend that are worked. */
        makeUpWorkdays: z.array(z.iso.date()).refine(isEachOnce, 'names each day once'),
        /** The last day for which holidays and make-up workdays are known. */
        listedUntil: z.iso.date(),
      })
      .refine((hours) => hours.from < hours.to, { path: ['to'], message: 'is later than from' })
      .superRefine(({ days, holidays, makeUpWorkdays, listedUntil }, context) => {
        const refuse = (path: (string | number)[], message: string) =>
          context.addIssue({ code: 'custom', path, message });
        makeUpWorkdays.forEach((day, i) => {
          if (holidays.includes(day)) refuse(['makeUpWorkdays', i], `${day} is a holiday as well`);
          if (days.includes(Temporal.PlainDate.from(day).dayOfWeek))
            refuse(['makeUpWorkdays', i], `${day} is worked anyway`);
        });
        const last = [...holidays, ...makeUpWorkdays].sort().at(-1);
        if (last && last > listedUntil) refuse(['listedUntil'], `is not before the last day listed, ${last}`);
      }),
  })
  .transform(({ hours }) => hours);

/**
 * The part of the sum paid that is kept, by the order's term and by how much of it was used (RFD-8). Steps
 * ascend; the last reaches the term.
 */
const FeeTable = z
  .strictObject({
    term: Months,
    steps: z.array(z.strictObject({ usedUpTo: Months, percent: Percent })).min(1),
  })
  .transform(({ term, steps }) => ({
    termMonths: term,
    steps: steps.map(({ usedUpTo, percent }) => ({ usedUpToMonths: usedUpTo, percent })),
  }))
  .refine(
    ({ steps }) =>
      steps.every((step, i) => i === 0 || step.usedUpToMonths > (steps[i - 1]?.usedUpToMonths ?? 0)),
    { path: ['steps'], message: 'usedUpTo ascends' },
  )
  .refine(({ steps, termMonths }) => steps.at(-1)?.usedUpToMonths === termMonths, {
    path: ['steps'],
    message: 'ends with usedUpTo = term',
  });

const Limit = MoneyJson.refine(({ amount }) => !amount.startsWith('-'), {
  path: ['amount'],
  message: 'is not below 0',
});

const Refunds = z
  .strictObject({
    packageWindow: WholeDays,
    consumption: z.enum(['day', 'hour']),
    fee: z
      .array(FeeTable)
      .refine((tables) => isEachOnce(tables.map((table) => table.termMonths)), 'has one table for each term'),
    vouchersReturn: z.enum(['only_failed_fulfilment', 'always']),
    reviewAbove: Limit,
    /** Beyond so much of an account within 30 days an operator looks at each of its refunds; null: at none. */
    abuse: z.strictObject({ count: z.int().positive(), sum: Limit }).nullable(),
    /** Refunds an account may have in one calendar year; null: any number. */
    yearlyQuota: z.int().min(0).max(100_000).nullable(),
  })
  .transform(({ packageWindow, fee, ...refunds }) => ({
    ...refunds,
    packageWindowDays: packageWindow,
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

/** The provider as its customers know it: messages speak as it and lead to its console (NTF-16). */
const Provider = z.strictObject({
  name: Text,
  /** Pages stand below it: `<consoleUrl>/orders/{orderId}`. */
  consoleUrl: WebAddress.regex(/^[^?#]*$/, 'has no query and no fragment'),
  /** How to reach its support, as people read it. */
  support: Text,
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
export const Profile = z
  .strictObject({
    name: Text,
    version: Text,
    timeZone: TimeZone,
    provider: inBothLanguages(Provider),
    orders: Orders,
    contracts: Contracts,
    tickets: Tickets,
    refunds: Refunds,
    invoicingEntities: z
      .array(InvoicingEntity)
      .min(1)
      .refine((entities) => isEachOnce(entities.map((entity) => entity.code)), 'names each code once'),
  })
  .superRefine(({ refunds, invoicingEntities }, context) => {
    const limits = { reviewAbove: refunds.reviewAbove, 'abuse.sum': refunds.abuse?.sum };
    for (const [limit, money] of Object.entries(limits))
      if (money && !invoicingEntities.some(({ currency }) => currency === money.currency))
        context.addIssue({
          code: 'custom',
          path: ['refunds', ...limit.split('.'), 'currency'],
          message: 'is a currency that an invoicing entity bills in',
        });
  });

export type Profile = z.output<typeof Profile>;
export type FeeTable = z.output<typeof FeeTable>;
type InvoicingEntity = z.output<typeof InvoicingEntity>;
export type PartyDetails = z.output<typeof PartyDetails>;
export type OfflineAddress = z.output<typeof OfflineAddress>;
