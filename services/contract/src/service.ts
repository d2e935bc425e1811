import type { Event, EventType } from '@accord/events';
import { projecting, type Subscription } from '@accord/messaging';
import type { Service, ServiceContext } from '@accord/platform';
import { onAccountUpdated } from './account/account.ts';
import { onOrderReserved, onReservationRefused } from './application.ts';
import { onBillIssued } from './bill/bill.ts';
import { onOrderReleased } from './contract/contract-store.ts';
import { contractRoutes } from './http/contract-routes.ts';
import { problems } from './http/problems.ts';
import { orderView } from './order-view.ts';
import { sealingWorker, type Provider } from './sealing.ts';
import { onOrder } from './voiding.ts';

type OrderEvent = {
  [T in EventType]: Event<T>['data'] extends { order: Event<'order.placed'>['data']['order'] } ? T : never;
}[EventType];

const order = { on: onOrder, locks: ({ data }: Event<OrderEvent>) => [data.order.orderId] };

const reserved = <T extends 'order.reserved' | 'order.reservation_refused'>(
  on: Subscription<T>['on'],
): Subscription<T> => ({
  on,
  locks: ({ data }) => [data.holder.id],
});

/** The contract service's table of contents. */
export const contractService = (provider: Provider, _around: ServiceContext): Service => ({
  name: 'contract',
  schema: 'contracts',
  migrations: new URL('../migrations/', import.meta.url),
  routes: contractRoutes(provider),
  problems,
  subscriptions: projecting([orderView], {
    'order.paid': order,
    'order.expiring': order,
    'order.cancelled': order,
    'order.fulfilled': order,
    'order.fulfilment_failed': order,
    'order.voided': order,
    'order.changed': order,
    'order.released': {
      ...order,
      on: async (tx, event) => {
        await onOrder(tx, event);
        await onOrderReleased(tx, event);
      },
    },
    'order.reserved': reserved((tx, event) => onOrderReserved(tx, event, provider.profile)),
    'order.reservation_refused': reserved(onReservationRefused),
    'account.updated': { on: onAccountUpdated },
    'bill.issued': { on: onBillIssued(provider.profile) },
  }),
  lockRows: (tx, ids) => tx.write('select lock_contracts($1::text[])', [ids]),
  workers: [sealingWorker(provider)],
});
