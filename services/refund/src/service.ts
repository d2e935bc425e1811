import type { Event } from '@accord/events';
import { projecting, type Subscriptions } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import { returnsDifference, type Profile } from '@accord/profile';
import { onFulfilmentFailed, onOrderFulfilled, onPaymentUnapplied } from './automatic-credit.ts';
import { balanceRoutes } from './http/balance-routes.ts';
import { eligibleRoutes } from './http/eligible-routes.ts';
import { problems } from './http/problems.ts';
import { refundRoutes } from './http/refund-routes.ts';
import { orderView } from './order-view.ts';
import { onOrderReserved, onReservationRefused, payout } from './refund-request.ts';
import { isUnusedQuote } from './refund/quote-store.ts';
import { lockRowsOf } from './refund/refund-store.ts';

/** The refund service's table of contents. */
export const refundService = ({ profile }: { profile: Profile }, { log }: ServiceContext): Service => {
  log.debug({ profile: profile.name, version: profile.version }, 'refund rules');
  return {
    name: 'refund',
    schema: 'refunds',
    migrations: new URL('../migrations/', import.meta.url),
    routes: [...eligibleRoutes(profile), ...refundRoutes(profile), ...balanceRoutes],
    problems,
    tags: {
      'refund-quotes': 'What would be given back, and what is against it.',
      refunds: 'Refunds: requested, reviewed, paid back.',
      balances: 'What accounts have with the provider, and each movement of it.',
    },
    timeZone: profile.timeZone,
    subscriptions: projecting([orderView], processes(profile)),
    lockRows: lockRowsOf,
    workers: [payout(profile)],
    // A quote costs nothing to ask for, so unused ones would fill the table; they can be read for a day (RFD-1).
    retention: [{ table: 'quotes', since: 'expires_at', keptMs: 24 * 3_600_000, where: isUnusedQuote }],
  };
};

const processes = (profile: Profile) =>
  ({
    'order.reserved': { on: onOrderReserved(profile), locks: holderOf },
    'order.reservation_refused': { on: onReservationRefused(profile), locks: holderOf },
    'order.fulfilled': { on: onOrderFulfilled(profile), locks: downgradeRows },
    'order.fulfilment_failed': { on: onFulfilmentFailed, locks: ({ data }) => [data.order.accountId] },
    'payment.unapplied': { on: onPaymentUnapplied, locks: ({ data }) => [data.accountId] },
  }) satisfies Subscriptions;

/** The balance that a downgrade moves; any other order moves none. */
const downgradeRows = ({ data: { order } }: Event<'order.fulfilled'>) =>
  returnsDifference(order) ? [order.accountId] : [];

const holderOf = ({ data }: Event<'order.reserved' | 'order.reservation_refused'>) => [data.holder.id];
