import { z } from 'zod';
import { OrderStatus } from '@accord/events/order';
import { paged, pageOf, pageQuery, pageRange, route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { operationsOf } from '../operations.ts';
import * as orderList from '../order/order-list.ts';
import { askedFilter, filterRefusals, OrderFilter } from './order-filter.ts';
import { OrderRowAnswer, toOrderRowAnswer } from './schemas.ts';

const readers = { customer: 'orders:read', operator: true, platform: true } as const;

const listOrders = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders',
    operationId: 'listOrders',
    summary: 'Orders of an account, by the time of the order; operators see all accounts',
    access: readers,
    query: OrderFilter.extend({
      ...pageQuery,
      sort: z
        .enum(['newest_first', 'oldest_first'])
        .default('newest_first')
        .meta({ description: 'By the time of the order.' }),
    }),
    answer: paged(OrderRowAnswer),
    refusals: filterRefusals,
    inTransaction: async (tx, { actor, timeZone, query: { cursor, limit, sort, ...query } }) => {
      const filter = askedFilter(query, { actor, timeZone, now: tx.now });
      const orders = await orderList.listOrders(tx, filter, { sort, ...pageRange({ limit, cursor }) });
      const operations = await operationsOf(tx, profile, orders);
      return {
        body: pageOf(orders, limit, {
          item: (order) => toOrderRowAnswer(order, operations),
          key: ({ createdAt, orderId }) => [createdAt.toISOString(), orderId],
        }),
      };
    },
  });

/** Beyond it there are more than anybody turns over. */
const mostCounted = 10_000;

const OrderCount = z
  .object({
    status: OrderStatus,
    orders: z.int().min(0).max(mostCounted),
    hasMore: z.boolean().meta({ description: `True: ${mostCounted} and more, which are not counted.` }),
  })
  .meta({ id: 'OrderCount' });

const countOrders = route({
  method: 'get',
  path: '/v1/orders/counts',
  operationId: 'countOrders',
  summary: 'How many orders of each status a filter finds, for the tabs of a list',
  access: readers,
  query: OrderFilter.omit({ status: true }),
  answer: z.object({ data: z.array(OrderCount) }).meta({ id: 'OrderCounts' }),
  refusals: filterRefusals,
  inTransaction: async (tx, { actor, timeZone, query }) => {
    const filter = askedFilter(query, { actor, timeZone, now: tx.now });
    const counts = await orderList.countOrders(tx, filter, mostCounted);
    const ordersOf = (status: string) => counts.find((count) => count.status === status)?.orders ?? 0;
    const data = OrderStatus.options.map((status) => ({
      status,
      orders: ordersOf(status),
      hasMore: ordersOf(status) === mostCounted,
    }));
    return { body: { data } };
  },
});

export const orderListRoutes = (profile: Profile): readonly Route[] => [listOrders(profile), countOrders];
