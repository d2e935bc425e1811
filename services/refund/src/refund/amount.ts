import Fraction from 'fraction.js';
import {
  add,
  compare,
  exactly,
  roundHalfUp,
  splitInProportion,
  subtract,
  sum,
  zero,
  type Money,
} from '@accord/money';
import { keptOf, pricedPeriods, returnedPart, type Profile, type Usage } from '@accord/profile';
import type { Order } from './candidate.ts';

// The part of what was paid that comes back. An order gives back the exact sum of its exact parts, rounded half
// up once, over however many refunds (RFD-5, RFD-7), and each fund its share of that (RFD-11).

export type AmountRules = Pick<Profile['refunds'], 'consumption' | 'fees' | 'vouchersReturn'> &
  Pick<Profile, 'timeZone'>;
export interface Split {
  readonly cash: Money;
  readonly giftCredit: Money;
  readonly storedCard: Money;
  readonly voucher: Money;
}

/** paid = consumed + fee + refund, always. Vouchers stand beside it, in `split` alone. */
export interface Amounts {
  readonly paid: Money;
  readonly consumed: Money;
  readonly fee: Money;
  readonly refund: Money;
  readonly split: Split;
}

/** Sums that no minor unit can say, as fractions: `800/31`. */
interface ExactSums {
  /** The sum that was paid for the parts that came back. */
  readonly paid: string;
  readonly refund: string;
  readonly fee: string;
  readonly voucher: string;
}

/** All that an order gave back so far. `refunded` is `exact` rounded, and at most `paid` in each fund (RFD-20). */
export interface RefundedOrder {
  readonly orderId: string;
  readonly paid: Split;
  /** How many of its instances were given back. */
  readonly instances: number;
  readonly refunded: Split;
  readonly consumed: Money;
  readonly fee: Money;
  readonly exact: ExactSums;
}

/** A change to a cheaper plan, by its order, and the prices of the period with the plan before and after. */
export interface Downgrade {
  readonly orderId: string;
  readonly priceBefore: string;
  readonly priceAfter: string;
  /**
   * The part that comes back of all that was paid for the instance, as a fraction; undefined in orders of before, where
   * the prices say it.
   */
  readonly returned?: string | undefined;
  /** The part of the unused that is kept. */
  readonly kept?: string | undefined;
}

/** All that the amounts of a line follow from, kept for ever (RFD-19). */
export interface Calculation extends Usage {
  readonly asOf: string;
  readonly timeZone: string;
  readonly orderPaid: Money;
  readonly orderInstances: number;
  /** Null where vouchers do not return. */
  readonly orderVoucher: Money | null;
  readonly feeBy: ReturnType<typeof returnedPart>['feeBy'];
  /** The part that downgrades gave back of the instance before, and the part that is kept. */
  readonly kept: ReturnType<typeof keptOf>;
  /** The one whose difference this line gives back; null where the instance is given back. */
  readonly downgrade: Downgrade | null;
  readonly before: RefundedOrder;
}

/** One original order's part in the refund of one instance; the whole order where `instanceId` is null. */
export interface Line extends Amounts {
  readonly orderId: string;
  readonly instanceId: string | null;
  readonly exact: ExactSums;
  /** Null where all that was paid comes back, whatever was used. */
  readonly calculation: Calculation | null;
}

interface LineAsk {
  readonly instanceId: string;
  readonly at: Date;
  /** Counts for packages alone. */
  readonly packageUsed: boolean;
  /** The order gives nothing back, whatever is left of it (RFD-3). */
  readonly forfeited?: boolean;
  /** The orders of the instance, each with its period there; some may be downgrades that gave a difference back. */
  readonly orders?: readonly Order[];
}

/** The part of `order` that comes back for one of its instances, after all that it gave back `before`. */
export function lineOf(order: Order, ask: LineAsk, rules: AmountRules, before = untouched(order)): Line {
  const { orderId, instanceIds } = order;
  const { instanceId, at } = ask;
  if (!instanceIds.includes(instanceId))
    throw new Error(`order ${orderId} does not have the instance ${instanceId}`);
  const { voucherPaid } = order;
  const kept = keptOf({ order, instanceId, share: shareOf(order) }, ask.orders ?? []);
  const share = { ...ask, kept, paid: countedPaid(order), voucherPaid, shares: sharesOf(order) };
  const periodOf = (id: string) => ask.orders?.find((one) => one.orderId === id)?.servicePeriod;
  const periods = pricedPeriods(order, { instanceId, period: order.servicePeriod, periodOf });
  const { usage, feeBy, exact } = returnedPart({ ...order, periods }, share, rules);
  return {
    orderId,
    instanceId,
    ...roundedAmounts(order, exact, before),
    exact: exactText(exact),
    calculation: {
      ...usage,
      asOf: at.toISOString(),
      timeZone: rules.timeZone,
      orderPaid: countedPaid(order),
      orderInstances: sharesOf(order),
      orderVoucher: rules.vouchersReturn === 'always' ? order.voucherPaid : null,
      feeBy,
      kept,
      downgrade: null,
      before,
    },
  };
}

export const exactText = ({ paid, refund, fee, voucher }: Exact): ExactSums => ({
  paid: paid.toFraction(),
  refund: refund.toFraction(),
  fee: fee.toFraction(),
  voucher: voucher.toFraction(),
});

/** The part of what was paid in money that is one instance's, exactly (ORD-14). */
export const shareOf = (order: Order): Fraction => exactly(countedPaid(order)).div(sharesOf(order));

/** ORD-14, ORD-26: of an order that is not fulfilled yet, those still to come have their share. */
export const sharesOf = ({ fulfilment, count, instanceIds }: Order): number =>
  fulfilment === 'created' ? instanceIds.length : Math.max(count, instanceIds.length);

type Exact = { readonly [name in keyof ExactSums]: Fraction };

/**
 * RFD-7: what came back so far is rounded, not its parts. ORD-14: so is what was paid, as near as consumed and
 * fee allow, which are never below 0 and leave room for all that may still come back.
 */
export function roundedAmounts(order: Order, own: Exact, before: RefundedOrder): Amounts {
  const whole = countedPaid(order);
  const { currency } = whole;
  const exactRefund = own.refund.add(before.exact.refund);
  const exactPaid = own.paid.add(before.exact.paid);
  const refundSoFar = roundHalfUp(exactRefund, currency);
  const mostToCome = roundHalfUp(exactly(whole).sub(exactPaid).add(exactRefund), currency);
  const keptBefore = add(before.consumed, before.fee);
  const keptSoFar = larger(
    keptBefore,
    smaller(subtract(roundHalfUp(exactPaid, currency), refundSoFar), subtract(whole, mostToCome)),
  );
  const kept = subtract(keptSoFar, keptBefore);
  const feeSoFar = larger(before.fee, roundHalfUp(own.fee.add(before.exact.fee), currency));
  const fee = smaller(kept, subtract(feeSoFar, before.fee));
  const refund = subtract(refundSoFar, refundedOf(before));
  const voucherSoFar = roundHalfUp(own.voucher.add(before.exact.voucher), currency);
  return {
    paid: add(refund, kept),
    consumed: subtract(kept, fee),
    fee,
    refund,
    split: { ...fundsOf(refundSoFar, before), voucher: subtract(voucherSoFar, before.refunded.voucher) },
  };
}

/** RFD-11: each fund its share of all that came back so far, less what went back to it before. */
function fundsOf(refundSoFar: Money, { paid, refunded }: RefundedOrder): Omit<Split, 'voucher'> {
  const funds = ['cash', 'giftCredit', 'storedCard'] as const;
  const soFar = splitInProportion(
    refundSoFar,
    funds.map((fund) => paid[fund]),
    funds.map((fund) => refunded[fund]),
  );
  const [cash, giftCredit, storedCard] = funds.map((fund, i) => subtract(soFar[i]!, refunded[fund])) as [
    Money,
    Money,
    Money,
  ];
  return { cash, giftCredit, storedCard };
}

/** A compensation cost nothing, so nothing of it comes back. */
export const countedPaid = ({ orderType, cashPaid }: Order): Money =>
  orderType === 'compensation' ? zero(cashPaid.currency) : cashPaid;

/** In money, without vouchers. */
export const refundedOf = ({ refunded: { cash, giftCredit, storedCard } }: RefundedOrder): Money =>
  add(add(cash, giftCredit), storedCard);

/** An order that gave nothing back yet. */
export function untouched({ orderId, cashPaid, voucherPaid, paidParts }: Order): RefundedOrder {
  const none = zero(cashPaid.currency);
  const nothing = { cash: none, giftCredit: none, storedCard: none, voucher: none };
  return {
    orderId,
    paid: paidParts ?? { ...nothing, cash: cashPaid, voucher: voucherPaid },
    instances: 0,
    refunded: nothing,
    consumed: none,
    fee: none,
    exact: { paid: '0', refund: '0', fee: '0', voucher: '0' },
  };
}

/** The order after `line` of it was given back. */
export function afterLine(order: RefundedOrder, line: Line): RefundedOrder {
  const both = (name: keyof ExactSums) => new Fraction(order.exact[name]).add(line.exact[name]).toFraction();
  return {
    ...order,
    instances: order.instances + (line.calculation?.downgrade ? 0 : 1),
    refunded: addSplits(order.refunded, line.split),
    consumed: add(order.consumed, line.consumed),
    fee: add(order.fee, line.fee),
    exact: { paid: both('paid'), refund: both('refund'), fee: both('fee'), voucher: both('voucher') },
  };
}

/** RFD-20. */
export const isWithinPaid = ({ paid, refunded }: RefundedOrder): boolean =>
  (['cash', 'giftCredit', 'storedCard', 'voucher'] as const).every(
    (fund) => compare(refunded[fund], paid[fund]) <= 0,
  );

/** RFD-14: all that was paid for an order, vouchers as vouchers. */
export function wholeOrder(order: Order): Line {
  const none = zero(order.cashPaid.currency);
  return {
    orderId: order.orderId,
    instanceId: null,
    paid: order.cashPaid,
    consumed: none,
    fee: none,
    refund: order.cashPaid,
    split: untouched(order).paid,
    exact: {
      paid: exactly(order.cashPaid).toFraction(),
      refund: exactly(order.cashPaid).toFraction(),
      fee: '0',
      voucher: exactly(order.voucherPaid).toFraction(),
    },
    calculation: null,
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

const addSplits = (a: Split, b: Split): Split => ({
  cash: add(a.cash, b.cash),
  giftCredit: add(a.giftCredit, b.giftCredit),
  storedCard: add(a.storedCard, b.storedCard),
  voucher: add(a.voucher, b.voucher),
});

const smaller = (a: Money, b: Money) => (compare(a, b) < 0 ? a : b);
const larger = (a: Money, b: Money) => (compare(a, b) > 0 ? a : b);
