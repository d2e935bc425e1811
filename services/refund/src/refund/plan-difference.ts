import Fraction from 'fraction.js';
import type { Order } from './candidate.ts';

// ORD-24: the difference of the rest that downgrades gave back of an order. It follows from the orders alone, which
// say what was left of each of them at which prices, so a refund comes to the same whether it is paid before or after.

/** Of what was paid for an instance, exact, as fractions. */
export interface Kept {
  /** The part of what is unused that its customer still paid for: 1 where no downgrade gave any of it back. */
  readonly part: string;
  /** The part that downgrades gave back of it. */
  readonly returned: string;
}

export const allKept: Kept = { part: '1', returned: '0' };

type Instance = { readonly order: Order; readonly instanceId: string; readonly share: Fraction };

/** Whether the order is a change to a cheaper plan that gives the difference of the rest back, once fulfilled. */
export const returnsDifference = ({ planChange, fulfilment }: Order): boolean =>
  planChange?.returns === 'difference' && fulfilment === 'created';

const restOf = ({ planChange }: Order, { order: { orderId }, instanceId }: Instance) =>
  planChange?.rest.find((rest) => rest.orderId === orderId && rest.instanceId === instanceId);

const one = new Fraction(1);

/** `share`: all that was paid in money for the instance; `downgrades`: all orders of it that may be some. */
export function keptOf(instance: Instance, downgrades: readonly Order[]): Kept {
  let [part, returned] = [one, new Fraction(0)];
  for (const downgrade of downgrades.filter(returnsDifference).toSorted(byTime)) {
    const rest = restOf(downgrade, instance);
    if (!rest || rest.priceBefore === rest.priceAfter) continue;
    const left = partAfter(rest);
    returned = returned.add(instance.share.mul(rest.remaining).div(rest.total).mul(part).mul(one.sub(left)));
    part = part.mul(left);
  }
  return { part: part.toFraction(), returned: returned.toFraction() };
}

const byTime = (a: Order, b: Order) => (a.createdAt < b.createdAt ? -1 : 1);

/** A plan that costs more for some of the time gives nothing of that back. */
function partAfter({ priceBefore, priceAfter }: { priceBefore: string; priceAfter: string }): Fraction {
  const [before, after] = [new Fraction(priceBefore), new Fraction(priceAfter)];
  return before.equals(0) || after.compare(before) > 0 ? one : after.div(before);
}
