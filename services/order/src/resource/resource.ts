import type { z } from 'zod';
import { amend, changed, unchanged, type Decision } from '@accord/core';
import type { ResourceSnapshot } from '@accord/events/resource';
import type { Given } from '../order/order-instance.ts';
import type { Order } from '../order/order.ts';

type Snapshot = z.infer<typeof ResourceSnapshot>;
type Period = { start: Date; end: Date };

/** A running instance, usage package or storage package of an account (ORD-11). */
export type Resource = Readonly<
  Omit<Snapshot, 'start' | 'end' | 'scaledAt' | 'nextRenewalPeriod' | 'plan' | 'knownSince'> & {
    start: Date | null;
    end: Date | null;
    scaledAt: Date | null;
    nextRenewalPeriod: Period | null;
    plan: string | null;
    knownSince: Date | null;
    /** The actor that told the newest report, `platform:cmdb`; null where there was none. */
    reportedBy: string | null;
  }
>;

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
  | 'reportedBy'
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
    plan: order.plan?.code ?? null,
    knownSince: now,
    reportedBy: null,
    ...report,
  };
  return announced(withoutEffect(resource));
}

/**
 * An order was fulfilled on it: a renewal or a compensation moves its end (ORD-2), a change of plan its plan
 * (ORD-24); its own purchase, which a report overtook, says its start too. Facts that were not given stay as they are.
 */
export function extendResource(
  resource: Resource,
  order: Order,
  given: Given,
  now: Date,
): Decision<Resource> {
  const next = amend(resource, {
    orderIds: [...new Set([...resource.orderIds, order.orderId])],
    start: (order.orderType === 'purchase' ? given.start : null) ?? resource.start ?? given.start,
    end: (order.planChange ? resource.end : null) ?? given.end ?? resource.end,
    region: given.region ?? resource.region,
    ipAddress: given.ipAddress ?? resource.ipAddress,
    plan: order.plan?.code ?? resource.plan,
    knownSince: now,
  });
  return announced(next);
}

/** ORD-25: where it runs, told by an order that takes effect later. */
export const placeResource = (resource: Resource, given: Given, now: Date): Decision<Resource> => {
  const region = given.region ?? resource.region;
  const ipAddress = given.ipAddress ?? resource.ipAddress;
  return region === resource.region && ipAddress === resource.ipAddress
    ? unchanged(resource)
    : announced(amend(resource, { region, ipAddress, knownSince: now }));
};

/** ORD-11: a report that is not newer changes nothing. A resource that we released stays released. */
export function applyReport(
  resource: Resource,
  report: Report,
  { orderId, at }: { readonly orderId: string | undefined; readonly at: Date },
): Decision<Resource> {
  if (report.reportVersion <= resource.reportVersion) return unchanged(resource);
  const orderIds = orderId === undefined ? resource.orderIds : [...new Set([...resource.orderIds, orderId])];
  const released = resource.released || report.released;
  return announced(withoutEffect(amend(resource, { ...report, orderIds, released, knownSince: at })));
}

/** An instance that was released is in effect no more, whatever is said of it. */
const withoutEffect = (resource: Resource): Resource =>
  resource.released ? { ...resource, inEffect: false } : resource;

/** RFD-17: it was refunded; or its order failed, and nothing pays for it. */
export const releaseResource = (resource: Resource): Decision<Resource> =>
  resource.released
    ? unchanged(resource)
    : announced(withoutEffect(amend(resource, { released: true, nextRenewalPeriod: null })));

/** ORD-14: renewals that had not begun were refunded, which gives back `ms` of its time. */
export const shortenResource = (resource: Resource, ms: number): Decision<Resource> =>
  ms === 0 || !resource.end
    ? unchanged(resource)
    : announced(amend(resource, { end: new Date(resource.end.getTime() - ms), nextRenewalPeriod: null }));

const announced = (resource: Resource): Decision<Resource> =>
  changed(resource, { type: 'resource.changed', data: { resource: resourceSnapshot(resource) } });

/** As every event of the resource carries it (EVT-5). */
export const resourceSnapshot = ({ reportedBy: _by, ...resource }: Resource): Snapshot => ({
  ...resource,
  start: resource.start?.toISOString() ?? null,
  end: resource.end?.toISOString() ?? null,
  scaledAt: resource.scaledAt?.toISOString() ?? null,
  knownSince: resource.knownSince?.toISOString() ?? null,
  nextRenewalPeriod: resource.nextRenewalPeriod && {
    start: resource.nextRenewalPeriod.start.toISOString(),
    end: resource.nextRenewalPeriod.end.toISOString(),
  },
});
