import { actorId, type Tx } from '@accord/core';
import type { FitRules } from './order/fulfilment-fit.ts';
import type { OrderInstance } from './order/order-instance.ts';
import {
  alignSwitches,
  beforeOrder,
  correctPeriods,
  type ReportedInstance,
  withSaved,
} from './order/order-period.ts';
import { saveOrders } from './order/order-store.ts';
import type { Order } from './order/order.ts';
import type { Resource } from './resource/resource.ts';

// ORD-26: whose period a reported end belongs to depends on the orders that were fulfilled in the end, not on one
// that happens to be open when it is told. It is decided when the report comes, and again when that order is
// fulfilled or has failed. All orders of the instance are locked.

/** Corrects the orders of the instance by the report. @returns all of `orders`, as they are then. */
export function settle(
  tx: Tx,
  rules: FitRules,
  { orders, reported }: { orders: readonly Order[]; reported: ReportedInstance },
): Order[] {
  const corrected = withSaved(orders, saveOrders(tx, correctPeriods(orders, reported, rules)));
  return settleSwitches(tx, corrected, reported);
}

/** After the time that an instance is paid for has changed. @returns all of `orders`, as they are then. */
export const settleSwitches = (
  tx: Tx,
  orders: readonly Order[],
  reported: Pick<ReportedInstance, 'instanceId' | 'at'>,
): Order[] => withSaved(orders, saveOrders(tx, alignSwitches(orders, reported)));

/** An order was fulfilled, and takes effect on one of its instances. */
interface Effect {
  readonly order: Order;
  readonly one: OrderInstance;
  readonly resource: Resource;
  /** All of the instance, that one among them. */
  readonly orders: readonly Order[];
}

/**
 * The report that came before the order was told there is about the orders before it, a newer one about all of them.
 *
 * @returns all of `orders`, as they are then.
 */
export function settleFulfilled(tx: Tx, rules: FitRules, { order, one, resource, orders }: Effect): Order[] {
  const reported = lastReport(tx, resource);
  if (!reported) return settleSwitches(tx, orders, { instanceId: one.instanceId, at: tx.now });
  if (isReportNewer(one, resource)) return settle(tx, rules, { orders, reported });
  const others = orders.filter(({ orderId }) => orderId !== order.orderId);
  const before = settle(tx, rules, { orders: others, reported: beforeOrder(reported, order, one) });
  return settleSwitches(tx, withSaved(orders, before), reported);
}

/** An order over the instance failed. @returns all of `orders`, as they are then. */
export function settleFailed(tx: Tx, rules: FitRules, resource: Resource, orders: readonly Order[]): Order[] {
  const reported = lastReport(tx, resource);
  return reported ? settle(tx, rules, { orders, reported }) : [...orders];
}

/**
 * The instance was reported after the order's fulfilment told its period there, and to end within it; a report of an
 * end before that period does not know of the order yet.
 */
export const isReportNewer = ({ told, start }: OrderInstance, { reportVersion, end }: Resource): boolean =>
  end !== null &&
  (start === null || end > start) &&
  (told === null ? reportVersion > 0 : reportVersion > (told.afterReport ?? Infinity));

/** Undefined where none has come. */
const lastReport = (tx: Tx, resource: Resource): ReportedInstance | undefined =>
  resource.reportVersion === 0
    ? undefined
    : { ...resource, by: resource.reportedBy ?? actorId(tx.actor), at: resource.knownSince ?? tx.now };
