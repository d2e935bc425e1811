import Fraction from 'fraction.js';
import { priceMissing, type PaidPeriod, type PricedPeriod, type Rest } from '../product/plan-price.ts';
import { exactPrice, type Price, type Span, type UnitPrice } from '../product/price.ts';
import type { Order } from './order.ts';

// ORD-24: the price that a period stands at, as it was ordered: layer on layer of its own order and of the changes of
// plan since. A downgrade takes the upper ones off, and from each order comes back what was paid for its own: nothing
// for a plan that was given for free, and never more than was paid.

/** The part of a period's price that one order stands for. */
interface Layer {
  readonly orderId: string;
  readonly from: Fraction;
  /** Down to `from` where all of it was taken off. */
  readonly to: Fraction;
  /** The part of the price that the order has not given back, whether it still pays for it or not. */
  readonly own: Fraction;
}

export interface LayeredPeriod extends PricedPeriod {
  /** By its own order. */
  readonly bought: Fraction;
  readonly layers: readonly Layer[];
  /** The part of the period that was left at the last change, which no correction makes more again. */
  readonly left: Fraction;
}

const nothing = new Fraction(0);
const whole = new Fraction(1);

/**
 * `orders`: all paid ones of the instance.
 *
 * @throws Refusal `order.price_missing` where no order says what the period costs.
 */
export function layersOf(
  period: PaidPeriod,
  { instanceId, orders, currency }: OnInstance & { readonly currency: string },
): LayeredPeriod {
  const { orderId } = period;
  const { price, pricedBy } = priceOrdered(period, { orders, currency });
  const layers = [{ orderId, from: nothing, to: price, own: price }];
  const bought: LayeredPeriod = { ...period, pricedBy, price, bought: price, layers, left: whole };
  return orders.toSorted(byTime).reduce((before, { orderId: by, planChange }) => {
    const rest = planChange?.rest.find((one) => one.orderId === orderId && one.instanceId === instanceId);
    if (!rest) return before;
    const to = new Fraction(rest.priceAfter);
    const left = smaller(before.left, new Fraction(rest.remaining, rest.total));
    const raised = { orderId: by, from: before.price, to, own: to.sub(before.price) };
    const gives = planChange?.returns === 'difference';
    const below = before.layers.map((layer) => cut(layer, to, gives));
    return { ...before, price: to, left, layers: to.compare(before.price) > 0 ? [...below, raised] : below };
  }, bought);
}

interface OnInstance {
  readonly instanceId: string;
  readonly orders: readonly Order[];
}

const cut = (layer: Layer, to: Fraction, gives: boolean): Layer => {
  const given = takenOff(layer, to);
  return { ...layer, to: layer.to.sub(given), own: gives ? layer.own.sub(given) : layer.own };
};

const takenOff = ({ from, to: top }: Layer, to: Fraction): Fraction =>
  top.compare(to) > 0 ? top.sub(larger(from, to)) : nothing;

/**
 * A period costs what its order says. A compensation says nothing, so it is worth what its instance's plan cost
 * when it was ordered last.
 */
function priceOrdered(
  { orderId, duration }: PaidPeriod,
  { orders, currency }: { readonly orders: readonly Order[]; readonly currency: string },
): Pick<PricedPeriod, 'price' | 'pricedBy'> {
  const own = orders.find((order) => order.orderId === orderId);
  const isPriced = own?.orderType !== 'compensation' && duration;
  const before = orders.filter(
    (order) => own && order.orderType !== 'compensation' && byTime(order, own) < 0,
  );
  const unitPrice = (isPriced ? own : before.toSorted(byTime).at(-1))?.unitPrice;
  const pricedBy = isPriced ? duration : unitPrice && spanOf(unitPrice);
  const price = unitPrice && pricedBy && exactPrice([asPrice(unitPrice)], currency, pricedBy);
  if (!price) throw priceMissing(currency);
  return { price, pricedBy };
}

const asPrice = (unitPrice: UnitPrice): Price => ({ ...unitPrice, chargeType: 'subscription' });

const spanOf = ({ unit }: UnitPrice): Span | undefined =>
  unit === 'minute' || unit === 'month' || unit === 'year' ? { value: 1, unit } : undefined;

/** Of all that an order paid for an instance, and of what it left unused of that. */
export interface Parts {
  readonly returned: Fraction;
  readonly kept: Fraction;
}

/**
 * By order, the parts that a downgrade to these rests gives back and leaves. Together they are at most what the order
 * paid for the instance, over any downgrades and its refund (RFD-20).
 */
export function partsOf(
  periods: readonly LayeredPeriod[],
  rests: readonly Rest[],
  on: OnInstance,
): ReadonlyMap<string, Parts> {
  const taken = periods.flatMap(({ orderId, layers, left }) => {
    const rest = rests.find((one) => one.orderId === orderId);
    if (!rest) return [];
    const part = smaller(left, new Fraction(rest.remaining, rest.total));
    return layers.map((layer) => ({
      orderId: layer.orderId,
      own: layer.own.mul(part),
      given: takenOff(layer, rest.priceAfter).mul(part),
    }));
  });
  return new Map(
    [...Map.groupBy(taken, ({ orderId }) => orderId)].map(([orderId, layers]) => {
      const given = sumOf(layers.map((layer) => layer.given));
      if (given.equals(0)) return [orderId, { returned: nothing, kept: whole }];
      const own = sumOf(layers.map((layer) => layer.own));
      return [orderId, { returned: given.div(paidOf(orderId, periods, on)), kept: own.sub(given).div(own) }];
    }),
  );
}

/** The price that the order was to pay for the instance: of its period, or of all that it raised as it was placed. */
function paidOf(
  orderId: string,
  periods: readonly LayeredPeriod[],
  { instanceId, orders }: OnInstance,
): Fraction {
  const period = periods.find((one) => one.orderId === orderId);
  if (period) return period.bought;
  const change = orders.find((order) => order.orderId === orderId)?.planChange;
  const rests = (change?.rest ?? []).filter((rest) => rest.instanceId === instanceId);
  return sumOf(
    rests.map(({ priceBefore, priceAfter, remaining, total }) =>
      larger(nothing, new Fraction(priceAfter).sub(priceBefore)).mul(remaining).div(total),
    ),
  );
}

const sumOf = (fractions: readonly Fraction[]): Fraction =>
  fractions.reduce((sum, one) => sum.add(one), nothing);

const byTime = (a: Order, b: Order): number =>
  a.createdAt.getTime() - b.createdAt.getTime() || (a.orderId < b.orderId ? -1 : 1);

const smaller = (a: Fraction, b: Fraction): Fraction => (a.compare(b) < 0 ? a : b);
const larger = (a: Fraction, b: Fraction): Fraction => (a.compare(b) > 0 ? a : b);
