import {
  compare,
  isZero,
  scale,
  splitEqually,
  splitInProportion,
  subtract,
  sum,
  zero,
  type Money,
} from '@accord/money';
import type { Profile } from '@accord/profile';
import type { Order } from './candidate.ts';

// The part of what was paid that comes back. Exact to the end, rounded half up once per order (RFD-5 to
// RFD-8, RFD-10, RFD-11).

export type AmountRules = Pick<Profile['refunds'], 'consumption' | 'fees' | 'vouchersReturn'>;
export interface Split {
  readonly cash: Money;
  readonly giftCredit: Money;
  readonly storedCard: Money;
  readonly voucher: Money;
}

/** `formula` is for people; `result` is what it gives. */
export interface Step {
  readonly step: 'share' | 'period' | 'used' | 'consumed' | 'fee' | 'refund' | 'voucher' | 'split';
  readonly formula: string;
  readonly result: string;
}

/** paid = consumed + fee + refund, always. Vouchers stand beside it, in `split` alone. */
export interface Amounts {
  readonly paid: Money;
  readonly consumed: Money;
  readonly fee: Money;
  readonly refund: Money;
  readonly split: Split;
}

/** One original order's part in the refund of one instance; the whole order where `instanceId` is null. */
export interface Line extends Amounts {
  readonly orderId: string;
  readonly instanceId: string | null;
  readonly calculation: readonly Step[];
}

type Period = { readonly start: string; readonly end: string };
/** Units of a period, of which `used` are used; `total` is at least 1. */
type Units = { readonly used: bigint; readonly total: bigint };
type Usage = Units & { readonly unit: 'package' | 'piece' | 'day' | 'hour' };

const dayMs = 86_400_000n;
const hourMs = 3_600_000n;

/**
 * RFD-6: the part of a service period that is used at `at`, in whole units; a period not yet begun is unused, an
 * ended one all used.
 */
export function usedOf(period: Period | null, at: Date, unit: 'day' | 'hour'): Units {
  if (!period) return { used: 0n, total: 1n };
  const [start, end, now] = [period.start, period.end, at].map((instant) =>
    BigInt(new Date(instant).getTime()),
  ) as [bigint, bigint, bigint];
  const between =
    unit === 'day'
      ? (from: bigint, to: bigint) => ceiling(to - from, dayMs)
      : (from: bigint, to: bigint) => to / hourMs - from / hourMs;
  const total = larger(between(start, end), 1n);
  if (now >= end) return { used: total, total };
  return { used: now <= start ? 0n : smaller(between(start, now), total), total };
}

export interface LineAsk {
  readonly instanceId: string;
  readonly at: Date;
  /** Counts for packages alone. */
  readonly packageUsed: boolean;
}

/** The part of `order` that comes back for one of its instances. */
export function lineOf(order: Order, ask: LineAsk, rules: AmountRules): Line {
  const paid = paidShare(order, ask.instanceId);
  const usage = usageOf(order, ask, rules);
  const feePercent = feePercentOf(order, usage, ask.at, rules);
  const settled = settle(paid, usage, feePercent);
  const split = splitOf(order, settled.refund, voucherOf(order, ask, usage, rules));
  const amounts = { paid, ...settled, split };
  return {
    orderId: order.orderId,
    instanceId: ask.instanceId,
    ...amounts,
    calculation: explain(order, { at: ask.at, usage, feePercent }, amounts),
  };
}

/** A compensation cost nothing, so nothing of it comes back. */
const paidShare = (order: Order, instanceId: string): Money =>
  shareOf(
    order.orderType === 'compensation' ? zero(order.cashPaid.currency) : order.cashPaid,
    order,
    instanceId,
  );

/**
 * An unused package comes back in full, a used one not at all (RFD-10); a one-time service is used at once;
 * others by units of the service period (RFD-6).
 */
function usageOf(order: Order, { at, packageUsed }: LineAsk, { consumption }: AmountRules): Usage {
  if (order.chargeType === 'package') return { used: packageUsed ? 1n : 0n, total: 1n, unit: 'package' };
  if (order.chargeType === 'one_time') return { used: 1n, total: 1n, unit: 'piece' };
  return { ...usedOf(order.servicePeriod, at, consumption), unit: consumption };
}

const isWhole = ({ unit }: Usage) => unit === 'package' || unit === 'piece';

/** RFD-8: none for a package or a one-time service, nor for a renewal that has not begun. */
function feePercentOf(order: Order, usage: Usage, at: Date, rules: AmountRules): string {
  const isFree = isWhole(usage) || (order.orderType === 'renewal' && usage.used === 0n);
  return isFree ? '0' : termFeePercent(order, at, rules);
}

/** The refund is rounded, once; consumed and fee are the rest, so that the three make up what was paid. */
function settle(
  paid: Money,
  { used, total }: Usage,
  feePercent: string,
): Pick<Amounts, 'consumed' | 'fee' | 'refund'> {
  const rate = fractionOf(feePercent);
  const kept = (total - used) * rate.of - total * rate.parts;
  const refund = kept > 0n ? scale(paid, kept, total * rate.of) : zero(paid.currency);
  const consumed = smallerMoney(scale(paid, used, total), subtract(paid, refund));
  return { consumed, fee: subtract(subtract(paid, refund), consumed), refund };
}

/** RFD-5: the unused part, where the profile gives vouchers back. */
const voucherOf = (
  order: Order,
  { instanceId }: LineAsk,
  { used, total }: Usage,
  rules: AmountRules,
): Money =>
  rules.vouchersReturn === 'always'
    ? scale(shareOf(order.voucherPaid, order, instanceId), total - used, total)
    : zero(order.cashPaid.currency);

function explain(
  order: Order,
  { at, usage, feePercent }: { at: Date; usage: Usage; feePercent: string },
  { paid, consumed, fee, refund, split }: Amounts,
): Step[] {
  const { used, total, unit } = usage;
  const period =
    order.servicePeriod && !isWhole(usage)
      ? `${order.servicePeriod.start} / ${order.servicePeriod.end}`
      : `one ${unit}`;
  const counted = (units: bigint) => `${units} ${unit}${units === 1n ? '' : 's'}`;
  const left = `${paid.amount} × (${total} − ${used}) ÷ ${total}`;
  const charged = `${paid.amount} × ${feePercent} %`;
  const shared = `${order.cashPaid.amount} ÷ ${order.instanceIds.length}`;
  const parts = `${split.cash.amount} + ${split.giftCredit.amount} + ${split.storedCard.amount}`;
  return [
    { step: 'share', formula: shared, result: text(paid) },
    { step: 'period', formula: period, result: counted(total) },
    { step: 'used', formula: `until ${at.toISOString()}`, result: counted(used) },
    { step: 'consumed', formula: `${paid.amount} × ${used} ÷ ${total}`, result: text(consumed) },
    { step: 'fee', formula: charged, result: text(fee) },
    { step: 'refund', formula: feePercent === '0' ? left : `${left} − ${charged}`, result: text(refund) },
    { step: 'split', formula: 'cash + gift credit + stored card', result: parts },
    ...(isZero(split.voucher)
      ? []
      : [{ step: 'voucher' as const, formula: `unused part of the voucher`, result: text(split.voucher) }]),
  ];
}

/** RFD-14: all that was paid for an order, vouchers as vouchers. */
export function wholeOrder(order: Order): Line {
  const none = zero(order.cashPaid.currency);
  const calculation: Step[] = [
    {
      step: 'refund',
      formula: 'the order was not fulfilled: all that was paid',
      result: text(order.cashPaid),
    },
  ];
  const split = splitOf(order, order.cashPaid, order.voucherPaid);
  return {
    orderId: order.orderId,
    instanceId: null,
    paid: order.cashPaid,
    consumed: none,
    fee: none,
    refund: order.cashPaid,
    split,
    calculation,
  };
}

export function total(parts: readonly Amounts[], currency: string): Amounts {
  const over = (pick: (part: Amounts) => Money) => sum(parts.map(pick), currency);
  return {
    paid: over((part) => part.paid),
    consumed: over((part) => part.consumed),
    fee: over((part) => part.fee),
    refund: over((part) => part.refund),
    split: {
      cash: over(({ split }) => split.cash),
      giftCredit: over(({ split }) => split.giftCredit),
      storedCard: over(({ split }) => split.storedCard),
      voucher: over(({ split }) => split.voucher),
    },
  };
}

/** ORD-14: an order's money over its instances, the last taking the remainder. */
function shareOf(whole: Money, order: Order, instanceId: string): Money {
  const share = splitEqually(whole, order.instanceIds.length)[order.instanceIds.indexOf(instanceId)];
  if (!share) throw new Error(`order ${order.orderId} does not have the instance ${instanceId}`);
  return share;
}

/** RFD-11: back in the proportion it was paid, the last part taking the remainder. */
function splitOf(order: Order, refund: Money, voucher: Money): Split {
  const none = zero(refund.currency);
  const parts = order.paidParts ?? { cash: order.cashPaid, giftCredit: none, storedCard: none };
  const weights = [parts.cash, parts.giftCredit, parts.storedCard];
  const [cash, giftCredit, storedCard] = splitInProportion(refund, weights) as [Money, Money, Money];
  return { cash, giftCredit, storedCard, voucher };
}

/**
 * RFD-8: by the order's term and the time used; 0 where the profile has no table for the term. Terms of no
 * whole years count down.
 */
function termFeePercent(order: Order, at: Date, { fees }: AmountRules): string {
  if (!order.servicePeriod) return '0';
  const start = new Date(order.servicePeriod.start);
  const end = new Date(order.servicePeriod.end).getTime();
  const table = fees
    .filter(({ termYears }) => yearsAfter(start, termYears) <= end)
    .sort((a, b) => b.termYears - a.termYears)[0];
  if (!table) return '0';
  const step =
    table.steps.find(({ usedUpToYears }) => at.getTime() <= yearsAfter(start, usedUpToYears)) ??
    table.steps.at(-1);
  return step?.percent ?? '0';
}

function yearsAfter(start: Date, years: number): number {
  const then = new Date(start);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  if (then.getUTCMonth() !== start.getUTCMonth()) then.setUTCDate(0); // a 29 February a year on is a 28th
  return then.getTime();
}

/** `12.5` percent is 125 parts of 1000. */
function fractionOf(percent: string): { parts: bigint; of: bigint } {
  const digits = percent.split('.')[1]?.length ?? 0;
  return { parts: BigInt(percent.replace('.', '')), of: 100n * 10n ** BigInt(digits) };
}

const ceiling = (n: bigint, d: bigint) => (n + d - 1n) / d;
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smallerMoney = (a: Money, b: Money) => (compare(a, b) < 0 ? a : b);
const text = ({ amount, currency }: Money) => `${amount} ${currency}`;
