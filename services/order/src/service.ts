import type { Service, Surroundings } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { expire, expiring } from './expiry.ts';
import { factRoutes } from './fact-routes.ts';
import { orderRoutes } from './http.ts';
import { onPaymentReceived } from './payment.ts';
import { problems } from './problems.ts';
import { productRoutes } from './product-routes.ts';
import { onRefundSucceeded } from './refunding.ts';
import { onResourceReported } from './reporting.ts';
import {
  onContractDrafted,
  onContractEnded,
  onContractRequested,
  onRefundEnded,
  onRefundRequested,
} from './reservation.ts';
import { resourceRoutes } from './resource-routes.ts';
import { contractRows, lockRows, paymentRows, refundRows, reportRows } from './rows.ts';

/** The order service's table of contents. */
export const orderService = ({ profile }: { profile: Profile }, _around: Surroundings): Service => ({
  name: 'order',
  schema: 'orders',
  migrations: new URL('../migrations/', import.meta.url),
  routes: [...orderRoutes(profile), ...factRoutes, ...resourceRoutes, ...productRoutes(profile)],
  problems,
  subscriptions: {
    'contract.requested': { on: onContractRequested, locks: contractRows },
    'contract.drafted': {
      on: onContractDrafted(profile.orders.payWithinWhenContractedMs),
      locks: contractRows,
    },
    'contract.refused': { on: onContractEnded, locks: contractRows },
    'contract.voided': { on: onContractEnded, locks: contractRows },
    'refund.requested': { on: onRefundRequested, locks: refundRows },
    'refund.refused': { on: onRefundEnded, locks: refundRows },
    'refund.rejected': { on: onRefundEnded, locks: refundRows },
    'refund.withdrawn': { on: onRefundEnded, locks: refundRows },
    'refund.succeeded': { on: onRefundSucceeded, locks: refundRows },
    'payment.received': { on: onPaymentReceived, locks: paymentRows },
    'resource.reported': { on: onResourceReported, locks: reportRows },
  },
  lockRows,
  workers: [expire, expiring],
});
