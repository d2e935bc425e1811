import { z } from 'zod';
import { AccountId, LocalizedName, Moment, Money } from '@accord/events/fields';
import {
  accountOf,
  accountRefusals,
  IdPlace,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { findFacts, listInstances, listRefundableProducts } from '../order-view.ts';
import { quoteInstances } from '../refund/quote.ts';
import { reader, ReasonAnswer, toReasonAnswer } from './schemas.ts';

const Product = z
  .object({
    productCode: z.string(),
    name: LocalizedName,
    category: z.string(),
  })
  .meta({ id: 'RefundableProduct' });
const RefundableResource = z
  .object({
    instanceId: z.string(),
    productCode: z.string(),
    end: Moment.nullable(),
    refundable: z.boolean(),
    amount: Money.nullable(),
    reasons: z.array(ReasonAnswer),
  })
  .meta({ id: 'RefundableResource' });

/** RFD-2: what could be refunded at all. */
const listEligibleProducts = route({
  method: 'get',
  path: '/v1/refunds/eligible-products',
  operationId: 'listRefundableProducts',
  summary: 'Products open to self-service refunds.',
  access: reader,
  query: z.strictObject(pageQuery),
  answer: paged(Product),
  inTransaction: async (tx, { query }) => {
    const rows = await listRefundableProducts(tx, pageRange(query, IdPlace));
    return {
      body: pageOf(rows, query.limit, {
        item: ({ productCode, name, category }) => ({ productCode, name, category }),
        key: ({ productCode }) => [productCode],
      }),
    };
  },
});

/** RFD-2: what could be refunded now. */
const listEligibleResources = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/refunds/eligible-resources',
    operationId: 'listRefundableResources',
    summary: "An account's resources, and whether each could be refunded now.",
    access: reader,
    query: z.strictObject({ ...pageQuery, accountId: AccountId.optional() }),
    answer: paged(RefundableResource),
    refusals: accountRefusals,
    inTransaction: async (tx, { query, actor, locale }) => {
      const accountId = accountOf(actor, query.accountId);
      const rows = await listInstances(tx, { accountId, ...pageRange(query, IdPlace) });
      const instanceIds = rows.slice(0, query.limit).map(({ instanceId }) => instanceId);
      const facts = await findFacts(tx, { accountId, instanceIds, timeZone: profile.timeZone });
      const quoteOf = (instanceId: string) =>
        quoteInstances([instanceId], facts, { at: tx.now, kind: 'unsubscribe' }, profile)[0]!;
      return {
        body: pageOf(rows, query.limit, {
          item({ instanceId, snapshot: { productCode, end } }) {
            const { refundable, amounts, reasons } = quoteOf(instanceId);
            return {
              instanceId,
              productCode,
              end,
              refundable,
              amount: amounts?.refund ?? null,
              reasons: reasons.map((reason) => toReasonAnswer(reason, locale)),
            };
          },
          key: ({ instanceId }) => [instanceId],
        }),
      };
    },
  });

export const eligibleRoutes = (profile: Profile): Route[] => [
  listEligibleProducts,
  listEligibleResources(profile),
];
