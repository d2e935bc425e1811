import { isWithinMonths, monthsOf, usedOf, type FeeTable, type Period, type Profile } from '@accord/profile';
import type { Order } from './candidate.ts';

// How much of what an order paid for on an instance is used (RFD-6, RFD-10), and the fee for giving back the
// rest (RFD-8).

export type UsageRules = Pick<Profile['refunds'], 'consumption' | 'fees'> & Pick<Profile, 'timeZone'>;

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
}

export interface Fee extends FeeTable {
  /** The step of the table that was reached. */
  readonly usedUpToMonths: number;
  readonly percent: string;
}

export interface UsageAsk {
  readonly at: Date;
  /** Counts for packages alone. */
  readonly packageUsed: boolean;
  /** The order gives nothing back, whatever is left of it (RFD-3). */
  readonly forfeited?: boolean;
}

/**
 * An unused package comes back in full, a used one not at all (RFD-10). A one-time service is used at once, and
 * money for a trial does not come back (RFD-3); others go by units of the period (RFD-6).
 */
export function usageOf(order: Order, ask: UsageAsk, rules: UsageRules): Usage {
  const usage = countedUsage(order, ask, rules);
  return ask.forfeited && usage.used < usage.total
    ? { unit: 'excluded', used: 1, total: 1, period: null }
    : usage;
}

function countedUsage(order: Order, { at, packageUsed }: UsageAsk, rules: UsageRules): Usage {
  const whole = { total: 1, period: null };
  if (order.chargeType === 'package') return { ...whole, unit: 'package', used: packageUsed ? 1 : 0 };
  if (order.chargeType === 'one_time') return { ...whole, unit: 'piece', used: 1 };
  if (order.trial) return { ...whole, unit: 'trial', used: 1 };
  const { consumption: unit, timeZone } = rules;
  const period = order.servicePeriod;
  return period ? { unit, ...usedOf(period, at, { unit, timeZone }), period } : { ...whole, unit, used: 0 };
}

/**
 * RFD-8: by the order's term and the time used. Null where the profile has no table for the term, for a package
 * or a one-time service, and for a renewal that has not begun. A term between two tables has the shorter one's.
 */
export function feeOf(order: Order, { used, period }: Usage, at: Date, rules: UsageRules): Fee | null {
  if (!period || (order.orderType === 'renewal' && used === 0)) return null;
  const { timeZone } = rules;
  const months = monthsOf(order.duration, period, { timeZone });
  const table = rules.fees
    .filter(({ termMonths }) => termMonths <= months)
    .sort((a, b) => b.termMonths - a.termMonths)[0];
  const step =
    table?.steps.find(({ usedUpToMonths }) =>
      isWithinMonths(period, at, { months: usedUpToMonths, timeZone }),
    ) ?? table?.steps.at(-1);
  return table && step ? { ...table, ...step } : null;
}
