import type { Data } from '@accord/events';
import { projecting, type Subscriptions } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { accountView } from './account-view.ts';
import { expire, expiring } from './expiry.ts';
import { mostRows } from './export/export.ts';
import { exportExpiry, exporting } from './exporting.ts';
import { documentRoutes } from './http/document-routes.ts';
import { domainRoutes } from './http/domain-routes.ts';
import { exportRoutes } from './http/export-routes.ts';
import { orderListRoutes } from './http/order-list-routes.ts';
import { orderRoutes } from './http/order-routes.ts';
import { paymentRoutes } from './http/payment-routes.ts';
import { placementRoutes } from './http/placement-routes.ts';
import { problems } from './http/problems.ts';
import { productRoutes } from './http/product-routes.ts';
import { remittanceClaimRoutes } from './http/remittance-claim-routes.ts';
import { remittanceRoutes } from './http/remittance-routes.ts';
import { resourceRoutes } from './http/resource-routes.ts';
import { statisticsRoutes } from './http/statistics-routes.ts';
import { lockRows } from './order/order-store.ts';
import { onPaymentReceived } from './payment.ts';
import { onDifferenceReturned, onRefundSucceeded } from './refund-settlement.ts';
import { settleClaims } from './remittance-claim.ts';
import {
  onContractDrafted,
  onContractEnded,
  onContractRequested,
  onRefundEnded,
  onRefundRequested,
} from './reservation.ts';
import { onResourceReported } from './resource-report.ts';
import { counting } from './statistics.ts';

// The rows that an event will change, so that a chunk of events can lock them all in one order before the first
// is handled.

const contractRows = ({ data }: { data: Pick<Data<'contract.drafted'>, 'contract'> }) =>
  data.contract.orderIds;

/** Instances stand for all their orders. */
const refundRows = ({
  data: { refund },
}: {
  data: { refund: Pick<Data<'refund.approved'>['refund'], 'instanceIds' | 'orderIds'> };
}) => [...refund.instanceIds, ...refund.orderIds];

const paymentRows = ({ data }: { data: Data<'payment.received'> }) => [data.orderId];

const reportRows = ({ data: { instanceId, orderId } }: { data: Data<'resource.reported'> }) => [
  instanceId,
  ...(orderId ? [orderId] : []),
];

const processes = (profile: Profile): Subscriptions => ({
  'contract.requested': { on: onContractRequested, locks: contractRows },
  'contract.drafted': { on: onContractDrafted(profile.orders), locks: contractRows },
  'contract.refused': { on: onContractEnded, locks: contractRows },
  'contract.voided': { on: onContractEnded, locks: contractRows },
  'refund.requested': { on: onRefundRequested, locks: refundRows },
  'refund.refused': { on: onRefundEnded, locks: refundRows },
  'refund.rejected': { on: onRefundEnded, locks: refundRows },
  'refund.withdrawn': { on: onRefundEnded, locks: refundRows },
  'refund.succeeded': { on: onRefundSucceeded, locks: refundRows },
  'refund.difference_returned': { on: onDifferenceReturned, locks: refundRows },
  'payment.received': { on: onPaymentReceived, locks: paymentRows },
  'resource.reported': { on: onResourceReported(profile), locks: reportRows },
});

/** The order service's table of contents. */
export const orderService = (
  { profile, mostExported = mostRows }: { profile: Profile; mostExported?: number },
  _context: ServiceContext,
): Service => ({
  name: 'order',
  schema: 'orders',
  migrations: new URL('../migrations/', import.meta.url),
  routes: [
    ...placementRoutes(profile),
    ...orderRoutes(profile),
    ...orderListRoutes(profile),
    ...statisticsRoutes,
    ...domainRoutes(profile),
    ...documentRoutes(profile),
    ...exportRoutes(profile, mostExported),
    ...paymentRoutes(profile),
    ...resourceRoutes(profile),
    ...productRoutes(profile),
    ...remittanceRoutes,
    ...remittanceClaimRoutes,
  ],
  problems,
  tags: {
    exports: 'Files of orders, made in the background.',
    orders: 'Orders: placed, paid, fulfilled, cancelled, listed.',
    products: 'The catalogue.',
    'remittance-claims': 'Claims of transfers by customers, for their orders.',
    remittances: 'Transfers that the bank received.',
    resources: 'Instances that orders created, as the platform reports them.',
  },
  timeZone: profile.timeZone,
  subscriptions: projecting([accountView], [processes(profile)]),
  lockRows,
  workers: [expire, expiring, counting, settleClaims, exporting(profile), exportExpiry],
});
