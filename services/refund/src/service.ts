import { projecting } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { automaticCreditSubscriptions } from './automatic-credit.ts';
import { balanceRoutes } from './http/balance-routes.ts';
import { eligibleRoutes } from './http/eligible-routes.ts';
import { problems } from './http/problems.ts';
import { refundRoutes } from './http/refund-routes.ts';
import { orderView } from './order-view.ts';
import { payout, refundRequestSubscriptions } from './refund-request.ts';
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
    subscriptions: projecting(
      [orderView],
      [refundRequestSubscriptions(profile), automaticCreditSubscriptions(profile)],
    ),
    lockRows: lockRowsOf,
    workers: [payout(profile)],
    // A quote costs nothing to ask for, so unused ones would fill the table; they can be read for a day (RFD-1).
    retention: [{ table: 'quotes', since: 'expires_at', keptMs: 24 * 3_600_000, where: isUnusedQuote }],
  };
};
