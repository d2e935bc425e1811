import { leasedWork } from '@accord/core';
import { projecting } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import { applicationSubscriptions } from './application.ts';
import { lockRowsOf } from './contract/contract-store.ts';
import { openRendering, type RenderSettings } from './document/rendering.ts';
import { draftAmountSubscriptions } from './draft-amount.ts';
import { accountRoutes } from './http/account-routes.ts';
import { addressRoutes } from './http/address-routes.ts';
import { applicationRoutes } from './http/application-routes.ts';
import { billRoutes } from './http/bill-routes.ts';
import { contractRoutes } from './http/contract-routes.ts';
import { eligibleRoutes } from './http/eligible-routes.ts';
import { filingRoutes } from './http/filing-routes.ts';
import { offlineRoutes } from './http/offline-routes.ts';
import { paperRoutes } from './http/paper-routes.ts';
import { problems } from './http/problems.ts';
import { ticketRoutes } from './http/ticket-routes.ts';
import { verificationRoutes } from './http/verification-routes.ts';
import { orderView } from './order-view.ts';
import { platformSubscriptions } from './platform-facts.ts';
import { refundView } from './refund-view.ts';
import { sealExpiry, sealMetrics } from './seal/seal-expiry.ts';
import { sealing, type Provider } from './sealing.ts';
import { voidingSubscriptions } from './voiding.ts';
import { waitingDrafts } from './waiting-drafts.ts';

const day = 86_400_000;

interface Parts extends Omit<Provider, 'rendering'> {
  readonly rendering?: Partial<RenderSettings>;
}

export const contractService = ({ rendering = {}, ...parts }: Parts, context: ServiceContext): Service =>
  serviceOf({ ...parts, rendering: openRendering(rendering, context.log) }, context);

/** The contract service's table of contents. */
const serviceOf = (provider: Provider, { log }: ServiceContext): Service =>
  contentsOf(provider, log, sealExpiry(provider, log));

const contentsOf = (
  provider: Provider,
  log: ServiceContext['log'],
  expiry: ReturnType<typeof sealExpiry>,
): Service => ({
  name: 'contract',
  schema: 'contracts',
  migrations: new URL('../migrations/', import.meta.url),
  routes: [
    ...applicationRoutes(provider.profile),
    ...eligibleRoutes(provider.profile),
    ...verificationRoutes,
    ...filingRoutes(provider.profile),
    ...offlineRoutes(provider.profile),
    ...contractRoutes(provider),
    ...ticketRoutes(provider.profile),
    ...paperRoutes(provider.profile),
    ...accountRoutes,
    ...addressRoutes,
    ...billRoutes(provider.profile),
  ],
  problems,
  tags: {
    contracts: 'Contracts over orders: applied for, sealed, downloaded, voided, verified.',
    tickets:
      'What the staff of the provider is asked for: to void a contract, or for one that is signed outside.',
    'paper-copies': 'Printed contracts that are mailed.',
    accounts: 'Facts of accounts that contracts need, and their address books.',
    bills: 'Monthly bills, over which there may be contracts.',
  },
  timeZone: provider.profile.timeZone,
  subscriptions: projecting(
    [orderView, refundView],
    [
      applicationSubscriptions(provider.profile),
      voidingSubscriptions,
      draftAmountSubscriptions,
      platformSubscriptions(provider.profile),
    ],
  ),
  lockRows: lockRowsOf,
  workers: [leasedWork(sealing(provider, log)), ...waitingDrafts(provider.profile), expiry.worker],
  retention: [{ table: 'offline_files', since: 'stored_at', keptMs: 7 * day, where: 'not recorded' }],
  metrics: (metrics, db) => {
    sealMetrics(provider)(metrics, db);
    provider.rendering.measure(metrics);
  },
  warnings: expiry.warnings,
  close: () => provider.rendering.close(),
});
