import type { Event } from '@accord/events';
import type { Service, Subscriptions, Surroundings } from '@accord/platform';
import type { Profile } from '@accord/profile';
import { balanceRoutes } from './balance-routes.ts';
import { refundRoutes } from './http.ts';
import { onContractEvent, onOrderEvent, onProductPublished, onResourceChanged } from './order-view.ts';
import { onFulfilmentFailed, onPaymentUnapplied, payout } from './payout.ts';
import { problems } from './problems.ts';
import { onOrderReserved, onReservationRefused } from './refunding.ts';

/** The refund service's table of contents. */
export const refundService = ({ profile }: { profile: Profile }, { log }: Surroundings): Service => {
  log.debug({ profile: profile.name, version: profile.version }, 'refund rules');
  return {
    name: 'refund',
    schema: 'refunds',
    migrations: new URL('../migrations/', import.meta.url),
    routes: [...refundRoutes(profile), ...balanceRoutes],
    problems,
    subscriptions: { ...views, ...processes(profile) },
    lockRows: (tx, ids) => tx.write('select lock_refund_rows($1::text[])', [ids]),
    workers: [payout],
  };
};

const order = { on: onOrderEvent, locks: ({ data }: { data: { order: { orderId: string } } }) => [data.order.orderId] };
const contract = { on: onContractEvent, locks: ({ data }: { data: { contract: { contractId: string } } }) => [data.contract.contractId] };

const views = {
  'order.placed': order,
  'order.paid': order,
  'order.expiring': order,
  'order.cancelled': order,
  'order.fulfilled': order,
  'order.voided': order,
  'order.released': order,
  'order.changed': order,
  'resource.changed': { on: onResourceChanged, locks: ({ data }) => [data.resource.instanceId] },
  'contract.requested': contract,
  'contract.refused': contract,
  'contract.drafted': contract,
  'contract.finalized': contract,
  'contract.seal_failed': contract,
  'contract.voided': contract,
  'contract.paper_requested': contract,
  'contract.paper_mailed': contract,
  'contract.paper_delivered': contract,
  'product.published': { on: onProductPublished },
} satisfies Subscriptions;

const processes = (profile: Profile) =>
  ({
    'order.reserved': { on: (tx, event) => onOrderReserved(tx, profile, event), locks: idsOf },
    'order.reservation_refused': { on: (tx, event) => onReservationRefused(tx, profile, event), locks: idsOf },
    'order.fulfilment_failed': { on: onFulfilmentFailed, locks: ({ data }) => [data.order.orderId, data.order.accountId] },
    'payment.unapplied': { on: onPaymentUnapplied, locks: ({ data }) => [data.accountId] },
  }) satisfies Subscriptions;

const idsOf = ({ data }: Event<'order.reserved' | 'order.reservation_refused'>) => [
  data.holder.id,
  ...data.orders.map(({ orderId }) => orderId),
  ...('resources' in data ? data.resources.map(({ instanceId }) => instanceId) : []),
];
