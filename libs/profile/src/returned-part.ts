import Fraction from 'fraction.js';
import { exactly, type Money } from '@accord/money';
import type { FeeTable, Profile } from './schema.ts';
import {
  isWithinMonths,
  monthsOf,
  usedOf,
  type Duration,
  type Period,
  type Units,
} from './service-period.ts';

// The part of what was paid for one instance that comes back: what is not used of it (RFD-6, RFD-10), less the fee
// for giving it back (RFD-8). Exact: a sum of such parts is rounded once (RFD-7).

type Rules = Pick<Profile['refunds'], 'consumption' | 'fees' | 'vouchersReturn'> & Pick<Profile, 'timeZone'>;

/** An order as it pays for one instance. */
interface PaidService {
  readonly orderType: string;
  readonly chargeType: string;
  readonly trial: boolean;
  readonly duration: Duration | null;
  /** The one that it pays for on this instance (RFD-22). */
  readonly servicePeriod: Period | null;
  /** The periods within it, where it pays for several, each at a price of its own (`pricedPeriods`). */
  readonly periods?: readonly PricedPeriod[] | undefined;
}

/** A period, and the part of what was paid that was paid for it: a fraction. */
interface PricedPeriod extends Period {
  readonly part: string;
}

/**
 * Whole units, of which `used` are used. A package, a service that is used at once, and an order that gives
 * nothing back is one unit.
 */
export interface Usage {
  readonly unit: 'package' | 'piece' | 'trial' | 'excluded' | 'day' | 'hour';
  readonly used: number;
  readonly total: number;
  /** Null where nothing is counted by time. */
  readonly period: Period | null;
  /** Where the order pays for several periods, each by itself: what is used goes by these. */
  readonly periods?: readonly (PricedPeriod & Units)[] | undefined;
}

interface Fee extends FeeTable {
  /** The step of the table that was reached. */
  readonly usedUpToMonths: number;
  readonly percent: string;
}

interface ReturnAsk {
  readonly at: Date;
  /** Counts for packages alone. */
  readonly packageUsed: boolean;
  /** The order gives nothing back, whatever is left of it (RFD-3). */
  readonly forfeited?: boolean;
  /** Of the whole order, without vouchers and by them, and how many instances share it (ORD-14). */
  readonly paid: Money;
  readonly voucherPaid: Money;
  readonly shares: number;
  /** Fractions: the part of the unused that it still pays for, and what came back of it before (ORD-24). */
  readonly kept?: { readonly part: string; readonly returned: string };
}

/**
 * RFD-5: `exact` are the instance's own sums, none below 0, paid being what is used, the fee and the refund
 * together; the unused part of a voucher stands beside them, where the profile gives vouchers back.
 */
export function returnedPart(service: PaidService, ask: ReturnAsk, rules: Rules) {
  const usage = usageOf(service, ask, rules);
  const feeBy = feeOf(service, usage, ask.at, rules);
  const unused = unusedPart(usage);
  const unusedOf = (amount: Money) => exactly(amount).div(ask.shares).mul(unused);
  const { part, returned } = ask.kept ?? { part: '1', returned: '0' };
  const paid = exactly(ask.paid).div(ask.shares).sub(returned);
  const left = unusedOf(ask.paid).mul(part);
  const charged = paid.mul(feeBy?.percent ?? 0).div(100);
  const fee = charged.compare(left) < 0 ? charged : left;
  const voucher = unusedOf(ask.voucherPaid).mul(rules.vouchersReturn === 'always' ? 1 : 0);
  return { usage, feeBy, exact: { paid, fee, refund: left.sub(fee), voucher } };
}

/** RFD-6: exact, of all that was paid. */
const unusedPart = ({ used, total, periods }: Usage): Fraction =>
  periods
    ? periods.reduce(
        (sum, one) => sum.add(new Fraction(one.part).mul(one.total - one.used).div(one.total)),
        new Fraction(0),
      )
    : new Fraction(total - used, total);

/**
 * An unused package comes back in full, a used one not at all (RFD-10). A one-time service is used at once, and
 * money for a trial does not come back (RFD-3); others go by units of the period (RFD-6).
 */
function usageOf(service: PaidService, ask: ReturnAsk, rules: Rules): Usage {
  const usage = countedUsage(service, ask, rules);
  return ask.forfeited && usage.used < usage.total
    ? { unit: 'excluded', used: 1, total: 1, period: null }
    : usage;
}

function countedUsage(service: PaidService, { at, packageUsed }: ReturnAsk, rules: Rules): Usage {
  const whole = { total: 1, period: null };
  if (service.chargeType === 'package') return { ...whole, unit: 'package', used: packageUsed ? 1 : 0 };
  if (service.chargeType === 'one_time') return { ...whole, unit: 'piece', used: 1 };
  if (service.trial) return { ...whole, unit: 'trial', used: 1 };
  const { consumption: unit, timeZone } = rules;
  const period = service.servicePeriod;
  if (!period) return { ...whole, unit, used: 0 };
  const counted = (one: Period) => usedOf(one, at, { unit, timeZone });
  const periods = service.periods?.map((one) => ({ ...one, ...counted(one) }));
  return { unit, ...counted(period), period, ...(periods && { periods }) };
}

/**
 * RFD-8: by the order's term and the time used. Null where the profile has no table for the term, for a package
 * or a one-time service, and for a renewal that has not begun. A term between two tables has the shorter one's.
 */
function feeOf(service: PaidService, { used, period }: Usage, at: Date, rules: Rules): Fee | null {
  if (!period || (service.orderType === 'renewal' && used === 0)) return null;
  const { timeZone } = rules;
  const months = monthsOf(service.duration, period, { timeZone });
  const table = rules.fees
    .filter(({ termMonths }) => termMonths <= months)
    .sort((a, b) => b.termMonths - a.termMonths)[0];
  const step =
    table?.steps.find(({ usedUpToMonths }) =>
      isWithinMonths(period, at, { months: usedUpToMonths, timeZone }),
    ) ?? table?.steps.at(-1);
  return table && step ? { ...table, ...step } : null;
}

interface PricedAsk {
  readonly instanceId: string;
  /** The one that the change of plan pays for on the instance, and that another order does, as last reported. */
  readonly period: Period | null;
  readonly periodOf: (orderId: string) => Period | null | undefined;
}

/**
 * ORD-24, RFD-6: an upgrade pays for the rest of each period that was paid for, by the difference of its prices, so
 * each of them is used up by itself, as a downgrade takes them. Undefined where one period says all.
 */
export function pricedPeriods(
  { planChange }: Pick<Placed, 'planChange'>,
  { instanceId, period, periodOf }: PricedAsk,
): PricedPeriod[] | undefined {
  const rests = (planChange?.rest ?? [])
    .filter((rest) => rest.instanceId === instanceId)
    .toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
  if (!period || rests.length < 2) return undefined;
  const costs = rests.map(raisedBy);
  const whole = costs.reduce((sum, cost) => sum.add(cost), new Fraction(0));
  if (whole.equals(0)) return undefined;
  return rests.map((rest, i) => {
    const { start, end } = periodOf(rest.orderId) ?? rest;
    return {
      start: i === 0 ? period.start : start,
      end: i === rests.length - 1 ? period.end : end,
      part: costs[i]!.div(whole).toFraction(),
    };
  });
}

/** The price of the rest that a dearer plan adds; a cheaper one adds nothing. */
function raisedBy({ priceBefore, priceAfter, remaining, total }: Rest): Fraction {
  const dearer = new Fraction(priceAfter).sub(priceBefore);
  return dearer.compare(0) < 0 ? new Fraction(0) : dearer.mul(remaining).div(total);
}

// ORD-24: the difference of the rest that downgrades gave back of an order. It follows from the orders alone, which
// say what was left of each of them at which prices, so a refund comes to the same whether it is paid before or after.

/** Of what was paid for an instance, exact, as fractions. */
interface Kept {
  /** The part of what is unused that its customer still paid for: 1 where no downgrade gave any of it back. */
  readonly part: string;
  /** The part that downgrades gave back of it. */
  readonly returned: string;
}

/** An order, which may change its instances' plan. */
interface Placed {
  readonly orderId: string;
  readonly createdAt: Date | string;
  readonly fulfilment: string;
  readonly planChange?: { readonly returns: string; readonly rest: readonly Rest[] } | null | undefined;
}

/** The part of a period that an order pays for on an instance which is left, and its price with each plan. */
interface Rest {
  readonly orderId: string;
  readonly instanceId: string;
  readonly start: string;
  readonly end: string;
  readonly remaining: number;
  readonly total: number;
  readonly priceBefore: string;
  readonly priceAfter: string;
  /** Fractions of what the order paid for the instance; absent in orders of before, which go by the prices. */
  readonly returned?: string | undefined;
  readonly kept?: string | undefined;
}

interface Instance {
  readonly order: Pick<Placed, 'orderId'>;
  readonly instanceId: string;
  readonly share: Fraction;
}

/** Whether the order is a change to a cheaper plan that gives the difference of the rest back, once fulfilled. */
export const returnsDifference = ({ planChange, fulfilment }: Placed): boolean =>
  planChange?.returns === 'difference' && fulfilment === 'created';

const restOf = ({ planChange }: Placed, { order: { orderId }, instanceId }: Instance) =>
  planChange?.rest.find((rest) => rest.orderId === orderId && rest.instanceId === instanceId);

const one = new Fraction(1);

/** `share`: all that was paid in money for the instance; `downgrades`: all orders of it that may be some. */
export function keptOf(instance: Instance, downgrades: readonly Placed[]): Kept {
  let [part, returned] = [one, new Fraction(0)];
  for (const downgrade of downgrades.filter(returnsDifference).toSorted(byTime)) {
    const rest = restOf(downgrade, instance);
    if (!rest) continue;
    const left = partAfter(rest);
    const back = rest.returned ?? part.mul(one.sub(left)).mul(rest.remaining).div(rest.total);
    returned = returned.add(instance.share.mul(back));
    part = part.mul(left);
  }
  return { part: part.toFraction(), returned: returned.toFraction() };
}

const byTime = (a: Placed, b: Placed) => (new Date(a.createdAt) < new Date(b.createdAt) ? -1 : 1);

/** A plan that costs more for some of the time gives nothing of that back. */
function partAfter({ priceBefore, priceAfter, kept }: Rest): Fraction {
  if (kept !== undefined) return new Fraction(kept);
  const [before, after] = [new Fraction(priceBefore), new Fraction(priceAfter)];
  return before.equals(0) || after.compare(before) > 0 ? one : after.div(before);
}
