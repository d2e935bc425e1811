import { z } from 'zod';
import { Moment, Money } from '@accord/events/fields';
import {
  accountOf,
  accountRefusals,
  decodeCursor,
  encodeCursor,
  paged,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { findFacts, listInstances, listRefundableProducts } from '../order-view.ts';
import { quoteInstances } from '../quote.ts';
import { ReasonBody, reasonBody } from './schemas.ts';

const access = { customer: 'refunds:read', operator: true } as const;

const Product = z.object({
  productCode: z.string(),
  name: z.object({ zh: z.string(), en: z.string() }),
  category: z.string(),
});
const RefundableResource = z.object({
  instanceId: z.string(),
  productCode: z.string(),
  end: Moment.nullable(),
  refundable: z.boolean(),
  amount: Money.nullable(),
  reasons: z.array(ReasonBody),
});

/** RFD-2: what could be refunded at all, and what could be refunded now. */
export const eligibleRoutes = (profile: Profile): Route[] => [
  route({
    method: 'get',
    path: '/v1/refunds/eligible-products',
    summary: 'Products open to self-service refunds.',
    access,
    query: z.strictObject(pageQuery),
    answer: paged(Product),
    inTransaction: async (tx, { query: { limit, cursor } }) => {
      const found = await listRefundableProducts(tx, {
        after: cursor ? decodeCursor(cursor, 1)[0]! : null,
        limit: limit + 1,
      });
      const data = found
        .slice(0, limit)
        .map(({ productCode, name, category }) => ({ productCode, name, category }));
      return {
        body: { data, nextCursor: found.length > limit ? encodeCursor([data.at(-1)!.productCode]) : null },
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/refunds/eligible-resources',
    summary: "An account's resources, and whether each could be refunded now.",
    access,
    query: z.strictObject({ ...pageQuery, accountId: z.string().min(1).max(64).optional() }),
    answer: paged(RefundableResource),
    refusals: accountRefusals,
    inTransaction: async (tx, { query: { limit, cursor, ...asked }, actor, locale }) => {
      const accountId = accountOf(actor, asked.accountId);
      const found = await listInstances(tx, {
        accountId,
        after: cursor ? decodeCursor(cursor, 1)[0]! : null,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const facts = await findFacts(tx, {
        accountId,
        instanceIds: page.map(({ instanceId }) => instanceId),
        timeZone: profile.timeZone,
      });
      const data = page.map(({ instanceId, snapshot: { productCode, end } }) => {
        const [alone] = quoteInstances([instanceId], facts, { at: tx.now, kind: 'unsubscribe' }, profile);
        const reasons = alone!.reasons.map((reason) => reasonBody(reason, locale));
        return {
          instanceId,
          productCode,
          end,
          refundable: alone!.refundable,
          amount: alone!.amounts?.refund ?? null,
          reasons,
        };
      });
      return {
        body: { data, nextCursor: found.length > limit ? encodeCursor([data.at(-1)!.instanceId]) : null },
      };
    },
  }),
];
