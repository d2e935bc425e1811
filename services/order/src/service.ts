import { projecting } from '@accord/messaging';
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
import { paymentSubscriptions } from './payment.ts';
import { refundSettlementSubscriptions } from './refund-settlement.ts';
import { settleClaims } from './remittance-claim.ts';
import { reservationSubscriptions } from './reservation.ts';
import { resourceReportSubscriptions } from './resource-report.ts';
import { counting } from './statistics.ts';

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
  subscriptions: projecting(
    [accountView],
    [
      paymentSubscriptions,
      reservationSubscriptions(profile.orders),
      refundSettlementSubscriptions,
      resourceReportSubscriptions(profile),
    ],
  ),
  lockRows,
  workers: [expire, expiring, counting, settleClaims, exporting(profile), exportExpiry],
});
