import { exactly, isZero, roundHalfUp, zero } from '@accord/money';
import {
  keptOf,
  mostInstancesOfQuote,
  pricedPeriods,
  returnedPart,
  returnsDifference,
  type Profile,
} from '@accord/profile';
import type { Order } from './order.ts';

// The rest that an order would give back now (ORD-16), with the refund service's own arithmetic.

interface ReturnAsk {
  readonly at: Date;
  /** By instance id: all its living orders, of which some may be downgrades that gave a difference back. */
  readonly living: ReadonlyMap<string, readonly Order[]>;
}

/**
 * RFD-3, RFD-7: whether the rest of these instances, asked for together, is a minor unit at least, rounded once. An
 * order that gave something back before rounds over all of that, which the refund service alone can: it leaves
 * something for certain where the rest by itself is a whole minor unit.
 */
export function leavesSomething(
  order: Order,
  asked: readonly string[],
  { at, living }: ReturnAsk,
  profile: Profile,
): boolean {
  const shares = sharesOf(order, asked, living);
  const parts = shares
    .map((share) => ({ count: share.count, part: restOf(order, share, { at, profile }) }))
    .sort((a, b) => b.part.compare(a.part));
  let free = order.bundleId === null ? mostInstancesOfQuote : Infinity;
  let rest = exactly(zero(order.cashPaid.currency));
  for (const { count, part } of parts) {
    const taken = Math.min(count, free);
    rest = rest.add(part.mul(taken));
    free -= taken;
  }
  const gaveBack = order.refundedInstanceIds.length > 0 || shares.some(({ kept }) => kept !== null);
  // The half of a whole minor unit is rounded up to one, that of less is not.
  return !isZero(roundHalfUp(gaveBack ? rest.div(2) : rest, order.cashPaid.currency));
}

/** The part of an order that so many of its instances have alike. */
interface Share {
  readonly count: number;
  readonly servicePeriod: { readonly start: string; readonly end: string } | null;
  readonly periods: ReturnType<typeof pricedPeriods>;
  /** Null where no downgrade gave any of it back. */
  readonly kept: ReturnType<typeof keptOf> | null;
}

function sharesOf(order: Order, asked: readonly string[], living: ReturnAsk['living']): Share[] {
  const share = exactly(order.cashPaid).div(order.instanceIds.length);
  const shares = asked.map((instanceId) => {
    const own = living.get(instanceId) ?? [];
    const downgrades = own.filter(returnsDifference);
    const servicePeriod = periodOn(order, instanceId);
    const periodOf = (orderId: string) => {
      const paying = own.find((one) => one.orderId === orderId);
      return paying && periodOn(paying, instanceId);
    };
    return {
      servicePeriod,
      periods: pricedPeriods(order, { instanceId, period: servicePeriod, periodOf }),
      kept: downgrades.length > 0 ? keptOf({ order, instanceId, share }, downgrades) : null,
    };
  });
  return [...Map.groupBy(shares, (one) => JSON.stringify(one)).values()].map((same) => ({
    ...same[0]!,
    count: same.length,
  }));
}

function periodOn({ instances }: Order, instanceId: string): Share['servicePeriod'] {
  const { start = null, end = null } = instances.find((one) => one.instanceId === instanceId) ?? {};
  return start && end && { start: start.toISOString(), end: end.toISOString() };
}

/** In money or vouchers, whichever is more, exactly, of one of its instances. */
function restOf(
  order: Order,
  { servicePeriod, periods, kept }: Share,
  { at, profile: { refunds, timeZone } }: { readonly at: Date; readonly profile: Profile },
) {
  const { exact } = returnedPart(
    { ...order, servicePeriod, periods },
    {
      at,
      packageUsed: false, // or it would not come back at all
      paid: order.cashPaid,
      voucherPaid: order.voucherPaid,
      shares: order.instanceIds.length,
      ...(kept && { kept }),
    },
    { ...refunds, timeZone },
  );
  return exact.refund.compare(exact.voucher) < 0 ? exact.voucher : exact.refund;
}
