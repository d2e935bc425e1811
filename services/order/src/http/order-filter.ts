import { z } from 'zod';
import type { Actor } from '@accord/core';
import { OrderStatus } from '@accord/events/order';
import { accountOf, rangeQuery, separatedByCommas, timeRange } from '@accord/http';
import { rangeOf, type OrderFilter as Filter } from '../order/order-list.ts';
import { AccountId, InstanceId, OrderId } from './schemas.ts';

const Instances = z.array(InstanceId).min(1).max(20);

/** ORD-15, of a query: lists and exports of orders take the same. */
export const OrderFilter = z.strictObject({
  accountId: AccountId.optional(),
  ...rangeQuery,
  status: OrderStatus.optional(),
  orderId: OrderId.optional(),
  instanceIds: separatedByCommas(Instances),
});

/** The same in a body. */
export const OrderFilterBody = OrderFilter.extend({ instanceIds: Instances.optional() }).meta({
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
  { from, to, ...query }: z.output<typeof OrderFilter>,
  { actor, timeZone, now }: { readonly actor: Actor; readonly timeZone: string; readonly now: Date },
): Omit<Filter, 'after' | 'limit'> {
  const accountId = actor.kind === 'customer' ? accountOf(actor, query.accountId) : query.accountId;
  const asked = { ...query, ...timeRange({ from, to }, timeZone), timeZone };
  return { ...query, ...rangeOf(asked, now), accountId };
}
