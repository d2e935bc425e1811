import type { Event, EventType } from '@accord/events';
import { projecting, type Service, type Subscription, type Surroundings } from '@accord/platform';
import { onOrderReserved, onReservationRefused } from './application.ts';
import { onBillIssued } from './bill.ts';
import { onOrderReleased } from './contract-store.ts';
import { contractRoutes } from './http.ts';
import { orderView } from './order-view.ts';
import { onAccountUpdated } from './party.ts';
import { problems } from './problems.ts';
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
export const contractService = (provider: Provider, _around: Surroundings): Service => ({
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
