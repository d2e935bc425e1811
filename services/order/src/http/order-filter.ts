import { z } from 'zod';
import type { Actor } from '@accord/core';
import { BillType, OrderStatus, OrderType } from '@accord/events/order';
import { listedAccountOf, maskActor, rangeQuery, separatedByCommas, timeRange } from '@accord/http';
import { rangeOf } from '../order/asked-range.ts';
import type { OrderFilter as Filter } from '../order/order-list.ts';
import { AccountId, InstanceId, Line, ListedAccountId, OrderId, ProductCode } from './schemas.ts';

const Instances = z.array(InstanceId).min(1).max(20);

/** ORD-15, of a query: lists and exports of orders take the same. */
export const OrderFilter = z.strictObject({
  accountId: ListedAccountId.optional(),
  ...rangeQuery,
  status: OrderStatus.optional(),
  productCode: ProductCode.optional(),
  productName: Line(120).optional().meta({
    description: 'A part of the name of the product as ordered, in Chinese or English, in any case.',
  }),
  billType: z.enum(['all', ...BillType.options]).optional(),
  orderType: OrderType.optional(),
  operatorId: Line(255).optional().meta({
    description:
      'Who placed it. A customer finds what the sub-users of the account placed, and nothing by others.',
  }),
  paidFrom: rangeQuery.from,
  paidTo: rangeQuery.to,
  orderId: OrderId.optional().meta({ description: 'Ignores the time range.' }),
  instanceIds: separatedByCommas(Instances),
});

/** The same in a body. */
export const OrderFilterBody = OrderFilter.extend({
  accountId: AccountId.optional(),
  instanceIds: Instances.optional(),
}).meta({
  id: 'OrderFilterInput',
});

export const filterRefusals = [
  'order.range_too_wide',
  'request.range_reversed',
  'request.account_not_yours',
] as const;

/**
 * The orders that are asked for: of the caller's own account, or of the one that is named; operators and the
 * platform name none for all.
 *
 * @throws Refusal, one of `filterRefusals`.
 */
export function askedFilter(
  { from, to, paidFrom, paidTo, operatorId, ...query }: z.output<typeof OrderFilter>,
  { actor, timeZone, now }: { readonly actor: Actor; readonly timeZone: string; readonly now: Date },
): Filter {
  const accountId = listedAccountOf(actor, query.accountId);
  const billType = query.billType === 'all' ? undefined : query.billType;
  const isPaid = paidFrom !== undefined || paidTo !== undefined;
  return {
    ...query,
    billType,
    placedBy: operatorId === undefined ? undefined : placersFor(actor, operatorId),
    ...rangeOf({ ...query, ...timeRange({ from, to }, timeZone), timeZone }, now),
    paid: isPaid ? timeRange({ from: paidFrom, to: paidTo }, timeZone) : undefined,
    accountId,
  };
}

const placers = ['customer', 'operator', 'platform'];

/** The actors of this id, as far as the reader may know who placed an order. */
const placersFor = (reader: Actor, id: string): string[] =>
  placers.map((kind) => `${kind}:${id}`).filter((placer) => maskActor(reader, placer).id !== null);
