import type { z } from 'zod';
import type { Decision } from '@accord/core';
import type { Fact } from '@accord/events';
import type { ResourceSnapshot } from '@accord/events/resource';
import type { Order } from '../order/order.ts';

type Snapshot = z.infer<typeof ResourceSnapshot>;
type Period = { start: Date; end: Date };

/** A running instance, usage package or storage package of an account (ORD-11). */
export type Resource = Readonly<
  Omit<Snapshot, 'start' | 'end' | 'scaledAt' | 'nextRenewalPeriod'> & {
    start: Date | null;
    end: Date | null;
    scaledAt: Date | null;
    nextRenewalPeriod: Period | null;
  }
>;

/** What fulfilment gave, per instance; `end` is null where it runs until it is released. */
export type Given = {
  instanceId: string;
  start: Date | null;
  end: Date | null;
  region: string | null;
  ipAddress: string | null;
};

/** The platform's facts of one instance, all of them, with the platform's own version. */
export type Report = Pick<
  Resource,
  | 'reportVersion'
  | 'start'
  | 'end'
  | 'usage'
  | 'inEffect'
  | 'frozenBy'
  | 'released'
  | 'archived'
  | 'nextRenewalPeriod'
  | 'scaledAt'
  | 'region'
  | 'ipAddress'
>;

/**
 * The first sight of an instance, version 1: by a fulfilment (then nothing is reported yet), or by a report
 * of an order's instance.
 */
export function createResource(order: Order, given: Given, now: Date, report?: Report): Decision<Resource> {
  const resource: Resource = {
    instanceId: given.instanceId,
    version: 1,
    reportVersion: 0,
    accountId: order.accountId,
    productCode: order.productCode,
    orderIds: [order.orderId],
    start: given.start,
    end: given.end,
    usage: '0',
    inEffect: given.start !== null && given.start <= now,
    frozenBy: null,
    released: false,
    archived: false,
    nextRenewalPeriod: null,
    scaledAt: null,
    region: given.region,
    ipAddress: given.ipAddress,
    ...report,
  };
  return { state: resource, facts: [announced(resource)] };
}

/**
 * A later order was fulfilled on it: a renewal or a compensation moves its end (ORD-2). Facts that were not
 * given stay as they are.
 */
export function extendResource(resource: Resource, order: Order, given: Given): Decision<Resource> {
  return changed({
    ...resource,
    orderIds: [...new Set([...resource.orderIds, order.orderId])],
    start: resource.start ?? given.start,
    end: given.end ?? resource.end,
    region: given.region ?? resource.region,
    ipAddress: given.ipAddress ?? resource.ipAddress,
  });
}

/** ORD-11: a report that is not newer changes nothing. What we released stays released. */
export function applyReport(
  resource: Resource,
  report: Report,
  orderId: string | undefined,
): Decision<Resource> {
  if (report.reportVersion <= resource.reportVersion) return { state: resource, facts: [] };
  const orderIds = orderId === undefined ? resource.orderIds : [...new Set([...resource.orderIds, orderId])];
  return changed({ ...resource, ...report, orderIds, released: resource.released || report.released });
}

/** RFD-17: it was refunded. */
export const releaseResource = (resource: Resource): Decision<Resource> =>
  resource.released
    ? { state: resource, facts: [] }
    : changed({ ...resource, released: true, nextRenewalPeriod: null });

/** ORD-14: renewals that had not begun were refunded, which gives back `ms` of its time. */
export const shortenResource = (resource: Resource, ms: number): Decision<Resource> =>
  ms === 0 || !resource.end
    ? { state: resource, facts: [] }
    : changed({ ...resource, end: new Date(resource.end.getTime() - ms), nextRenewalPeriod: null });

const changed = (next: Resource): Decision<Resource> => {
  const resource = { ...next, version: next.version + 1 };
  return { state: resource, facts: [announced(resource)] };
};

const announced = (resource: Resource): Fact => ({
  type: 'resource.changed',
  data: { resource: resourceSnapshot(resource) },
});

export const resourceSnapshot = (resource: Resource): Snapshot => ({
  ...resource,
  start: resource.start?.toISOString() ?? null,
  end: resource.end?.toISOString() ?? null,
  scaledAt: resource.scaledAt?.toISOString() ?? null,
  nextRenewalPeriod: resource.nextRenewalPeriod && {
    start: resource.nextRenewalPeriod.start.toISOString(),
    end: resource.nextRenewalPeriod.end.toISOString(),
  },
});
