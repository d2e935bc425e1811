import Fraction from 'fraction.js';
import type { Locale } from '@accord/core';
import { durationIn, fundWords } from '@accord/events/wording';
import { add, equal, exactly, isZero, roundHalfUp, type Money } from '@accord/money';
import type { Usage } from '@accord/profile';
import { refundedOf, type Calculation, type Downgrade, type Line } from '../refund/amount.ts';

// The calculation of a line in the reader's language (RFD-1). Each formula, computed exactly and rounded half up
// once, gives its result.

type Text = { readonly [L in Locale]: string };
export const stepNames = [
  'share',
  'period',
  'used',
  'consumed',
  'fee_table',
  'fee',
  'refund',
  'split',
  'voucher',
] as const;

interface Step {
  readonly step: (typeof stepNames)[number];
  readonly formula: string;
  readonly result: string;
}

export function stepsOf(line: Line, locale: Locale): Step[] {
  const { calculation, refund, split } = line;
  const paidBack = [
    { step: 'split', formula: fundsText(line, locale), result: text(refund) },
    ...(isZero(split.voucher)
      ? []
      : [{ step: 'voucher', formula: voucherFormula(line, locale), result: text(split.voucher) } as const]),
  ] as const;
  if (!calculation) return [{ step: 'refund', formula: allOfIt[locale], result: text(refund) }, ...paidBack];
  if (calculation.downgrade) {
    const formula = differenceFormula(calculation, calculation.downgrade, locale);
    return [
      ...usageSteps(calculation, locale),
      { step: 'refund', formula, result: text(refund) },
      ...paidBack,
    ];
  }
  const { feeBy } = calculation;
  return [
    { step: 'share', formula: shareFormula(line, calculation, locale), result: text(line.paid) },
    ...usageSteps(calculation, locale),
    { step: 'consumed', formula: consumedFormula(line, calculation), result: text(line.consumed) },
    ...(feeBy ? [{ step: 'fee_table', ...feeTable(feeBy, locale) } as const] : []),
    { step: 'fee', formula: feeFormula(line, calculation), result: text(line.fee) },
    { step: 'refund', formula: refundFormula(line, calculation, locale), result: text(refund) },
    ...paidBack,
  ];
}

const round: Text = { en: 'round', 'zh-CN': '四舍五入' };
const larger: Text = { en: 'max', 'zh-CN': '取较大值' };
const allOfIt: Text = {
  en: 'the order was not fulfilled: all that was paid',
  'zh-CN': '订单未能开通：退还全部已付金额',
};

/** One instance's part of what was paid for the order, as an expression. */
const partOf = ({ orderPaid, orderInstances: n }: Calculation): string =>
  n === 1 ? orderPaid.amount : `${orderPaid.amount} ÷ ${n}`;
const exactPart = ({ orderPaid, orderInstances }: Calculation) => exactly(orderPaid).div(orderInstances);
const isFirst = ({ before }: Calculation) => before.instances === 0 && before.exact.refund === '0';

const quotient = (fraction: string): string => fraction.replace('/', ' ÷ ');
/** One instance's part without the differences that came back of it (ORD-24). */
const partLeft = (calculation: Calculation): string =>
  calculation.kept.returned === '0'
    ? partOf(calculation)
    : `(${partOf(calculation)} − ${quotient(calculation.kept.returned)})`;
/** The unused part of it, as far as its customer still paid for it. */
const unusedPart = (calculation: Calculation): string => {
  const { kept } = calculation;
  const unused = `${partOf(calculation)} × ${shareOf(calculation, ({ used, total }) => `(${total} − ${used})`)}`;
  return kept.part === '1' ? unused : `${unused} × ${quotient(kept.part)}`;
};

type Counted = Pick<Usage, 'used' | 'total'>;

/** So many units of all; of several periods each by its part of the price. */
const shareOf = (usage: Usage, unitsOf: (counted: Counted) => string): string =>
  usage.periods
    ? `(${usage.periods.map((one) => `${quotient(one.part)} × ${unitsOf(one)} ÷ ${one.total}`).join(' + ')})`
    : `${unitsOf(usage)} ÷ ${usage.total}`;

/** Of what was paid for the unused; where that is not what comes back, of all that was paid (ORD-24). */
function differencePart(calculation: Calculation, downgrade: Downgrade): string {
  const { priceBefore, priceAfter, returned, kept } = downgrade;
  const byPrices = `${unusedPart(calculation)} × (${priceBefore} − ${priceAfter}) ÷ ${priceBefore}`;
  if (returned === undefined || kept === undefined) return byPrices;
  const { total, used } = calculation;
  const given = new Fraction(1).sub(kept);
  const unused = new Fraction(total - used, total).mul(calculation.kept.part);
  if (!unused.mul(given).equals(returned)) return `${partOf(calculation)} × ${quotient(returned)}`;
  if (given.equals(1)) return unusedPart(calculation);
  const isByPrices = new Fraction(priceBefore).mul(kept).equals(priceAfter);
  return isByPrices ? byPrices : `${unusedPart(calculation)} × ${quotient(given.toFraction())}`;
}

function differenceFormula(calculation: Calculation, downgrade: Downgrade, locale: Locale): string {
  const { before } = calculation;
  const own = differencePart(calculation, downgrade);
  return isFirst(calculation) ? own : sumSoFar(before.exact.refund, own, refundedOf(before), locale);
}

/** The instances of an order are rounded together, so a later one is the sum so far less the part before it. */
function shareFormula(
  { paid, refund, consumed, fee }: Line,
  calculation: Calculation,
  locale: Locale,
): string {
  const { orderPaid, orderInstances, before } = calculation;
  const count = before.instances + 1;
  const paidBefore = add(refundedOf(before), add(before.consumed, before.fee));
  const paidSoFar = roundHalfUp(exactPart(calculation).mul(count), paid.currency);
  if (!equal(paidSoFar, add(paid, paidBefore)))
    return `${refund.amount} + ${consumed.amount} + ${fee.amount}`;
  return isFirst(calculation)
    ? `${orderPaid.amount} ÷ ${orderInstances}`
    : `${round[locale]}(${orderPaid.amount} × ${count} ÷ ${orderInstances}) − ${paidBefore.amount}`;
}

/** Where rounding left consumed or fee another cent than by itself, it is the rest. */
function consumedFormula({ paid, consumed, fee, refund }: Line, calculation: Calculation): string {
  const exact = exactPart(calculation).mul(usedPart(calculation));
  if (isFirst(calculation) && equal(roundHalfUp(exact, paid.currency), consumed))
    return `${partOf(calculation)} × ${shareOf(calculation, ({ used }) => String(used))}`;
  return [paid, ...(isZero(fee) ? [] : [fee]), refund].map(({ amount }) => amount).join(' − ');
}

const usedPart = ({ used, total, periods }: Usage): Fraction =>
  (periods ?? [{ part: '1', used, total }]).reduce(
    (sum, one) => sum.add(new Fraction(one.part).mul(one.used).div(one.total)),
    new Fraction(0),
  );

function feeFormula({ paid, consumed, fee, refund }: Line, calculation: Calculation): string {
  const percent = calculation.feeBy?.percent ?? '0';
  const exact = exactPart(calculation).sub(calculation.kept.returned).mul(percent).div(100);
  if (isZero(fee) ? percent === '0' : isFirst(calculation) && equal(roundHalfUp(exact, paid.currency), fee))
    return `${partLeft(calculation)} × ${percent} %`;
  return `${paid.amount} − ${consumed.amount} − ${refund.amount}`;
}

function refundFormula({ exact }: Line, calculation: Calculation, locale: Locale): string {
  const { feeBy, before } = calculation;
  const left = unusedPart(calculation);
  const charged = feeBy ? `${left} − ${partLeft(calculation)} × ${feeBy.percent} %` : left;
  const own = feeBy && exact.refund === '0' ? `${larger[locale]}(0, ${charged})` : charged;
  return isFirst(calculation) ? own : sumSoFar(before.exact.refund, own, refundedOf(before), locale);
}

function voucherFormula({ split, calculation }: Line, locale: Locale): string {
  if (!calculation?.orderVoucher) return allOfIt[locale];
  const { orderVoucher, orderInstances: n, before } = calculation;
  const part = n === 1 ? orderVoucher.amount : `${orderVoucher.amount} ÷ ${n}`;
  const own = `${part} × ${shareOf(calculation, ({ used, total }) => `(${total} − ${used})`)}`;
  return isFirst(calculation) || isZero(split.voucher)
    ? own
    : sumSoFar(before.exact.voucher, own, before.refunded.voucher, locale);
}

/** The exact sum of all parts so far, rounded, less what was given of it. */
const sumSoFar = (exactBefore: string, own: string, givenBefore: Money, locale: Locale): string =>
  `${round[locale]}(${quotient(exactBefore)} + ${own}) − ${givenBefore.amount}`;

const fundsText = ({ split }: Line, locale: Locale): string =>
  (['cash', 'giftCredit', 'storedCard'] as const)
    .map((fund) => `${fundWords[fund][locale]} ${split[fund].amount}`)
    .join(' + ');

const unitNames: { readonly [U in Usage['unit']]: { en: [one: string, many: string]; 'zh-CN': string } } = {
  package: { en: ['package', 'packages'], 'zh-CN': '个资源包' },
  piece: { en: ['service used at once', 'services used at once'], 'zh-CN': '次性服务' },
  trial: { en: ['trial', 'trials'], 'zh-CN': '次试用' },
  excluded: {
    en: ['order that gives nothing back', 'orders that give nothing back'],
    'zh-CN': '笔不予退款的订单',
  },
  day: { en: ['day', 'days'], 'zh-CN': '天' },
  hour: { en: ['hour', 'hours'], 'zh-CN': '小时' },
};

const counted = (count: number, unit: Usage['unit'], locale: Locale): string =>
  locale === 'en'
    ? `${count} ${unitNames[unit].en[count === 1 ? 0 : 1]}`
    : `${count} ${unitNames[unit]['zh-CN']}`;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** On the provider's clock; seconds only where they are not 0. */
function localTime(instant: string, timeZone: string): string {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(timeZone, clock);
  return clock.format(new Date(instant)).replace(/(:\d\d):00$/, '$1');
}

function usageSteps({ unit, used, total, period, periods, ...clock }: Calculation, locale: Locale): Step[] {
  const each = periods?.map((one) => ({ ...one, period: one })) ?? [{ used, total, period }];
  return each.flatMap((one) => countSteps({ unit, ...one }, clock, locale));
}

function countSteps(
  { unit, used, total, period }: Omit<Usage, 'periods'>,
  { asOf, timeZone }: Pick<Calculation, 'asOf' | 'timeZone'>,
  locale: Locale,
): Step[] {
  const until = localTime(asOf, timeZone);
  const [start, end] = period ? [period.start, period.end].map((told) => localTime(told, timeZone)) : [];
  const span = locale === 'en' ? `${start} to ${end} (${timeZone})` : `${start} 至 ${end}（${timeZone}）`;
  return [
    {
      step: 'period',
      formula: period ? span : counted(total, unit, locale),
      result: counted(total, unit, locale),
    },
    {
      step: 'used',
      formula: locale === 'en' ? `until ${until}` : `截至 ${until}`,
      result: counted(used, unit, locale),
    },
  ];
}

type Fee = NonNullable<Calculation['feeBy']>;

function feeTable({ termMonths, steps, usedUpToMonths, percent }: Fee, locale: Locale) {
  const term = monthsText(termMonths, locale);
  const upTo = (months: number) =>
    locale === 'en' ? `up to ${monthsText(months, locale)}` : `使用 ${monthsText(months, locale)}以内`;
  const table = steps.map((step) => `${upTo(step.usedUpToMonths)} ${step.percent} %`);
  return locale === 'en'
    ? { formula: `term of ${term}: ${table.join(', ')}`, result: `${percent} % (${upTo(usedUpToMonths)})` }
    : { formula: `期限 ${term}：${table.join('，')}`, result: `${percent} %（${upTo(usedUpToMonths)}）` };
}

function monthsText(months: number, locale: Locale): string {
  const isYears = months % 12 === 0;
  return durationIn(
    locale,
    isYears ? { value: months / 12, unit: 'year' } : { value: months, unit: 'month' },
  );
}

const text = ({ amount, currency }: Money) => `${amount} ${currency}`;
