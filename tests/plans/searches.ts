import type { OrderFilter } from '../../services/order/src/order/order-list.ts';
import { quietMonth, year } from './many-orders.ts';

/** A value of each filter that finds many orders of `acc_0`. */
const filters: readonly Partial<OrderFilter>[] = [
  { status: 'cancelled' },
  { productCode: 'P4' },
  { productName: '产品' },
  { billType: 'prepay' },
  { orderType: 'upgrade' },
  { placedBy: ['customer:usr_1', 'operator:usr_1'] },
  { paid: quietMonth },
];

/** With each combination of filters, over a year. */
export const everySearch: readonly OrderFilter[] = Array.from(
  { length: 2 ** filters.length },
  (_, chosen) =>
    Object.assign({ ...year }, ...filters.filter((_filter, i) => chosen & (2 ** i))) as OrderFilter,
);

const finding = (filter: Partial<OrderFilter>): OrderFilter => ({ ...year, ...filter });

/** Over a year, and they find nothing; each of their values alone finds many, or none. */
export const emptySearches: Readonly<Record<string, OrderFilter>> = {
  unpaid: finding({ status: 'unpaid' }),
  'paid in a month': finding({ paid: quietMonth }),
  'another operator': finding({ placedBy: ['customer:usr_none'] }),
  downgrades: finding({ orderType: 'downgrade' }),
  'cancelled upgrades': finding({ status: 'cancelled', orderType: 'upgrade' }),
  'voided postpay': finding({ status: 'voided', billType: 'postpay' }),
  'a name, cancelled upgrades': finding({ status: 'cancelled', orderType: 'upgrade', productName: '产品' }),
  'an operator, prepay, paid in a month': finding({
    placedBy: ['customer:usr_1'],
    billType: 'prepay',
    paid: quietMonth,
  }),
  'cancelled upgrades of a product and an operator': finding({
    productCode: 'P4',
    placedBy: ['customer:usr_1'],
    orderType: 'upgrade',
    status: 'cancelled',
  }),
  'a name that no product has': finding({ productName: '数据库' }),
};
