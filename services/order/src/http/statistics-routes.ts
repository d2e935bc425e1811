import { z } from 'zod';
import { Money } from '@accord/events/fields';
import { GivenDayText } from '@accord/events/given-time';
import { OrderStatus } from '@accord/events/order';
import { listedAccountOf, route, type Route } from '@accord/http';
import { money } from '@accord/money';
import { listStatistics, type StatisticsLine } from '../order/statistics-store.ts';
import { daysOf } from '../statistics.ts';
import { filterRefusals } from './order-filter.ts';
import { ListedAccountId, ProductCode } from './schemas.ts';

const Sums = z.object({
  orders: z.int(),
  productAmount: Money,
  payableAmount: Money,
  cashPaid: Money,
  voucherPaid: Money,
});

const StatisticsAnswer = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    byStatus: z.array(Sums.extend({ status: OrderStatus }).meta({ id: 'OrdersOfStatus' })),
    byDay: z.array(Sums.extend({ day: z.iso.date() }).meta({ id: 'OrdersOfDay' })),
    byProduct: z.array(Sums.extend({ productCode: z.string() }).meta({ id: 'OrdersOfProduct' })),
  })
  .meta({ id: 'OrderStatistics' });

const sumsOf = ({ orders, currency, ...line }: StatisticsLine): z.input<typeof Sums> => ({
  orders,
  productAmount: money(line.productAmount, currency),
  payableAmount: money(line.payableAmount, currency),
  cashPaid: money(line.cashPaid, currency),
  voucherPaid: money(line.voucherPaid, currency),
});

const getOrderStatistics = route({
  method: 'get',
  path: '/v1/orders/statistics',
  operationId: 'getOrderStatistics',
  summary: 'Numbers and sums of orders by status, by day and by product; a line for each currency',
  access: { customer: 'orders:read', operator: true, platform: true },
  query: z.strictObject({
    accountId: ListedAccountId.optional(),
    from: GivenDayText.optional().meta({ description: 'The first day where the provider is.' }),
    to: GivenDayText.optional().meta({ description: 'The last day where the provider is.' }),
    productCode: ProductCode.optional(),
    status: OrderStatus.optional(),
  }),
  answer: StatisticsAnswer,
  refusals: filterRefusals,
  inTransaction: async (tx, { actor, timeZone, query: { from, to, ...query } }) => {
    const days = daysOf({ from, to }, { now: tx.now, timeZone });
    const accountId = listedAccountOf(actor, query.accountId);
    const lines = await listStatistics(tx, { ...query, ...days, accountId });
    return {
      body: {
        ...days,
        byStatus: lines.flatMap((line) => (line.status ? { ...sumsOf(line), status: line.status } : [])),
        byDay: lines.flatMap((line) => (line.day ? { ...sumsOf(line), day: line.day } : [])),
        byProduct: lines.flatMap((line) =>
          line.productCode ? { ...sumsOf(line), productCode: line.productCode } : [],
        ),
      },
    };
  },
});

export const statisticsRoutes: readonly Route[] = [getOrderStatistics];
